"""JSONPath as printer columns have it: ``.status.conditions[?(@.type=="Ready")].status``. Pure.

The part of k8s.io/client-go/util/jsonpath that columns use: fields, quoted fields, indexes, ``*`` and filters.
"""

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

_STEP = re.compile(
    r"""\.?\[\?\(\s*@(?P<left>[^=!<>\s)]*)\s*(?:(?P<operator>==|!=|<=|>=|<|>)\s*(?P<right>"[^"]*"|'[^']*'|[^)\s]+)\s*)?\)\]
    |\.?\['(?P<quoted>[^']*)'\]|\.?\["(?P<doubly>[^"]*)"\]
    |\.?\[(?P<index>-?\d+)\]|\.?\[(?P<all>\*)\]|\.(?P<each>\*)
    |\.(?P<name>(?:\\.|[^.\[\]\\])+)""",
    re.VERBOSE,
)
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}

Step = Callable[[Any], Iterator[Any]]
"""A value -> the values one step further."""


def first(value: Any, path: str) -> Any:
    """What a path leads to, the first of many; None where it leads nowhere. ValueError for what is no path."""
    found = [value]
    for step in steps(path):
        found = [inner for one in found for inner in step(one)]
    return found[0] if found else None


@lru_cache(maxsize=256)  # the same few columns are asked for with every list
def steps(path: str) -> tuple[Step, ...]:
    """A path's steps; ValueError for what is no path."""
    text, at, made = path.strip().removeprefix("{").removesuffix("}").removeprefix("$"), 0, []
    if text in ("", "."):
        return ()
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            raise ValueError(f"{path!r} is no JSONPath at {text[at:]!r}")
        made.append(_step(found))
        at = found.end()
    return tuple(made)


def _step(found: re.Match[str]) -> Step:
    if found["index"] is not None:
        return lambda value: _at(value, int(found["index"]))
    if found["all"] or found["each"]:
        return _each
    if found["left"] is not None:
        return _filter(found["left"], found["operator"], found["right"])
    name = found["quoted"] or found["doubly"] or re.sub(r"\\(.)", r"\1", found["name"] or "")
    return lambda value: iter([value[name]] if isinstance(value, dict) and name in value else [])


def _at(value: Any, index: int) -> Iterator[Any]:
    if isinstance(value, list) and -len(value) <= index < len(value):
        yield value[index]


def _each(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _filter(left: str, word: str | None, right: str | None) -> Step:
    wanted = _literal(right) if right is not None else None

    def fits(one: Any) -> bool:
        held = first(one, left)
        if word is None:
            return held is not None
        return type(held) is type(wanted) and _OPERATORS[word](held, wanted)

    return lambda value: (one for one in _each(value) if fits(one))


def _literal(text: str) -> Any:
    if text[0] in "\"'":
        return text[1:-1]
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(f"{text!r} is no value in a JSONPath filter") from None
