"""The messages of ``k8s.binpb`` by kind, and what JSON would have made of them."""

from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from autoscale.kube.protobuf.make import INLINE
from autoscale.kube.protobuf.values import VALUES, base64_text

META = "k8s.io.apimachinery.pkg.apis.meta.v1"
_OF_EVERY_GROUP = ("CreateOptions", "DeleteOptions", "ListOptions", "PatchOptions", "UpdateOptions")
"""Kinds of ``META`` that upstream registers in every group and version."""

_OMITTED_WHEN_NULL = ("creationTimestamp",)
"""Go's ``omitzero`` of a message; other times without a value are null in JSON."""


@cache
def _pool() -> tuple[DescriptorPool, dict[tuple[str, str], str]]:
    """All messages, and the package of each (group's first label, version)."""
    pool, packages = DescriptorPool(), {}
    descriptors = FileDescriptorSet.FromString(Path(__file__).with_name("k8s.binpb").read_bytes())
    for file in descriptors.file:
        pool.AddSerializedFile(file.SerializeToString())
        if file.package != META:
            label, version = file.package.split(".")[-2:]
            packages[label, version] = file.package
    return pool, packages


def message_of(api_version: str, kind: str) -> Message | None:
    """An empty message of a kind (``apps/v1``, ``Deployment``); None where there is none."""
    pool, packages = _pool()
    group, _, version = api_version.rpartition("/")
    if group and "." in group and not group.endswith(".k8s.io"):
        return None
    package = packages.get((group.partition(".")[0] or "core", version), META)
    named = [f"{package}.{kind}", *([f"{META}.{kind}"] if kind in _OF_EVERY_GROUP else [])]
    for name in named:
        try:
            return GetMessageClass(pool.FindMessageTypeByName(name))()
        except KeyError:
            continue
    return None


def message_named(name: str) -> Any:
    """An empty message by its full name."""
    return GetMessageClass(_pool()[0].FindMessageTypeByName(name))()


def as_json(message: Message) -> Any:
    """What Go's JSON encoder makes of the struct that the message is read into. ValueError where it makes nothing."""
    special = VALUES.get(message.DESCRIPTOR.full_name)
    if special:
        return special(message, as_json)
    found: dict[str, Any] = {}
    for field, value in message.ListFields():
        held = _held(field, value)
        if held is not None or field.json_name not in _OMITTED_WHEN_NULL:
            found.update(held if field.json_name == INLINE else {field.json_name: held})
    return found


def _held(field: FieldDescriptor, value: Any) -> Any:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        inner = field.message_type.fields_by_name["value"]
        return {key: _one(inner, value[key]) for key in sorted(value)}
    return [_one(field, one) for one in value] if field.is_repeated else _one(field, value)


def _one(field: FieldDescriptor, value: Any) -> Any:
    if field.message_type is not None:
        return as_json(value)
    return base64_text(value) if field.type == FieldDescriptor.TYPE_BYTES else value
