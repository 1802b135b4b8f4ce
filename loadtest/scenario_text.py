"""A scenario's file as plain data, and options that change it."""

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from loadtest import mistakes
from loadtest.errors import Problem, ScenarioError
from loadtest.strays import of_file
from loadtest.yamltext import MOST_LEVELS, Loader, fault, text_of

MOST_CHARACTERS = 2 * 2**20
"""Of a scenario's file: what travels of it is a sixteenth of that at most."""
_WANTED = "keys with values, beginning with `name:`"


def read(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file; ScenarioError with line and column where it is none."""
    try:
        data = yaml.load(text_of(path, MOST_CHARACTERS), Loader)
    except (OSError, UnicodeDecodeError) as error:
        _refuse_stray(path)
        why = error.strerror if isinstance(error, OSError) else error
        raise ScenarioError(f"Cannot read {path}: {why}") from None
    except yaml.YAMLError as error:
        _refuse_stray(path)
        line, found = fault(error)
        where = f"{path.name}: {line}" if line else path.name
        raise ScenarioError(f"{path.name} is not YAML.", [Problem(where, found, "valid YAML")]) from None
    if not isinstance(data, dict) or "load" not in data:
        _refuse_stray(path)
    if not isinstance(data, dict):
        raise ScenarioError(f"{path.name} is not a scenario.", [Problem(path.name, mistakes.shown(data), _WANTED)])
    return data


def _refuse_stray(path: Path) -> None:
    """ScenarioError where a file seems to be something else that is known."""
    stray = of_file(path)
    if stray is not None and stray.what != "a scenario":
        raise ScenarioError(f"{path.name} is not a scenario.", [Problem(path.name, stray.what, _WANTED, stray.fix)])


def override(data: dict[str, Any], sets: Sequence[str]) -> dict[str, Any]:
    """A copy with ``path.to.field=value`` applied (list items by number: ``requests.0.path=/``; values are YAML)."""
    result = deepcopy(data)
    problems = [problem for text in sets if (problem := _set(result, text))]
    if problems:
        raise ScenarioError("An option --set is wrong.", problems)
    return result


def _set(data: dict[str, Any], text: str) -> Problem | None:
    path, equals, value_text = text.partition("=")
    if not equals or not path:
        return Problem(f"--set {text}", repr(text), "path.to.field=value")
    try:
        value = yaml.load(value_text, Loader)
    except yaml.YAMLError as error:
        return Problem(f"--set {path}", fault(error)[1], "a YAML value")
    place: Any = data
    *way, last = path.split(".")
    if len(way) > MOST_LEVELS:
        return Problem("--set", f"keys nested more than {MOST_LEVELS} levels deep", "a path of the scenario")
    try:
        for part in way:
            place = place[int(part)] if isinstance(place, list) else place.setdefault(part, {})
        if isinstance(place, list):
            place[int(last)] = value
        else:
            place[last] = value
    except (IndexError, ValueError):
        return Problem(f"--set {path}", "no such item of a list", "a number within it, counted from 0")
    except (TypeError, AttributeError):
        return Problem(f"--set {path}", "a path through a single value", "a path of keys, such as load.workers")
    return None
