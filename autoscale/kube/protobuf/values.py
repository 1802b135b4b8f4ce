"""The messages whose JSON is another value than an object of their fields: times, quantities, unions.

Source: the ``MarshalJSON`` and ``Unmarshal`` methods of k8s.io/apimachinery and k8s.io/apiextensions-apiserver.
"""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

AsJson = Callable[[Any], Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ZERO = datetime(1, 1, 1, tzinfo=UTC)


def base64_text(value: bytes) -> str:
    """Bytes as JSON holds them."""
    return base64.b64encode(value).decode()


def _instant(message: Any) -> datetime | None:
    """None for Go's zero time, which is written as an empty message or as the year 1. Whole microseconds are kept."""
    if not message.ListFields():
        return None
    try:
        found = _EPOCH + timedelta(seconds=message.seconds, microseconds=int(message.nanos / 1000))
    except OverflowError:
        raise ValueError("year outside of range [0,9999]") from None
    return found if found != _ZERO else None


def _time(message: Any, _: AsJson) -> str | None:
    """Whole seconds: the rest is dropped, as upstream drops it."""
    found = _instant(message)
    return f"{found.replace(microsecond=0, tzinfo=None).isoformat()}Z" if found else None


def _micro_time(message: Any, _: AsJson) -> str | None:
    found = _instant(message)
    return f"{found.replace(tzinfo=None).isoformat(timespec='microseconds')}Z" if found else None


def _duration(message: Any, _: AsJson) -> str:
    """Nanoseconds as Go's ``Duration.String`` writes them."""
    left, sign = abs(message.duration), "-" if message.duration < 0 else ""
    for size, unit in ((1, "ns"), (10**3, "µs"), (10**6, "ms")):
        if 0 < left < min(size * 1000, 10**9):
            return f"{sign}{(Decimal(left) / size).normalize():f}{unit}"
    minutes, rest = divmod(left, 60 * 10**9)
    seconds = f"{(Decimal(rest) / 10**9).normalize():f}s"
    hours, minutes = divmod(minutes, 60)
    return sign + (f"{hours}h{minutes}m{seconds}" if hours else f"{minutes}m{seconds}" if minutes else seconds)


def _int_or_string(message: Any, _: AsJson) -> int | str:
    if message.type not in (0, 1):
        raise ValueError("impossible IntOrString.Type")
    found: int | str = message.strVal if message.type else message.intVal
    return found


def _raw(message: Any, _: AsJson) -> Any:
    """JSON within the message; null where there is none."""
    held = getattr(message, message.DESCRIPTOR.fields[0].name)
    return json.loads(held) if held else None


def _items(message: Any, _: AsJson) -> list[Any]:
    return list(message.items)


def _either(message: Any, as_json: AsJson) -> Any:
    """A union of JSON schemas: a schema, or a list of them or of names, or a boolean."""
    fields = {field.name: value for field, value in message.ListFields()}
    if "schema" in fields:
        return as_json(message.schema)
    if "jSONSchemas" in fields:
        return [as_json(one) for one in message.jSONSchemas]
    if "property" in fields:
        return list(message.property)
    return bool(fields.get("allows", False)) if "allows" in message.DESCRIPTOR.fields_by_name else None


_META = "k8s.io.apimachinery.pkg.apis.meta.v1"
_EXTENSIONS = "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1"
VALUES: Mapping[str, Callable[[Any, AsJson], Any]] = {
    f"{_META}.Time": _time,
    f"{_META}.MicroTime": _micro_time,
    f"{_META}.Duration": _duration,
    f"{_META}.FieldsV1": _raw,
    f"{_META}.Verbs": _items,
    "k8s.io.apimachinery.pkg.api.resource.Quantity": lambda message, _: message.string or "0",
    "k8s.io.apimachinery.pkg.util.intstr.IntOrString": _int_or_string,
    "k8s.io.apimachinery.pkg.runtime.RawExtension": _raw,
    "k8s.io.api.authentication.v1.AttestationValue": _items,
    "k8s.io.api.authentication.v1.ExtraValue": _items,
    "k8s.io.api.authorization.v1.ExtraValue": _items,
    f"{_EXTENSIONS}.JSON": _raw,
    f"{_EXTENSIONS}.JSONSchemaPropsOrArray": _either,
    f"{_EXTENSIONS}.JSONSchemaPropsOrBool": _either,
    f"{_EXTENSIONS}.JSONSchemaPropsOrStringArray": _either,
}
"""Full name -> (message, ``as_json`` for what lies within) -> JSON. ValueError where upstream has none."""
