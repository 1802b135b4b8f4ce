"""Whether values fulfil a schema, with the words of upstream's validator (kube-openapi, pkg/validation). Pure.

Rules in CEL (``x-kubernetes-validations``) are not evaluated; a definition that has some is told so.
"""

import ipaddress
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from autoscale.embedded.apiserver.validation.causes import Cause, required
from autoscale.kube.patterns import compiled

Schema = Mapping[str, Any]
_FORMATS: Mapping[str, Callable[[str], Any]] = {
    "date-time": datetime.fromisoformat,
    "date": date.fromisoformat,
    "ipv4": ipaddress.IPv4Address,
    "ipv6": ipaddress.IPv6Address,
    "uuid": uuid.UUID,
}
_BITS = {"int32": 31, "int64": 63}


def faults(value: Any, schema: Schema, path: str) -> Iterator[Cause]:
    """Everything in which a value differs from its schema; ``path`` is "" for a whole object."""
    wanted = _types(schema)
    if value is None:
        if wanted and not schema.get("nullable"):
            yield _of_type(path, wanted, "null")
        return
    if wanted and not any(_is(value, name) for name in wanted):
        yield _of_type(path, wanted, _type_of(value))
        return
    yield from _format(value, schema, path)
    yield from _enum(value, schema, path)
    yield from _JUDGES.get(_type_of(value), _nothing)(value, schema, path)
    yield from _combined(value, schema, path)


def _types(schema: Schema) -> list[str]:
    if schema.get("x-kubernetes-int-or-string"):
        return ["integer", "string"]
    return [schema["type"]] if schema.get("type") else []


def _type_of(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def _is(value: Any, name: str) -> bool:
    own = _type_of(value)
    if own == "number" and name == "integer":
        return bool(value.is_integer())
    return own == name or (own, name) == ("integer", "number")


def shown(value: Any) -> str:
    """A value as messages write it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _wrong(path: str, value: Any, words: str, reason: str = "FieldValueInvalid") -> Cause:
    return reason, path or "<nil>", f"Invalid value: {shown(value)}: {path} in body {words}"


def _of_type(path: str, wanted: list[str], found: str) -> Cause:
    return _wrong(path, found, f'must be of type {",".join(wanted)}: "{found}"', "FieldValueTypeInvalid")


def _nothing(_value: Any, _schema: Schema, _path: str) -> Iterator[Cause]:
    return iter(())


def _format(value: Any, schema: Schema, path: str) -> Iterator[Cause]:
    name = schema.get("format") or ""
    if isinstance(value, str) and name in _FORMATS:
        try:
            _FORMATS[name](value)
        except ValueError:
            yield _wrong(path, value, f"must be of type {name}: {shown(value)}", "FieldValueTypeInvalid")
    elif type(value) is int and name in _BITS and not -(2 ** _BITS[name]) <= value < 2 ** _BITS[name]:
        yield _wrong(path, value, f"must be of type {name}: {shown(value)}", "FieldValueTypeInvalid")


def _enum(value: Any, schema: Schema, path: str) -> Iterator[Cause]:
    known = schema.get("enum")
    if known and not any(type(one) is type(value) and one == value for one in known):
        listed = ", ".join(shown(one if isinstance(one, str) else shown(one)) for one in known)
        yield "FieldValueNotSupported", path, f"Unsupported value: {shown(value)}: supported values: {listed}"


def _number(value: Any, schema: Schema, path: str) -> Iterator[Cause]:
    least, most, step = schema.get("minimum"), schema.get("maximum"), schema.get("multipleOf")
    if least is not None and (value < least or (schema.get("exclusiveMinimum") and value == least)):
        than = "greater than" if schema.get("exclusiveMinimum") else "greater than or equal to"
        yield _wrong(path, value, f"should be {than} {shown(least)}")
    if most is not None and (value > most or (schema.get("exclusiveMaximum") and value == most)):
        than = "less than" if schema.get("exclusiveMaximum") else "less than or equal to"
        yield _wrong(path, value, f"should be {than} {shown(most)}")
    if step and value % step:
        yield _wrong(path, value, f"should be a multiple of {shown(step)}")


def _string(value: str, schema: Schema, path: str) -> Iterator[Cause]:
    least, most, pattern = schema.get("minLength"), schema.get("maxLength"), schema.get("pattern")
    if most is not None and len(value) > most:
        yield "FieldValueTooLong", path, f"Too long: may not be more than {most} bytes"
    if least is not None and len(value) < least:
        yield _wrong(path, value, f"should be at least {least} chars long")
    if pattern and not compiled(pattern).search(value):
        yield _wrong(path, value, f"should match '{pattern}'")


def _array(value: list[Any], schema: Schema, path: str) -> Iterator[Cause]:
    least, most = schema.get("minItems"), schema.get("maxItems")
    if most is not None and len(value) > most:
        yield "FieldValueTooMany", path, f"Too many: {len(value)}: must have at most {most} items"
    if least is not None and len(value) < least:
        yield _wrong(path, len(value), f"should have at least {least} items")
    yield from _doubled(value, schema, path)
    if isinstance(schema.get("items"), dict):
        for index, one in enumerate(value):
            yield from faults(one, schema["items"], f"{path}[{index}]")


def _doubled(value: list[Any], schema: Schema, path: str) -> Iterator[Cause]:
    """Lists that are sets or maps have each item, or each item's keys, once."""
    kind, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys") or []
    seen = set()
    for index, one in enumerate(value):
        if kind not in ("set", "map") or (kind == "map" and not isinstance(one, dict)):
            continue
        named = {key: one[key] for key in keys if key in one} if kind == "map" else one
        if shown(named) in seen:
            yield "FieldValueDuplicate", f"{path}[{index}]", f"Duplicate value: {shown(named)}"
        seen.add(shown(named))


def _object(value: Mapping[str, Any], schema: Schema, path: str) -> Iterator[Cause]:
    least, most = schema.get("minProperties"), schema.get("maxProperties")
    if least is not None and len(value) < least:
        yield _wrong(path, len(value), f"should have at least {least} properties")
    if most is not None and len(value) > most:
        yield "FieldValueTooMany", path, f"Too many: {len(value)}: must have at most {most} items"
    prefix = f"{path}." if path else ""
    properties, more = schema.get("properties") or {}, schema.get("additionalProperties")
    for name, held in value.items():
        inner = properties.get(name, more)
        if isinstance(inner, dict):
            yield from faults(held, inner, prefix + name)
    yield from (required(prefix + name) for name in schema.get("required") or () if name not in value)


def _combined(value: Any, schema: Schema, path: str) -> Iterator[Cause]:
    """What several schemas say together; the faults under the one that fits best follow."""
    for word, said in (("anyOf", "at least one schema"), ("oneOf", "one and only one schema")):
        found = [list(faults(value, one, path)) for one in schema.get(word) or ()]
        valid = sum(not one for one in found)
        if found and (valid == 0 or (word == "oneOf" and valid > 1)):
            many = f". Found {valid} valid alternatives" if valid else ". Found none valid"
            yield _composite(path, f"must validate {said} ({word}){many if word == 'oneOf' else ''}")
            yield from min(found, key=len)
    all_of = [list(faults(value, one, path)) for one in schema.get("allOf") or ()]
    if any(all_of):
        yield from (fault for one in all_of for fault in one)
        yield _composite(path, f"must validate all the schemas (allOf){'' if not all(all_of) else '. None validated'}")
    if "not" in schema and not any(faults(value, schema["not"], path)):
        yield _composite(path, "must not validate the schema (not)")


def _composite(path: str, words: str) -> Cause:
    return "FieldValueInvalid", "<nil>", f'Invalid value: "": "{path}" {words}'


_JUDGES: Mapping[str, Callable[[Any, Schema, str], Iterator[Cause]]] = {
    "integer": _number,
    "number": _number,
    "string": _string,
    "array": _array,
    "object": _object,
}
