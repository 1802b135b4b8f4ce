"""Merge patch (RFC 7386) and JSON patch (RFC 6902). Pure: the target is never changed, the result is new."""

import copy
import json
from collections.abc import Sequence
from typing import Any

from autoscale.kube.statuses import StatusError, bad_request

MOST_OPERATIONS = 10_000
"""How many operations a JSON patch may have (upstream's ``maxJSONPatchOperations``)."""
MOST_COPIED = 3 * 1024 * 1024
"""How many bytes its copies may make (upstream's ``AccumulatedCopySizeLimit``): each may double the document."""


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386: objects merge, null removes, everything else replaces."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge_patch(result.get(name), value)
    return result


def json_patch(target: Any, operations: Any) -> Any:
    """RFC 6902. ``StatusError`` 400 for what is no patch, 422 for one that does not fit the target."""
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise bad_request("a JSON patch is a list of operations")
    if len(operations) > MOST_OPERATIONS:
        text = f"The allowed maximum operations in a JSON patch is {MOST_OPERATIONS}, got {len(operations)}"
        raise StatusError(413, "RequestEntityTooLarge", text)
    result, copied = copy.deepcopy(target), 0
    for one in operations:
        try:
            if one.get("op") == "copy":
                copied += len(json.dumps(_get(result, _pointer(one["from"]))))
                if copied > MOST_COPIED:
                    raise ValueError(f"copies of more than {MOST_COPIED} bytes")
            result = _operate(result, one)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            text = f"the server rejected our request due to an error in our request: {one}: {error}"
            raise StatusError(422, "Invalid", text) from error
    return result


def _operate(document: Any, one: dict[str, Any]) -> Any:
    path = _pointer(one["path"])
    match one["op"]:
        case "add":
            return _add(document, path, copy.deepcopy(one["value"]))
        case "remove":
            return _remove(document, path)
        case "replace":
            _get(document, path)
            return _set(document, path, copy.deepcopy(one["value"]))
        case "move":
            source = _pointer(one["from"])
            value = _get(document, source)
            return _add(_remove(document, source), path, value)
        case "copy":
            return _add(document, path, copy.deepcopy(_get(document, _pointer(one["from"]))))
        case "test":
            if _get(document, path) != one["value"]:
                raise ValueError(f"testing value {one['path']} failed")
            return document
        case other:
            raise ValueError(f"unknown operation {other!r}")


def _pointer(text: Any) -> list[str]:
    if not isinstance(text, str):
        raise ValueError(f"not a JSON pointer: {text!r}")
    if text and not text.startswith("/"):
        raise ValueError(f"not a JSON pointer: {text!r}")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _index(held: Sequence[Any], part: str, *, end: bool = False) -> int:
    if end and part == "-":
        return len(held)
    index = int(part)
    if not 0 <= index < len(held) + end:
        raise IndexError(f"index {part} is out of range")
    return index


def _get(document: Any, path: list[str]) -> Any:
    for part in path:
        document = document[_index(document, part)] if isinstance(document, list) else document[part]
    return document


def _set(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    held = _get(document, path[:-1])
    held[_index(held, path[-1]) if isinstance(held, list) else path[-1]] = value
    return document


def _add(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    held = _get(document, path[:-1])
    if isinstance(held, list):
        held.insert(_index(held, path[-1], end=True), value)
    else:
        held[path[-1]] = value
    return document


def _remove(document: Any, path: list[str]) -> Any:
    held = _get(document, path[:-1])
    del held[_index(held, path[-1]) if isinstance(held, list) else path[-1]]
    return document
