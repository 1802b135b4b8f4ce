"""The digest of a record: made over all that stands before it in the file, as its header says how."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

NAME: Final = "sha256/end"
"""Of what is written: SHA-256 of every byte before ``,"digest":`` of the end, which is so covered too (its reason says
whether a run was done). The quickest of hashlib's where the processor has instructions for it, as nearly all have, and
what everybody has a program for: ``sed '$s/,"digest":.*//' record.jsonl | head -c -1 | sha256sum``."""
_LINES: Final = "sha256"  # of the lines before the end alone
_FIELD: Final = b',"digest":"'


class Digest(Protocol):
    """What hashlib makes."""

    def update(self, data: bytes, /) -> None:
        """Take further bytes."""

    def hexdigest(self) -> str:
        """Of all bytes so far."""


_MADE: Mapping[str | None, Callable[[], Digest]] = {
    NAME: hashlib.sha256,
    _LINES: hashlib.sha256,
    None: lambda: hashlib.blake2b(digest_size=16),  # of releases whose header named none
}


def new_digest(name: str | None = NAME) -> Digest:
    """An empty one; KeyError for a name that nobody knows."""
    return _MADE[name]()


def digest_of(header: Mapping[str, Any]) -> Digest | None:
    """An empty one of the header's kind; None for a kind that only a newer release knows: it cannot be checked."""
    name = header.get("digest")
    return new_digest(name) if name is None or name in (NAME, _LINES) else None


def signed(line: bytes, digest: Digest) -> bytes:
    """The line of an end with the digest of all before it, its own beginning included."""
    body = line.rstrip().removesuffix(b"}")
    digest.update(body)
    return body + _FIELD + digest.hexdigest().encode() + b'"}\n'


def holds(line: bytes, header: Mapping[str, Any], said: object, digest: Digest) -> bool:
    """Whether an end says the digest of what was read before it."""
    if header.get("digest") != NAME:
        return said == digest.hexdigest()
    body = line[: line.rfind(_FIELD)]
    digest.update(body)
    return line.rstrip(b"\n") == body + _FIELD + digest.hexdigest().encode() + b'"}'
