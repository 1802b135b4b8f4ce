"""The structural schema of a custom kind (OpenAPI v3 in a CustomResourceDefinition) as a ``Type``, which says how its
objects merge. Pure.

Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#custom-resources-and-server-side-apply
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from autoscale.kube.schema import Field, Type

_SCALARS = {"string": "string", "integer": "int64", "number": "number", "boolean": "boolean"}
_META = {
    "apiVersion": Field("one", "string"),
    "kind": Field("one", "string"),
    "metadata": Field("one", "ObjectMeta"),
}


def structure_of(schema: Mapping[str, Any]) -> Type:
    """The type of the objects that a version's ``openAPIV3Schema`` describes."""
    root = _object(schema)
    return replace(root, fields={**root.fields, **_META})


def _object(schema: Mapping[str, Any]) -> Type:
    fields = {name: field_of(held) for name, held in (schema.get("properties") or {}).items()}
    return Type("", fields, tuple(schema.get("required") or ()), schema.get("x-kubernetes-map-type") == "atomic")


def field_of(schema: Mapping[str, Any]) -> Field:
    """How one value is held and merged."""
    if schema.get("x-kubernetes-int-or-string"):
        return Field("one", "IntOrString")
    match schema.get("type"):
        case "array":
            return _list(schema)
        case "object" if schema.get("properties"):
            inner = _object(schema)
            return Field("one", "any", inner=inner, atomic=inner.atomic)
        case "object":
            held = schema.get("additionalProperties")
            inner_field = field_of(held) if isinstance(held, dict) else Field("one", "any")
            atomic = schema.get("x-kubernetes-map-type") == "atomic"
            return Field("map", inner_field.type, inner=inner_field.inner, atomic=atomic)
        case name:
            return Field("one", _SCALARS.get(str(name), "any"))


def _list(schema: Mapping[str, Any]) -> Field:
    item = field_of(schema.get("items") or {})
    return Field(
        shape="list",
        type=item.type,
        list_type=schema.get("x-kubernetes-list-type") or "atomic",
        keys=tuple(schema.get("x-kubernetes-list-map-keys") or ()),
        inner=item.inner,
    )
