"""Strategic merge patch: as a merge patch, but lists of named things merge by their merge key.

What the directives mean: ``$patch`` (replace, delete, merge), ``$retainKeys``, ``$setElementOrder/FIELD`` and
``$deleteFromPrimitiveList/FIELD``; see kubernetes/community, sig-api-machinery/strategic-merge-patch.md. Pure: the
result is new.
"""

import copy
from typing import Any

from autoscale.kube.schema import Field, Type, type_of
from autoscale.kube.statuses import bad_request

_ORDER = "$setElementOrder/"
_DELETE = "$deleteFromPrimitiveList/"


def strategic_merge(target: Any, patch: Any, type_: Type | None) -> Any:
    """``target`` with ``patch``; ``type_`` says how lists merge (without it they are replaced)."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    directive = patch.get("$patch", "merge")
    if directive not in ("merge", "replace", "delete"):
        raise bad_request(f"unknown $patch directive {directive!r}")
    for name, value in patch.items():
        if name.startswith("$") and name != "$patch" and not isinstance(value, list):
            raise bad_request(f"{name} must be a list")
    if directive == "delete":
        return {}
    base = dict(target) if isinstance(target, dict) and directive == "merge" else {}
    if "$retainKeys" in patch:
        base = {name: value for name, value in base.items() if name in patch["$retainKeys"]}
    for name, value in patch.items():
        if not name.startswith("$"):
            _merge_field(base, name, value, patch, type_)
    return _primitive_deletions(base, patch)


def _merge_field(base: dict[str, Any], name: str, value: Any, patch: dict[str, Any], type_: Type | None) -> None:
    field = type_.fields.get(name) if type_ else None
    if value is None:
        base.pop(name, None)
    elif isinstance(value, list) and field and "merge" in field.strategy:
        base[name] = _merge_list(base.get(name) or [], value, patch.get(_ORDER + name), field)
    else:
        inner = type_of(field.type) if field and field.shape == "one" else None
        base[name] = strategic_merge(base.get(name), value, inner)


def _primitive_deletions(base: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    for name, gone in patch.items():
        if name.startswith(_DELETE) and (field := name.removeprefix(_DELETE)) in base:
            base[field] = [value for value in base[field] if value not in gone]
    return base


def _merge_list(target: list[Any], patch: list[Any], order: list[Any] | None, field: Field) -> list[Any]:
    key = field.merge_key
    if key is None:
        return [*target, *(value for value in patch if value not in target)]
    if any(not isinstance(item, dict) for item in patch):
        raise bad_request(f"a list of {field.type} holds objects")
    if any(item.get("$patch") == "replace" and key not in item for item in patch):
        return [copy.deepcopy(item) for item in patch if "$patch" not in item]
    merged = list(target)
    for item in patch:
        if not isinstance(item.get(key), str | int):
            raise bad_request(f"a {field.type} in a strategic merge patch needs its merge key {key!r}")
        at = next((index for index, one in enumerate(merged) if one.get(key) == item[key]), None)
        if item.get("$patch") == "delete":
            merged = [one for one in merged if one.get(key) != item[key]]
        elif at is None:
            merged.append(strategic_merge({}, item, type_of(field.type)))
        else:
            merged[at] = strategic_merge(merged[at], item, type_of(field.type))
    return _ordered(merged, [one.get(key) for one in order or [] if isinstance(one, dict)], key)


def _ordered(items: list[Any], order: list[Any], key: str) -> list[Any]:
    """Items in the asked order; what the order does not name keeps its place between its neighbours."""
    rank = {value: index for index, value in enumerate(order) if isinstance(value, str | int)}
    places = sorted((index for index, one in enumerate(items) if one.get(key) in rank))
    named = sorted((items[index] for index in places), key=lambda one: rank[one.get(key)])
    result = list(items)
    for index, one in zip(places, named, strict=True):
        result[index] = one
    return result
