"""pydantic's errors in the project's form, with a suggestion for a misspelt key."""

import json
import re
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from loadtest.errors import Problem, did_you_mean
from loadtest.models import NAME
from loadtest.shapes import SHAPES

_WANTED = {
    "string_type": "text",
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
    "finite_number": "a finite number",
    "too_short": "at least one item",
    "string_pattern_mismatch": "text of the form shown in docs/scenarios.md",
}
# What is sent or given to pods: a token as likely as not.
_PRIVATE = {"headers", "body", "env", "patch"}
_KINDS = {str: "text", list: "a list", dict: "keys with values", bool: "true or false", int | float: "a number"}
_ARTICLES = {
    "greater_than": "more than",
    "greater_than_equal": "at least",
    "less_than": "less than",
    "less_than_equal": "at most",
}


def problems(error: ValidationError, model: type[BaseModel], source: str) -> list[Problem]:
    """Every mistake pydantic found, as ``source: path.to.field``."""
    return [_problem(dict(item), model, source) for item in error.errors(include_url=False)]


def _problem(item: dict[str, Any], model: type[BaseModel], source: str) -> Problem:
    location = tuple(part for part in item["loc"] if part != "[key]")
    kind = item["type"]
    where = f"{source}: {dotted(location)}" if location else source
    if kind == "extra_forbidden":
        return Problem(where, "an unknown key", fix=did_you_mean(str(location[-1]), keys_at(model, location[:-1])))
    if kind == "missing":
        return Problem(where, "nothing", "a value", f"Add `{location[-1]}`.")
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return _tag_problem(item, where)
    return Problem(where, _told(item["input"], location), _wanted(item))


def _told(value: object, location: tuple[int | str, ...]) -> str:
    """What stood there; but errors are printed, also in CI: of what may be a secret its kind alone."""
    if not _PRIVATE.isdisjoint(location):
        return next((words for kind, words in _KINDS.items() if isinstance(value, kind)), "another value")
    if isinstance(value, str) and location and location[-1] in ("url", "path"):
        user, at, address = value.rpartition("@")
        return shown(("..." if user else "") + at + re.sub(r"[?#].*", "?...", address, flags=re.DOTALL))
    return shown(value)


def _tag_problem(item: dict[str, Any], where: str) -> Problem:
    tag = item["ctx"].get("tag")
    names = list(SHAPES)
    fix = did_you_mean(tag, names) if tag else f"Known: {', '.join(names)}."
    return Problem(f"{where}.kind", shown(tag) if tag else "nothing", "the name of a shape", fix)


def _wanted(item: dict[str, Any]) -> str:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "string_pattern_mismatch" and context["pattern"] == NAME:
        return "lower-case letters, digits and hyphens"
    if kind in _WANTED:
        return _WANTED[kind]
    if kind in _ARTICLES:
        return f"{_ARTICLES[kind]} {next(iter(context.values())):g}"
    if kind == "literal_error":
        return f"one of {context['expected']}"
    if kind == "value_error":
        return str(context["error"])
    return str(item["msg"])[:1].lower() + str(item["msg"])[1:]


def shown(value: object) -> str:
    """A value as it stood in the file, cut where it is long."""
    try:
        text = json.dumps(value, default=str, ensure_ascii=False)
    except (TypeError, ValueError):  # a date as a key, a list within itself, a number of thousands of digits
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."


def dotted(location: tuple[int | str, ...]) -> str:
    """``("requests", 0, "path")`` -> ``requests[0].path``; shape names that pydantic puts in are left out."""
    text = ""
    for before, part in zip((None, *location), location, strict=False):
        if before == "shape" and part in ("constant", "step", "ramp", "spike", "staircase", "sine"):
            continue
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def keys_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys a scenario may have at a place."""
    candidates = [model]
    for part in location:
        found = [kind for candidate in candidates for kind in _below(candidate, part)]
        candidates = found or candidates  # an index, or the name of a shape: the same models, fewer of them
    return [field.alias or name for kind in candidates for name, field in kind.model_fields.items()]


def _below(model: type[BaseModel], part: int | str) -> list[type[BaseModel]]:
    if isinstance(part, str) and model.__name__.lower() == part:
        return [model]
    named = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
    return _models(named.get(str(part)))


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _models(part)]
