"""The types of the API: which fields an object may have, of what type, and how lists merge.

Read from ``schema.json`` (see ``schema_import``). ``x-kubernetes-list-type`` and its kin are explained at
https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

SCALARS = frozenset(
    {
        "string",
        "int32",
        "int64",
        "number",
        "boolean",
        "Quantity",
        "IntOrString",
        "Time",
        "MicroTime",
        "any",
        "SchemaOrBool",
    }
)


@dataclass(frozen=True)
class Field:
    """One field's type.

    ``shape`` says how ``type`` (a scalar's or a type's name) is held: by itself, in a list, in a map. ``list_type``
    is atomic, set or map (with ``keys``) for server-side apply; ``merge_key`` and ``strategy`` (merge, retainKeys)
    are for strategic merge patches. ``inner``: the type itself, where it has no name in the schema.
    """

    shape: Literal["one", "list", "map"]
    type: str
    list_type: str = "atomic"
    keys: tuple[str, ...] = ()
    merge_key: str | None = None
    strategy: str = ""
    atomic: bool = False
    inner: "Type | None" = None

    @property
    def structure(self) -> "Type | None":
        """The structured type that is held; None for scalars and for what has no schema."""
        return self.inner or type_of(self.type)


@dataclass(frozen=True)
class Type:
    """One structured type: its fields, which of them are required, and whether it is merged as a whole."""

    name: str
    fields: Mapping[str, Field]
    required: tuple[str, ...]
    atomic: bool


def _field(text: Any) -> Field:
    if isinstance(text, str):
        return Field("one", text)
    strategy, atomic = text.get("strategy", ""), text.get("atomic", False)
    if "list" in text:
        keys = tuple(text.get("keys", ()))
        return Field(
            shape="list",
            type=text["list"],
            list_type=text.get("type", "atomic"),
            keys=keys,
            merge_key=text.get("merge"),
            strategy=strategy,
        )
    if "map" in text:
        held = text["map"]
        return Field("map", held if isinstance(held, str) else "any", strategy=strategy, atomic=atomic)
    return Field("one", text["object"], strategy=strategy, atomic=atomic)


@cache
def _document() -> Mapping[str, Any]:
    document: dict[str, Any] = json.loads(Path(__file__).with_name("schema.json").read_text())
    return document


def release() -> str:
    """The Kubernetes release that the types are of, for example ``v1.35.4``."""
    return str(_document()["release"])


@cache
def types() -> Mapping[str, Type]:
    """Every type by its name (kinds are types too)."""
    return {
        name: Type(
            name,
            {field: _field(text) for field, text in body["fields"].items()},
            tuple(body["required"]),
            body.get("atomic", False),
        )
        for name, body in _document()["types"].items()
    }


def type_of(name: str) -> Type | None:
    """The type of that name; None for scalars and for what has no schema."""
    return types().get("JSONSchemaProps" if name == "SchemaOrBool" else name)
