"""The digest of a record: made over every line before its end, by the algorithm that its header names."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

NAME: Final = "sha256"
"""Of what is written: the quickest of hashlib's where the processor has instructions for it, as nearly all have, and
what everybody has a program for (``head -n -1 record.jsonl | sha256sum``)."""


class Digest(Protocol):
    """What hashlib makes."""

    def update(self, data: bytes, /) -> None:
        """Take further bytes."""

    def hexdigest(self) -> str:
        """Of all bytes so far."""


_MADE: Mapping[str | None, Callable[[], Digest]] = {
    NAME: hashlib.sha256,
    None: lambda: hashlib.blake2b(digest_size=16),  # of releases whose header named none
}


def new_digest(name: str | None = NAME) -> Digest:
    """An empty one; KeyError for a name that nobody knows."""
    return _MADE[name]()


def digest_of(header: Mapping[str, Any]) -> Digest | None:
    """An empty one of the header's kind; None for a kind that only a newer release knows: it cannot be checked."""
    name = header.get("digest")
    return new_digest(name) if name is None or name == NAME else None
