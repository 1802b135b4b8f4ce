"""Strategic merge patch: as a merge patch, but lists of named things merge by their merge key.

What the directives mean: ``$patch`` (replace, delete, merge), ``$retainKeys``, ``$setElementOrder/FIELD`` and
``$deleteFromPrimitiveList/FIELD``; see kubernetes/community, sig-api-machinery/strategic-merge-patch.md. Pure: the
result is new.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from autoscale.kube.schema import Field, Type, type_of

_ORDER = "$setElementOrder/"
_DELETE = "$deleteFromPrimitiveList/"

Identity = tuple[Any, ...]
"""What tells one element of a list from another: the values of its merge keys."""


class PatchError(ValueError):
    """A patch that cannot be applied; ``path`` says where in it (``spec.containers``), the text what is wrong."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(text)
        self.path = path


@dataclass(frozen=True)
class Lists:
    """How elements of lists are told apart and which come first.

    The API server knows elements by their first merge key, keeps their places and appends new ones; kustomize knows
    them by all keys of the list (``containerPort`` and ``protocol``) and puts those of the patch first.
    """

    all_keys: bool = False
    patched_first: bool = False

    def keys(self, field: Field) -> tuple[str, ...]:
        """The keys of an element of that field's list; none where it holds plain values."""
        if self.all_keys and field.keys:
            return field.keys
        return (field.merge_key,) if field.merge_key else ()


SERVER = Lists()


def strategic_merge(target: Any, patch: Any, type_: Type | None, lists: Lists = SERVER, path: str = "") -> Any:
    """``target`` with ``patch``; ``type_`` says how lists merge (without it they are replaced). PatchError."""
    if not isinstance(patch, dict):
        return _without_nulls(patch)
    directive = patch.get("$patch", "merge")
    if directive not in ("merge", "replace", "delete"):
        raise PatchError(path, f"unknown $patch directive {directive!r}")
    for name, value in patch.items():
        if name.startswith("$") and name != "$patch" and not isinstance(value, list):
            raise PatchError(path, f"{name} must be a list")
    if directive == "delete":
        return {}
    base = dict(target) if isinstance(target, dict) and directive == "merge" else {}
    if "$retainKeys" in patch:
        base = {name: value for name, value in base.items() if name in patch["$retainKeys"]}
    for name, value in patch.items():
        if not name.startswith("$"):
            place = f"{path}.{name}" if path else str(name)
            field = type_.fields.get(name) if type_ else None
            _merge_field(base, name, value, patch.get(_ORDER + name) or [], field, lists, place)
    return _primitive_deletions(base, patch)


def _merge_field(
    base: dict[str, Any], name: str, value: Any, order: list[Any], field: Field | None, lists: Lists, path: str
) -> None:
    if value is None:
        base.pop(name, None)
    elif isinstance(value, list) and field and "merge" in field.strategy:
        base[name] = _merge_list(base.get(name) or [], value, order, field, lists, path)
    else:
        inner = type_of(field.type) if field and field.shape == "one" else None
        base[name] = strategic_merge(base.get(name), value, inner, lists, path)


def _primitive_deletions(base: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    for name, gone in patch.items():
        if name.startswith(_DELETE) and (field := name.removeprefix(_DELETE)) in base:
            base[field] = [value for value in base[field] if value not in gone]
    return base


def _merge_list(
    target: list[Any], patch: list[Any], order: list[Any], field: Field, lists: Lists, path: str
) -> list[Any]:
    if not isinstance(target, list):
        raise PatchError(path, "what is patched is no list")
    keys = lists.keys(field)
    if not keys:
        return [*target, *(value for value in patch if value not in target)]
    if any(not isinstance(item, dict) for item in [*target, *patch]):
        raise PatchError(path, f"a list of {field.type} holds objects")
    if any(item.get("$patch") == "replace" and keys[0] not in item for item in patch):
        return [copy.deepcopy(item) for item in patch if "$patch" not in item]
    _refuse_half_named([*target, *patch], keys, path)
    first: list[Any] = []
    rest = list(target)
    for item in patch:
        identity = _identity(item, keys, field, path)
        at = next((index for index, one in enumerate(rest) if _values(one, keys) == identity), None)
        if item.get("$patch") == "delete":
            rest = [one for one in rest if _values(one, keys) != identity]
            continue
        done = strategic_merge({} if at is None else rest[at], item, type_of(field.type), lists, path)
        if at is None:
            (first if lists.patched_first else rest).append(done)
        elif lists.patched_first:
            first.append(done)
            del rest[at]
        else:
            rest[at] = done
    return _ordered([*first, *rest], [_values(one, keys) for one in order if isinstance(one, dict)], keys)


def _without_nulls(value: Any) -> Any:
    """A copy without the fields that are null: where nothing was before, they say that there is nothing."""
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _values(item: dict[str, Any], keys: Iterable[str]) -> Identity:
    """What is no plain value cannot name an element (and may not be hashed): its text stands for it."""
    values = (item.get(key) for key in keys)
    return tuple(value if value is None or isinstance(value, str | int) else repr(value) for value in values)


def _identity(item: dict[str, Any], keys: tuple[str, ...], field: Field, path: str) -> Identity:
    if not isinstance(item.get(keys[0]), str | int):
        raise PatchError(path, f"a {field.type} in a strategic merge patch needs its merge key {keys[0]!r}")
    return _values(item, keys)


def _refuse_half_named(items: list[dict[str, Any]], keys: tuple[str, ...], path: str) -> None:
    """With two keys (port and protocol), elements that leave one out are matched oddly by kustomize."""
    identities = {_values(item, keys) for item in items}
    firsts = [identity[0] for identity in identities]
    doubled = {first for first in firsts if firsts.count(first) > 1}
    if any(identity[0] in doubled and None in identity for identity in identities):
        raise PatchError(path, f"{keys[0]} with and without {keys[-1]}: state {keys[-1]} in both or in neither")


def _ordered(items: list[Any], order: list[Identity], keys: tuple[str, ...]) -> list[Any]:
    """Items in the asked order; what the order does not name keeps its place between its neighbours."""
    rank = {value: index for index, value in enumerate(order) if isinstance(value[0], str | int)}
    places = sorted(index for index, one in enumerate(items) if _values(one, keys) in rank)
    named = sorted((items[index] for index in places), key=lambda one: rank[_values(one, keys)])
    result = list(items)
    for index, one in zip(places, named, strict=True):
        result[index] = one
    return result
