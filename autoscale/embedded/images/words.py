"""A Dockerfile's words: its instructions with continuation lines joined, and variables in them. Pure.

Source: https://docs.docker.com/reference/dockerfile/ (format, environment replacement).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(\S+)\s*")
_VARIABLE = re.compile(r"(\\\$)|\$(?:\{(\w+)(?::([-+])([^}]*))?\}|(\w+))")


@dataclass(frozen=True)
class Instruction:
    """One instruction: the line it begins in, its name in capitals, and all that follows."""

    line: int
    name: str
    text: str


def instructions(text: str) -> Iterator[Instruction]:
    """The instructions in order. Comments and empty lines go, inside of continued instructions too."""
    escape, begun, parts = _escape(text), 0, list[str]()
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        begun = begun or number
        more = stripped.endswith(escape)
        parts.append(stripped.removesuffix(escape).strip() if more else stripped)
        if not more:
            yield _instruction(begun, " ".join(parts))
            begun, parts = 0, []
    if parts:
        yield _instruction(begun, " ".join(parts))


def _escape(text: str) -> str:
    """The escape character: a backslash, or what a directive in the first lines says."""
    for line in text.splitlines():
        directive = _DIRECTIVE.fullmatch(line.strip())
        if directive is None:
            break
        if directive[1].lower() == "escape":
            return directive[2]
    return "\\"


def _instruction(line: int, text: str) -> Instruction:
    name, _, rest = text.partition(" ")
    return Instruction(line, name.upper(), rest.strip())


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replace ``$NAME``, ``${NAME}``, ``${NAME:-else}`` and ``${NAME:+then}``; ``\\$`` is a dollar sign."""

    def replaced(match: re.Match[str]) -> str:
        if match[1]:
            return "$"
        value = values.get(match[2] or match[5], "")
        if match[3] == "-":
            return value or match[4]
        return match[4] if match[3] == "+" and value else "" if match[3] == "+" else value

    return _VARIABLE.sub(replaced, text)


def exec_form(text: str) -> tuple[str, ...] | None:
    """The words of ``["a", "b"]``; None where it is not a JSON list of strings (then it is a shell's line)."""
    try:
        words = json.loads(text)
    except ValueError:
        return None
    return tuple(words) if isinstance(words, list) and all(isinstance(word, str) for word in words) else None
