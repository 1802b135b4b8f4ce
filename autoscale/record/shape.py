"""Whether a row has the shape of its kind: checked in C against the very types that producers and analysis use."""

import math
import re
import types
import typing
from collections.abc import Mapping
from typing import Any, NamedTuple, TypedDict

import msgspec

from autoscale.record.rows.fields import Count, Number, Span
from autoscale.record.rows.kinds import KINDS

# The many rows, whose types leave nothing open: they are decoded by their types, unknown fields left out. The others
# hold parts of the API's objects, of which everything is kept.
MANY = ("load", "pod_load", "usage")
FROM_JSON = ("load", "pod_load")  # as the workers wrote them
_FIRST = b'{"k":"'
_WHERE = re.compile(r" - at `\$\.?(.*)`$")
_MISSING = re.compile(r"missing required field `([^`]*)`")


class Misfit(NamedTuple):
    """The first thing that is wrong in a row: ``path`` in it, what was found and wanted.

    ``outer``: a field of the row itself is missing or of another JSON type; else it lies inside, or is out of bounds.
    """

    path: str
    found: str
    wanted: str
    outer: bool


def bounded(hint: Any) -> Any:
    """A type of the load generator's, which knows no bounds: its numbers are counts, and times since the epoch."""
    if hint in (int, float):
        return Count if hint is int else Span
    if typing.is_typeddict(hint):
        return TypedDict(hint.__name__, _bounded_fields(hint))  # type: ignore[operator]
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (None, typing.Literal, typing.Annotated):
        return hint
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(map(bounded, inner))]  # noqa: UP007, of as many as there are
    return origin[tuple(map(bounded, inner)) if len(inner) > 1 else bounded(inner[0])]


def _bounded_fields(kind: type) -> dict[str, Any]:
    return {name: bounded(hint) for name, hint in typing.get_type_hints(kind, include_extras=True).items()}


def _written(kind: type) -> Any:
    """The type of a row as it stands in a record: numbered and stamped."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return TypedDict(kind.__name__, {**hints, "n": int, "t": Number})  # type: ignore[operator]


_HEARD: Mapping[str, Any] = {**KINDS, **{name: bounded(KINDS[name]) for name in FROM_JSON}}
WRITTEN: Mapping[str, Any] = {name: _written(kind) for name, kind in _HEARD.items()}
_TOLD = slice(len(_FIRST), len(_FIRST) + 4)  # enough of a kind's name to tell the many apart; their types do the rest
_DECODE = {name.encode()[:4]: msgspec.json.Decoder(WRITTEN[name]).decode for name in MANY}


def decode(line: bytes) -> Any:
    """One of the many rows, which is whole; None for any other line."""
    known = _DECODE.get(line[_TOLD])
    if known is None:
        return None
    try:
        return known(line)
    except ValueError:  # msgspec's DecodeError is one, and so is UnicodeDecodeError, which it raises for a broken text
        return None


def misfit(row: Any, kind: str, *, written: bool = True) -> Misfit | None:
    """What is wrong with a row of a kind; None where it fits, or where the kind is not known.

    ``written``: it must have its number and time.
    """
    shape = (WRITTEN if written else _HEARD).get(kind)
    if shape is None:
        return None
    try:
        msgspec.convert(row, shape)
    except msgspec.ValidationError as error:
        return _told(str(error), row, shape)
    return None


def _told(message: str, row: Mapping[str, Any], shape: Any) -> Misfit:
    """msgspec's message in parts."""
    where, missing = _WHERE.search(message), _MISSING.search(message)
    path = ".".join(filter(None, (where and where[1], missing and missing[1])))
    value = row.get(path, row)
    if path in shape.__annotations__:
        other = value is row or "got `" in message or (isinstance(value, float) and not math.isfinite(value))
        return Misfit(path, "nothing" if value is row else f"{value!r:.60}", _words(shape, path), other)
    return Misfit(path, message.removesuffix(where[0] if where else ""), "", False)


def _words(shape: Any, field: str) -> str:
    """A field's type in words."""
    hint = typing.get_type_hints(shape)[field]
    text = hint.__name__ if isinstance(hint, type) and not typing.get_args(hint) else str(hint)
    return re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", text).replace("None", "null").replace("|", "or")
