"""OpenAPI v3 as far as kubectl reads it: which query parameters a patch takes, and the schemas for ``explain``."""

from functools import cache
from typing import Any

from autoscale.embedded.apiserver.discovery import group_versions
from autoscale.kube.kinds import KINDS, TABLE, Object, Resource
from autoscale.kube.protobuf.comments import Message, field_text, message_of
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
    "any": {"type": "object"},
}
_PATCHES = (
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
)


# kubectl asks this document before it looks whether the kind is served; only so does it get to say
# `no matches for kind "StatefulSet"` instead of failing to download an older document.
_UNSERVED = tuple(resource for resource in KINDS if not resource.served)


def index() -> Object:
    """``/openapi/v3``: where each group's document lies."""
    known = {*group_versions(), *((one.group, one.version) for one in _UNSERVED if one.group)}
    paths = ["api/v1", *(f"apis/{group}/{version}" for group, version in sorted(known))]
    return {"paths": {path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={release()}"} for path in paths}}


@cache
def document(group: str, version: str) -> Object | None:
    """The document of one group and version; None where there is none."""
    found = [resource for resource in TABLE if (resource.group, resource.version) == (group, version)]
    absent = [resource for resource in _UNSERVED if (resource.group, resource.version) == (group, version)]
    if not found and not absent:
        return None
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": release()},
        "paths": {_path(resource): _operations(resource) for resource in [*found, *absent]},
        "components": {"schemas": _schemas([*found, *absent])},
    }


def _path(resource: Resource) -> str:
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else "/api/v1"
    return root + ("/namespaces/{namespace}" if resource.namespaced else "") + f"/{resource.plural}/{{name}}"


def _operations(resource: Resource) -> Object:
    mark = _mark(resource)
    names = ("dryRun", "fieldManager", "fieldValidation", "force")
    body = {"content": {kind: {"schema": {"type": "object"}} for kind in _PATCHES}}
    schema = {"$ref": f"#/components/schemas/{resource.schema}"}
    answer = {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}}
    get = {"responses": answer, "x-kubernetes-action": "get", "x-kubernetes-group-version-kind": mark}
    if "patch" not in resource.verbs:
        return {"get": get}
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]
    patch = {"parameters": parameters, "requestBody": body, **get, "x-kubernetes-action": "patch"}
    return {"get": get, "patch": patch}


def _mark(resource: Resource) -> Object:
    return {"group": resource.group, "version": resource.version, "kind": resource.kind}


def _schemas(resources: list[Resource]) -> Object:
    """The schemas of the resources and of every type that they reach."""
    marks = {resource.schema: _mark(resource) for resource in resources}
    todo, schemas = list(marks), dict[str, Any]()
    while todo:
        name = todo.pop()
        if name in schemas or name not in types():
            continue
        schemas[name] = _schema(types()[name], message_of(name, types()[name].fields))
        todo += [field.type for field in types()[name].fields.values()]
    for kind, mark in marks.items():
        schemas.setdefault(kind, {"type": "object"})["x-kubernetes-group-version-kind"] = [mark]
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
