"""What the published .proto files say of each message and each field, as descriptions of the API's types.

The files hold the comments of the Go types, which Kubernetes makes the descriptions of its OpenAPI documents from
(fmtRawDoc of k8s.io/apimachinery: markers, TODOs and what follows a line of dashes stay out).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from pathlib import Path

PROTOS = Path(__file__).parent / "proto"
_PACKAGE = re.compile(r"package ([\w.]+);")
_MESSAGE = re.compile(r"message (\w+) \{")
_FIELD = re.compile(r"(?:optional|repeated|map<\w+,) ?\.?([\w.]+)>? (\w+) = \d+;")


@dataclass(frozen=True)
class Message:
    """One message: ``text`` describes it; by its name each field's type (its last name alone) and description."""

    text: str
    fields: dict[str, tuple[str, str]] = field(default_factory=dict)


def described(lines: Iterable[str]) -> str:
    """A comment's lines as one description: a paragraph is a line, what is indented stands in lines of its own."""
    text = ""
    for line in lines:
        if line.strip() == "---":
            break
        if not line.strip():
            text = text.rstrip() + "\n\n"
        elif line.startswith(("  ", "\t")):
            text = f"{text.removesuffix(' ')}\n{line}\n"
        elif not line.lstrip().startswith(("+", "TODO")):
            text += line + " "
    return text.strip()


def messages(lines: Iterable[str]) -> Iterator[tuple[str, Message]]:
    """Every message of a .proto file by its full name."""
    package, message, comment = "", Message(""), list[str]()
    for raw in lines:
        line = raw.strip()
        if line.startswith("//"):
            comment.append(line.removeprefix("//").removeprefix(" "))
            continue
        if found := _PACKAGE.match(line):
            package = found[1]
        elif found := _MESSAGE.match(line):
            message = Message(described(comment))
            yield f"{package}.{found[1]}", message
        elif found := _FIELD.match(line):
            message.fields[found[2]] = (found[1].rpartition(".")[2], described(comment))
        comment = []


@cache
def published() -> Mapping[str, tuple[tuple[str, Message], ...]]:
    """Every message of all published files with its full name, by its short one; read when first asked for."""
    found = defaultdict[str, list[tuple[str, Message]]](list)
    for path in sorted(PROTOS.rglob("*.proto")):
        for full, message in messages(path.read_text(encoding="utf-8").splitlines()):
            found[full.rpartition(".")[2]].append((full, message))
    return {short: tuple(all_of_it) for short, all_of_it in found.items()}


def message_of(name: str, fields: Iterable[str] = ()) -> Message | None:
    """The message of a type, by its short name or as ``autoscaling.v1.Scale``; None where there is none. Of several of
    one name it is the one that has most of the ``fields``, and of these a stable and the latest one."""
    wanted = set(fields)
    candidates = [
        (len(wanted & message.fields.keys()), "alpha" not in full, full, message)
        for full, message in published().get(name.rpartition(".")[2], ())
        if f".{full}".endswith(f".{name}")
    ]
    return max(candidates, key=itemgetter(0, 1, 2))[3] if candidates else None


def field_text(message: Message, name: str, fields: Iterable[str]) -> str:
    """The description of a field, "" where none is published. ``fields``: all that JSON has beside it; a message in a
    field that JSON does not have is inline there, as TypeMeta is in every object."""
    if name in message.fields:
        return message.fields[name][1]
    beside = set(fields)
    inline = [message_of(type_) for own, (type_, _) in message.fields.items() if own not in beside]
    found = (
        field_text(one, name, beside) for one in (*inline, message_of("meta.v1.TypeMeta")) if one and one is not message
    )
    return next((text for text in found if text), "")
