"""Objects as typed clients send them in protobuf: the way back of ``autoscale.kube.protobuf``."""

import base64
import json
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from autoscale.base.times import parse_time
from autoscale.kube.protobuf.make import INLINE
from autoscale.kube.protobuf.messages import message_named, message_of

PROTOBUF = "application/vnd.kubernetes.protobuf"


def encoded(obj: dict[str, Any]) -> bytes:
    """The body of an object; AssertionError where a field of it is in no message."""
    message: Any = message_of(obj["apiVersion"], obj["kind"])
    assert message is not None
    rest = {name: value for name, value in obj.items() if name not in ("apiVersion", "kind")}
    _write(message, rest)
    assert rest == {}
    envelope = message_named("k8s.io.apimachinery.pkg.runtime.Unknown")
    envelope.typeMeta.apiVersion, envelope.typeMeta.kind = obj["apiVersion"], obj["kind"]
    envelope.raw = message.SerializeToString()
    return b"k8s\0" + bytes(envelope.SerializeToString())


def _write(message: Any, rest: dict[str, Any]) -> None:
    """Take what belongs into the message out of ``rest``."""
    for field in message.DESCRIPTOR.fields:
        if field.json_name == INLINE:
            _write(getattr(message, field.name), rest)
        elif field.json_name in rest:
            _field(message, field, rest.pop(field.json_name))


def _field(message: Any, field: FieldDescriptor, value: Any) -> None:
    held = getattr(message, field.name)
    if field.message_type is None:
        given = [_scalar(field, one) for one in value] if field.is_repeated else _scalar(field, value)
        held.extend(given) if field.is_repeated else setattr(message, field.name, given)
    elif field.message_type.GetOptions().map_entry:
        inner = field.message_type.fields_by_name["value"]
        for key, one in value.items():
            if inner.message_type is None:
                held[key] = _scalar(inner, one)
            else:
                _message(held[key], one)
    elif field.is_repeated:
        for one in value:
            _message(held.add(), one)
    else:
        held.SetInParent()
        _message(held, value)


def _scalar(field: FieldDescriptor, value: Any) -> Any:
    return base64.b64decode(value) if field.type == FieldDescriptor.TYPE_BYTES else value


def _message(message: Any, value: Any) -> None:
    name = message.DESCRIPTOR.name
    if name == "Quantity":
        message.string = str(value)
    elif name == "IntOrString":
        message.type, message.intVal = (0, value) if isinstance(value, int) else (1, 0)
        message.strVal = value if isinstance(value, str) else ""
    elif name in ("Time", "MicroTime"):
        message.seconds = int(parse_time(value))
        message.nanos = round(parse_time(value) % 1 * 1e6) * 1000 if name == "MicroTime" else 0
    elif name in ("JSONSchemaPropsOrArray", "JSONSchemaPropsOrBool"):
        message.schema.SetInParent()
        _message(message.schema, value)
    elif name in ("RawExtension", "FieldsV1", "JSON"):
        setattr(message, message.DESCRIPTOR.fields[0].name, json.dumps(value).encode())
    elif name == "ExtraValue":
        message.items.extend(value)
    else:
        rest = dict(value)
        _write(message, rest)
        assert rest == {}, (name, rest)
