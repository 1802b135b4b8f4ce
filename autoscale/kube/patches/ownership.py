"""Field ownership (``metadata.managedFields``): who wrote which field, as server-side apply needs to know.

Fields are paths of path elements as FieldsV1 writes them: ``f:name`` a field or map key, ``k:{"name":"app"}`` an item
of a keyed list, ``v:"x"`` an item of a set, ``.`` the item itself. See
https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from autoscale.kube.kinds import Object
from autoscale.kube.schema import Field, Type

Path = tuple[str, ...]
KEY_DEFAULTS: Mapping[str, str] = {"protocol": "TCP"}
"""List keys that may be left out of an item."""

_UNOWNED = frozenset(
    {
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "managedFields",
        "selfLink",
        "generateName",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    }
)


@dataclass(frozen=True)
class Owner:
    """One entry of managedFields. ``operation`` is Apply or Update; ``subresource`` is "" for the object itself."""

    manager: str
    operation: str
    api_version: str
    time: str
    fields: frozenset[Path]
    subresource: str = ""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What makes it the same owner."""
        return self.manager, self.operation, self.subresource


def item_key(item: Any, field: Field) -> str:
    """The path element of one item of a keyed list or set."""
    if field.list_type == "set":
        return "v:" + json.dumps(item, separators=(",", ":"))
    keys = {name: item.get(name, KEY_DEFAULTS.get(name)) for name in sorted(field.keys)}
    return "k:" + json.dumps({name: key for name, key in keys.items() if key is not None}, separators=(",", ":"))


def fields_of(obj: Object, type_: Type | None, *, status: bool = False) -> dict[Path, Any]:
    """Every owned field of an object with its value: leaves, empty containers, and items of keyed lists as True."""
    body = {name: value for name, value in obj.items() if name not in ("apiVersion", "kind", "metadata")}
    if not status:
        body.pop("status", None)
    body["metadata"] = {name: value for name, value in obj["metadata"].items() if name not in _UNOWNED}
    found = dict(_structure(body, type_, ()))
    found.pop(("f:metadata",), None)
    return found


def _structure(value: Mapping[str, Any], type_: Type | None, path: Path) -> Iterator[tuple[Path, Any]]:
    for name, held in value.items():
        field = type_.fields.get(name) if type_ else None
        yield from _field(held, field, (*path, f"f:{name}"))


def _field(value: Any, field: Field | None, path: Path) -> Iterator[tuple[Path, Any]]:
    inner = field.structure if field else None
    atomic = field is None or field.atomic or (field.shape == "one" and inner is not None and inner.atomic)
    if isinstance(value, dict) and value and not atomic and field is not None:
        known = inner if field.shape == "one" else None
        if known is None and field.shape == "one":
            yield path, value
        elif known is None:
            yield from (((*path, f"f:{name}"), held) for name, held in value.items())
        else:
            yield from _structure(value, known, path)
    elif isinstance(value, list) and value and field is not None and field.list_type != "atomic":
        for item in value:
            at = (*path, item_key(item, field))
            yield (*at, ".") if isinstance(item, dict) else at, True
            if isinstance(item, dict):
                yield from _structure(item, inner, at)
    else:
        yield path, value


def read_owners(obj: Object) -> list[Owner]:
    """The owners that an object's managedFields name."""
    return [
        Owner(
            manager=entry.get("manager", ""),
            operation=entry.get("operation", "Update"),
            api_version=entry.get("apiVersion", ""),
            time=entry.get("time", ""),
            fields=frozenset(_flatten(entry.get("fieldsV1") or {}, ())),
            subresource=entry.get("subresource", ""),
        )
        for entry in obj["metadata"].get("managedFields") or []
        if entry
    ]


def _flatten(nested: Mapping[str, Any], path: Path) -> Iterator[Path]:
    for name, inner in nested.items():
        at = (*path, name)
        if inner:
            yield from _flatten(inner, at)
        elif name != "." or path[-1].startswith("k:"):
            yield at
        else:
            yield path


def write_owners(owners: Iterable[Owner]) -> list[Object]:
    """managedFields; owners of nothing are left out."""
    return [_entry(owner) for owner in owners if owner.fields]


def _entry(owner: Owner) -> Object:
    nested: dict[str, Any] = {}
    for path in sorted(owner.fields):
        at = nested
        for name in path:
            at = at.setdefault(name, {})
    entry = {
        "manager": owner.manager,
        "operation": owner.operation,
        "apiVersion": owner.api_version,
        "time": owner.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": nested,
    }
    return entry | ({"subresource": owner.subresource} if owner.subresource else {})


def after_update(before: Object | None, after: Object, owner: Owner, type_: Type | None) -> list[Owner]:
    """The owners once ``owner`` has written ``after`` over ``before`` (any write but an apply).

    What it changed is its own from now on, and nobody else's; what is gone is nobody's. Who applied the
    status keeps it.
    """
    old, new = fields_of(before, type_) if before else {}, fields_of(after, type_)
    changed = frozenset(path for path, value in new.items() if path not in old or old[path] != value)
    if before is not None and not changed and len(old) == len(new):
        return read_owners(after)
    present = frozenset(new)
    owners = [
        one if one.subresource == "status" else replace(one, fields=(one.fields & present) - changed)
        for one in read_owners(after)
    ]
    return _put(owners, owner, changed)


def _put(owners: list[Owner], owner: Owner, added: frozenset[Path]) -> list[Owner]:
    """Owners with what ``owner`` has gained."""
    if not added:
        return owners
    mine = next((one for one in owners if one.identity == owner.identity), None)
    gained = replace(owner, fields=(mine.fields if mine else frozenset()) | added)
    return [*(one for one in owners if one.identity != owner.identity), gained]
