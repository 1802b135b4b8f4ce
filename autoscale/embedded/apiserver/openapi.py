"""OpenAPI v3 as far as kubectl reads it: which query parameters a patch takes, and the schemas for ``explain``."""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from autoscale.embedded.apiserver.discovery import Table, group_versions
from autoscale.kube.kinds import ABSENT, TABLE, Object
from autoscale.kube.protobuf.comments import Message, field_text, message_of
from autoscale.kube.resource import Resource
from autoscale.kube.schema import Field, Type, release, types

_SCALARS: dict[str, Object] = {
    "string": {"type": "string"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "Quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
    "IntOrString": {"oneOf": [{"type": "integer"}, {"type": "string"}], "format": "int-or-string"},
    "Time": {"type": "string", "format": "date-time"},
    "MicroTime": {"type": "string", "format": "date-time"},
    "any": {"type": "object"},
    "SchemaOrBool": {"type": "object"},
}
_PATCHES = (
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
)


_NONE = "The embedded cluster has none of these."
OLDER_PROTOBUF = tuple(f"application/com.github.proto-openapi.spec.v2{mark}v1.0+protobuf" for mark in (".", "@"))
"""OpenAPI v2 as Go's clients ask for it; the second is no media type, and no answer can have it."""


def older() -> Object:
    """``/openapi/v2``: that it describes nothing. kubectl reads it where a kind is in no document of v3, finds that it
    is not there either, and says so."""
    return {"swagger": "2.0", "info": {"title": "Kubernetes", "version": release()}, "paths": {}, "definitions": {}}


def older_protobuf() -> bytes:
    """The same as a message (gnostic's ``openapi.v2.Document``: 1 is its version, 2 what it is about)."""
    about = _text(1, "Kubernetes") + _text(2, release())
    return _text(1, "2.0") + bytes((0x12, len(about))) + about


def _text(number: int, text: str) -> bytes:
    """A short string, as protobuf writes it."""
    return bytes((number << 3 | 2, len(text))) + text.encode()


def index(table: Table) -> Object:
    """``/openapi/v3``: where each group's document lies, and a mark that is another one where it has changed."""
    known = {*group_versions(table), *((one.group, one.version) for one in ABSENT if one.group)}
    marks = {
        f"apis/{group}/{version}": _mark_of([one for one in table if (one.group, one.version) == (group, version)])
        for group, version in sorted(known)
    }
    return {
        "paths": {
            path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={mark}"}
            for path, mark in {"api/v1": release(), **marks}.items()
        }
    }


def _mark_of(rows: Table) -> str:
    custom = [row.defined for row in rows if row.defined is not None]
    return hashlib.blake2b(json.dumps(custom).encode(), digest_size=8).hexdigest() if custom else release()


def document(table: Table, group: str, version: str) -> Object | None:
    """The document of one group and version; None where there is none."""
    custom = [row for row in table if row.defined is not None and (row.group, row.version) == (group, version)]
    if not custom:
        return _known(group, version)
    schemas = {_name(row): _described(row) for row in custom} | _schemas([], ["ObjectMeta"])
    return _document(custom, schemas)


def _name(row: Resource) -> str:
    """What its schema is called: upstream reverses the group."""
    return ".".join([*reversed(row.group.split(".")), row.version, row.kind]) if row.defined is not None else row.schema


def _described(row: Resource) -> Object:
    """A custom kind's schema, as its definition has it, with what all kinds have."""
    own = ((row.defined or {}).get("schema") or {}).get("openAPIV3Schema") or {}
    texts = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
    metadata = {"allOf": [{"$ref": "#/components/schemas/ObjectMeta"}], "default": {}}
    properties = {**(own.get("properties") or {}), "metadata": metadata}
    return {**own, "properties": {**texts, **properties}, "x-kubernetes-group-version-kind": [_mark(row)]}


@cache
def _known(group: str, version: str) -> Object | None:
    """The document of kinds of the table, which never changes."""
    found = [resource for resource in TABLE if (resource.group, resource.version) == (group, version)]
    absent = [resource for resource in ABSENT if (resource.group, resource.version) == (group, version)]
    if not found and not absent:
        return None
    return _document([*found, *absent], _schemas([*found, *absent]))


def _document(rows: list[Resource], schemas: Object) -> Object:
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": release()},
        "paths": {_path(row): _operations(row) for row in rows},
        "components": {"schemas": schemas},
    }


def _path(resource: Resource) -> str:
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else "/api/v1"
    return root + ("/namespaces/{namespace}" if resource.namespaced else "") + f"/{resource.plural}/{{name}}"


def _operations(resource: Resource) -> Object:
    mark = _mark(resource)
    names = ("dryRun", "fieldManager", "fieldValidation", "force")
    body = {"content": {kind: {"schema": {"type": "object"}} for kind in _PATCHES}}
    schema = {"$ref": f"#/components/schemas/{_name(resource)}"}
    answer = {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}}
    get = {"responses": answer, "x-kubernetes-action": "get", "x-kubernetes-group-version-kind": mark}
    if "patch" not in resource.verbs:
        return {"get": get}
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]
    patch = {"parameters": parameters, "requestBody": body, **get, "x-kubernetes-action": "patch"}
    return {"get": get, "patch": patch}


def _mark(resource: Resource) -> Object:
    return {"group": resource.group, "version": resource.version, "kind": resource.kind}


def _schemas(resources: list[Resource], more: Iterable[str] = ()) -> Object:
    """The schemas of the resources, of the types that ``more`` names, and of every type that they reach."""
    todo, schemas = [*(row.schema for row in resources), *more], dict[str, Any]()
    while todo:
        name = todo.pop()
        if name in schemas or name not in types():
            continue
        schemas[name] = _schema(types()[name], message_of(name, types()[name].fields))
        todo += [field.type for field in types()[name].fields.values()]
    for row in resources:
        unknown = {"type": "object"} if row.served else {"type": "object", "description": _NONE}
        schemas.setdefault(row.schema, unknown)["x-kubernetes-group-version-kind"] = [_mark(row)]
    return dict(sorted(schemas.items()))


def _schema(type_: Type, message: Message | None) -> Object:
    """One type's schema, described as its published message is."""
    properties = {name: _property(field) for name, field in type_.fields.items()}
    body: Object = {"type": "object", "properties": properties}
    if type_.required:
        body["required"] = list(type_.required)
    if type_.atomic:
        body["x-kubernetes-map-type"] = "atomic"
    if message is None:
        return body
    for name, one in properties.items():
        one |= _description(field_text(message, name, properties))
    return body | _description(message.text)


def _description(text: str) -> Object:
    return {"description": text} if text else {}


def _property(field: Field) -> Object:
    held = _SCALARS.get(field.type) or {"$ref": f"#/components/schemas/{field.type}"}
    extras: Object = {"x-kubernetes-patch-strategy": field.strategy} if field.strategy else {}
    if field.merge_key:
        extras["x-kubernetes-patch-merge-key"] = field.merge_key
    if field.shape == "list":
        extras["x-kubernetes-list-type"] = field.list_type
        if field.keys:
            extras["x-kubernetes-list-map-keys"] = list(field.keys)
        return {"type": "array", "items": held, **extras}
    if field.shape == "map":
        return {"type": "object", "additionalProperties": held, **extras}
    return {"allOf": [held], "default": {}, **extras} if "$ref" in held else {**held, **extras}
