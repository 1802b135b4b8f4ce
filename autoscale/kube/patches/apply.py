"""Server-side apply: a manager states its fields; what it stated before and no longer states goes.

Algorithm of https://kubernetes.io/docs/reference/using-api/server-side-apply/, over ``patch_ownership``. Pure.
"""

import json
from collections.abc import Set
from dataclasses import replace
from typing import Any

from autoscale.kube.kinds import Object
from autoscale.kube.patches.ownership import Owner, Path, fields_of, item_key, read_owners, write_owners
from autoscale.kube.resource import Resource
from autoscale.kube.schema import Field, Type
from autoscale.kube.statuses import StatusError


def apply(
    live: Object | None, stated: Object, filled: Object, owner: Owner, resource: Resource, *, force: bool
) -> Object:
    """``live`` (None: there is no such object yet) with the fields that ``owner`` states.

    ``filled``: what it states, with the defaults of its kind.

    ``StatusError`` 409 where another manager owns a field that would change, unless ``force``.
    """
    owners = read_owners(live) if live else []
    mine = next((one for one in owners if one.identity == owner.identity), None)
    others = [one for one in owners if one is not mine]
    # Compared as the server would store them: a default that is not stated is no other value.
    type_ = resource.type
    stored = fields_of(filled, type_, status=True)
    wanted = {path: stored.get(path, value) for path, value in fields_of(stated, type_, status=True).items()}
    current = fields_of(live, type_, status=True) if live else {}
    contested = {path for path, value in wanted.items() if path in current and current[path] != value}
    if not force:
        _refuse_conflicts(stated, resource, others, contested)
    shared = frozenset[Path]().union(*(one.fields for one in others))
    dropped = (mine.fields if mine else frozenset()) - wanted.keys() - shared
    merged: Object = _merge(_dropped(live or {}, type_, dropped, shared | wanted.keys()), stated, type_)
    owned = replace(owner, fields=frozenset(wanted))
    if mine and mine.fields == owned.fields and merged == live:
        owned = mine
    left = [owned if one is mine else replace(one, fields=one.fields - contested) for one in owners]
    merged["metadata"] = {**merged["metadata"], "managedFields": write_owners(left if mine else [*left, owned])}
    return merged


def _refuse_conflicts(stated: Object, resource: Resource, others: list[Owner], contested: set[Path]) -> None:
    causes = []
    for one in others:
        for path in sorted(one.fields & contested):
            text = f"conflict with {_shown(one)}"
            causes.append({"reason": "FieldManagerConflict", "message": text, "field": dotted(path)})
    if not causes:
        return
    details = {"name": stated["metadata"]["name"], "kind": resource.plural, "causes": causes}
    raise StatusError(409, "Conflict", f"Apply failed with {_listed(causes)}", details)


def _shown(owner: Owner) -> str:
    """A manager as messages name it; since when is said of one who updates."""
    where = f' with subresource "{owner.subresource}"' if owner.subresource else ""
    since = f" at {owner.time}" if owner.time else ""
    return f'"{owner.manager}"{where}' + (f" using {owner.api_version}{since}" if owner.operation == "Update" else "")


def _listed(causes: list[Object]) -> str:
    """As apimachinery's ``getConflictMessage`` (managedfields/internal/conflict.go) has it: a line, or by manager."""
    if len(causes) == 1:
        return f"1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    said = f"{len(causes)} conflicts: "
    by_manager: dict[str, list[str]] = {}
    for cause in causes:
        by_manager.setdefault(cause["message"].removeprefix("conflict "), []).append(f"- {cause['field']}")
    return said + "\n".join(line for name in sorted(by_manager) for line in (f"conflicts {name}:", *by_manager[name]))


def dotted(path: Path) -> str:
    """A path as messages write it: ``.spec.template.spec.containers[name="web"].image``."""
    text = ""
    for part in path:
        kind, _, name = part.partition(":")
        if kind == "f":
            text += f".{name}"
        elif kind == "k":
            text += "[" + name.strip("{}").replace('":', "=").replace('"', "", 1) + "]"
        elif kind == "v":
            text += f"[={name}]"
    return text


def _merge(live: Any, stated: Any, type_: Type | None) -> Any:
    result = dict(live) if isinstance(live, dict) else {}
    for name, value in stated.items():
        field = type_.fields.get(name) if type_ else None
        result[name] = _merge_field(result.get(name), value, field)
    return result


def _merge_field(live: Any, stated: Any, field: Field | None) -> Any:
    if field is None or live is None:
        return stated
    inner = field.structure
    if isinstance(stated, dict) and isinstance(live, dict):
        if field.shape == "map" and not field.atomic:
            return {**live, **stated}
        if field.shape == "one" and inner and not inner.atomic and not field.atomic:
            return _merge(live, stated, inner)
    if isinstance(stated, list) and isinstance(live, list) and field.list_type != "atomic":
        return _merge_items(live, stated, field, inner)
    return stated


def _merge_items(live: list[Any], stated: list[Any], field: Field, inner: Type | None) -> list[Any]:
    """The stated items in their order, then the live ones that were not stated."""
    held = {item_key(item, field): item for item in live}
    keys = [item_key(item, field) for item in stated]
    merged = [
        _merge(held.get(key, {}), item, inner) if isinstance(item, dict) else item
        for key, item in zip(keys, stated, strict=True)
    ]
    return merged + [item for key, item in held.items() if key not in keys]


def _dropped(live: Object, type_: Type | None, dropped: Set[Path], kept: Set[Path]) -> Object:
    """The object without fields that nobody states any more. A container or an item stays as long as something that is
    stated lies in it."""
    # Whole items first, so that an item is still found by its keys.
    for path in sorted(dropped, key=lambda path: (path[-1] != ".", path)):
        whole = path[:-1] if path[-1] == "." else path
        if not _is_key(path) and not any(one[: len(whole)] == whole for one in kept):
            live = _without(live, type_, path)
    return live


def _is_key(path: Path) -> bool:
    """Whether the field is one of the keys by which its item is found: it goes with the item only."""
    holder = path[-2] if len(path) > 1 else ""
    return holder.startswith("k:") and path[-1].removeprefix("f:") in json.loads(holder[2:])


def _without(value: Object, type_: Type | None, path: Path) -> Object:
    """The object without one field; what becomes empty by that goes too."""
    name = path[0].removeprefix("f:")
    if name not in value:
        return value
    field = type_.fields.get(name) if type_ else None
    held = _without_inside(value[name], field, path[1:]) if len(path) > 1 else None
    if held in (None, {}, []):
        return {other: one for other, one in value.items() if other != name}
    return {**value, name: held}


def _without_inside(held: Any, field: Field | None, path: Path) -> Any:
    inner = field.structure if field and field.shape != "map" else None
    if isinstance(held, dict):
        return _without(held, inner, path)
    if not isinstance(held, list) or field is None:
        return held
    kept = []
    for item in held:
        if item_key(item, field) != path[0]:
            kept.append(item)
        elif len(path) > 1 and path[1] != ".":
            kept.append(_without(item, inner, path[1:]))
    return kept
