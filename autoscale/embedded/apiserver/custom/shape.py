"""Objects of a custom kind brought into the shape of its structural schema: what it does not know goes, what it has
defaults for comes. Pure.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
"""

import copy
from collections.abc import Mapping
from typing import Any

from autoscale.embedded.apiserver.validation.types import Decoded, decode
from autoscale.kube.kinds import Object

Schema = Mapping[str, Any]
_META = ("apiVersion", "kind", "metadata")
_PRESERVE = "x-kubernetes-preserve-unknown-fields"
EMBEDDED = "x-kubernetes-embedded-resource"


def pruned(obj: Object, schema: Schema) -> Decoded:
    """The object without the fields that the schema does not have, which are named; its metadata as of every kind."""
    metadata = decode(obj.get("metadata") or {}, "ObjectMeta")
    found = Decoded(obj, [f"metadata.{path}" for path in metadata.unknown], [f"metadata.{w}" for w in metadata.wrong])
    whole = {name: value for name, value in obj.items() if name not in _META}
    about = {name: value for name, value in {**obj, "metadata": metadata.obj}.items() if name in _META}
    found.obj = {**about, **_pruned(whole, {**schema, EMBEDDED: False}, "", found.unknown)}
    found.unknown.sort()
    return found


def pruned_value(value: Any, schema: Schema) -> Any:
    """A value without the fields that its schema does not have."""
    return _pruned(value, schema, "", [])


def _pruned(value: Any, schema: Schema, path: str, unknown: list[str]) -> Any:
    if isinstance(value, list):
        items = schema.get("items")
        if not isinstance(items, dict):
            return value
        return [_pruned(one, items, f"{path}[{index}]", unknown) for index, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, held in value.items():
        at = f"{path}.{name}" if path else name
        inner = _inner(schema, name)
        if inner is None:
            unknown.append(at)
        else:
            kept[name] = _pruned(held, inner, at, unknown)
    return kept


def _inner(schema: Schema, name: str) -> Schema | None:
    """The schema of a field; None where there is no such field. What is not described is kept as it is."""
    everything: Schema = {_PRESERVE: True}
    properties, more = schema.get("properties") or {}, schema.get("additionalProperties")
    if name in properties:
        found: Schema = properties[name]
        return found
    if isinstance(more, dict):
        return more
    if more is True or schema.get(_PRESERVE) or (schema.get(EMBEDDED) and name in _META):
        return everything
    return None


def filled(value: Any, schema: Schema) -> Any:
    """The value with the schema's defaults where nothing is said."""
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [filled(one, schema["items"]) for one in value]
    if not isinstance(value, dict):
        return value
    properties, more = schema.get("properties") or {}, schema.get("additionalProperties")
    result = dict(value)
    for name, inner in properties.items():
        # A null that may not be one stands for nothing where there is a default.
        if "default" in inner and (name not in value or (value[name] is None and not inner.get("nullable"))):
            result[name] = copy.deepcopy(inner["default"])
    for name, held in result.items():
        inner = properties.get(name, more)
        if isinstance(inner, dict):
            result[name] = filled(held, inner)
    return result
