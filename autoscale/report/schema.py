"""The JSON schema of the report's JSON form, made from the types that it is made of."""

import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from autoscale.analysis import SCHEMA
from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.results.jsonform import LEFT_OUT, names_of
from autoscale.findings.results import Finding
from autoscale.report.answers.answer import Answer
from autoscale.report.expected import Expected
from autoscale.verdict.results import Verdict

_PLAIN = {str: "string", bool: "boolean", int: "integer", type(None): "null"}
_ABOUT = ("scenario", "target", "context", "versions", "environment")


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of ``autoscale report --format json``."""
    definitions: dict[str, Any] = {}
    analysis = _object(Analysis, definitions, leave_out=LEFT_OUT)
    analysis["properties"] |= {"schema": {"const": SCHEMA}, **{name: {"type": "object"} for name in _ABOUT}}
    clock = {"type": "object", "properties": {"offset_s": {"type": "number"}, "error_s": {"type": "number"}}}
    analysis["properties"]["clocks"] = {"type": "object", "additionalProperties": clock}
    properties = {
        "schema": {"const": SCHEMA},
        "tool": {"type": "string"},
        "verdict": _of(Verdict, definitions),
        "in_short": {"type": "string"},
        "answers": {"type": "array", "items": _of(Answer, definitions)},
        "findings": {"type": "array", "items": _of(Finding, definitions)},
        "expected": _of(Expected | None, definitions),
        "analysis": analysis,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"The report of a run as JSON, schema {SCHEMA}",
        "description": "Times in seconds since the epoch, durations in seconds, null is unknown.",
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "$defs": definitions,
    }


def _of(annotation: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of one annotation; types of results become definitions."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in _PLAIN:
        return {"type": _PLAIN[annotation]}
    if annotation is float:
        return {"type": ["number", "null"]}  # what JSON has no number for is null
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_of(part, definitions) for part in arguments]}
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if origin is tuple and arguments[-1] is not Ellipsis:
        return {"type": "array", "prefixItems": [_of(part, definitions) for part in arguments]}
    if origin in (list, tuple, Sequence):
        return {"type": "array", "items": _of(arguments[0], definitions)}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": _of(arguments[1], definitions)}
    if isinstance(annotation, type) and names_of(annotation):
        if annotation.__name__ not in definitions:
            definitions[annotation.__name__] = {}  # a type that holds itself ends here
            definitions[annotation.__name__] = _object(annotation, definitions)
        return {"$ref": f"#/$defs/{annotation.__name__}"}
    return {}


def _object(kind: Any, definitions: dict[str, Any], leave_out: Sequence[str] = ()) -> dict[str, Any]:
    """The schema of a type of results, described by its docstring."""
    hints = typing.get_type_hints(kind)
    names = [name for name in names_of(kind) if name not in leave_out]
    return {
        "type": "object",
        "description": " ".join((kind.__doc__ or "").split()),
        "required": names,
        "properties": {name: _of(hints[name], definitions) for name in names},
    }
