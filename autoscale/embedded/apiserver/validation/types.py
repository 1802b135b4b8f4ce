"""Whether an object has the shape of its type: unknown fields and values of the wrong type, each by its path."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from autoscale.base.times import stored_time
from autoscale.kube.kinds import Object
from autoscale.kube.quantities import parse_quantity
from autoscale.kube.schema import Field, Type, type_of


@dataclass
class Decoded:
    """An object without its unknown fields and nulls; the paths of the unknown; what has the wrong type."""

    obj: Object
    unknown: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def decode(obj: Object, type_name: str) -> Decoded:
    """Check an object against the type of that name. Where there is no such type all of it is taken."""
    found = Decoded(obj)
    type_ = type_of(type_name)
    if type_ is not None:
        found.obj = _structure(obj, type_, "", found)
    return found


def _structure(value: Any, type_: Type, path: str, found: Decoded) -> Any:
    if not isinstance(value, dict):
        found.wrong.append(f"{path or type_.name}: found {_word(value)}, wanted an object ({type_.name})")
        return value
    known = {}
    for name, held in value.items():
        at = f"{path}.{name}" if path else name
        if name not in type_.fields:
            found.unknown.append(at)
        elif held is not None or name in _NULLABLE:
            known[name] = held if held is None else _field(held, type_.fields[name], at, found)
    return known


# Written as null on purpose: the official client's models want the key of an Event without eventTime.
_NULLABLE = {"eventTime", "currentMetrics"}


def _field(value: Any, held: Field, path: str, found: Decoded) -> Any:
    if held.shape == "list":
        if not isinstance(value, list):
            found.wrong.append(f"{path}: found {_word(value)}, wanted a list of {held.type}")
            return value
        return [_one(one, held.type, f"{path}[{index}]", found) for index, one in enumerate(value)]
    if held.shape == "map":
        if not isinstance(value, dict):
            found.wrong.append(f"{path}: found {_word(value)}, wanted a map of {held.type}")
            return value
        return {name: _one(one, held.type, f"{path}.{name}", found) for name, one in value.items()}
    return _one(value, held.type, path, found)


def _one(value: Any, name: str, path: str, found: Decoded) -> Any:
    type_ = type_of(name)
    if type_ is not None and not (name == "SchemaOrBool" and isinstance(value, bool)):
        return _structure(value, type_, path, found)
    if not _fits(value, name):
        found.wrong.append(f"{path}: found {_word(value)}, wanted {_WANTED.get(name, name)}")
    elif name in _TIMES:
        return _TIMES[name](value)
    return value


_TIMES: dict[str, Callable[[str], str]] = {"Time": stored_time, "MicroTime": partial(stored_time, micro=True)}


_WANTED = {
    "string": "a string (quote it)",
    "int32": "a whole number of 32 bits",
    "int64": "a whole number of 64 bits",
    "boolean": "true or false",
    "Quantity": "a quantity (250m, 64Mi)",
    "IntOrString": "a whole number of 32 bits or a string",
    "Time": "a time (2026-01-31T12:00:00Z)",
    "MicroTime": "a time with six decimals (2026-01-31T12:00:00.000000Z)",
}


def _fits(value: Any, name: str) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    match name:
        case "string":
            return isinstance(value, str)
        case "int32":
            return whole and -(2**31) <= value < 2**31
        case "int64":
            return whole and -(2**63) <= value < 2**63
        case "number":
            return whole or isinstance(value, float)
        case "boolean":
            return isinstance(value, bool)
        case "IntOrString":
            return isinstance(value, str) or _fits(value, "int32")
        case "Quantity":
            return isinstance(value, str | int | float) and _parses(parse_quantity, value)
        case "Time" | "MicroTime":
            return isinstance(value, str) and _parses(_TIMES[name], value)
        case _:
            return True


def _parses(parse: Any, value: Any) -> bool:
    try:
        parse(value)
    except ValueError:
        return False
    return True


def _word(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python writes no number of more than 4,300 digits
        return "a number of very many digits"
    return text if len(text) <= 40 else f"{text[:37]}..."


def missing(obj: Object, type_name: str) -> Iterator[str]:
    """The paths of required fields that are not there."""
    type_ = type_of(type_name)
    if type_ is None:
        return
    # The schema calls every spec optional; but where the spec has to hold something, so does the object.
    spec = type_of(type_.fields["spec"].type) if "spec" in type_.fields else None
    if spec and spec.required and "spec" not in obj:
        yield "spec"
    yield from _missing(obj, type_, "")


def _missing(value: Object, type_: Type, path: str) -> Iterator[str]:
    prefix = f"{path}." if path else ""
    yield from (prefix + name for name in type_.required if name not in value)
    for name, held in value.items():
        inner = type_of(type_.fields[name].type) if name in type_.fields else None
        # What a status has to have is its writers' business; a client cannot set it.
        if inner is None or held is None or (name == "status" and not path):
            continue
        if type_.fields[name].shape == "one" and isinstance(held, dict):
            yield from _missing(held, inner, prefix + name)
        elif isinstance(held, list):
            for index, one in enumerate(held):
                yield from _missing(one, inner, f"{prefix}{name}[{index}]")
