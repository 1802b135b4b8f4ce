"""Files of other tools: plain or gzip, whole or cut off."""

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from autoscale.base.errors import InputError

_CHUNK = 2**18
_LONGEST_LINE = 16 * 2**20
_LARGEST = 512 * 2**20  # bytes of a document that is read whole


class Lines:
    """The lines of a file, with their ends, one after the other; ``cut``: why the end is missing ("" if it is not)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cut = ""

    def __iter__(self) -> Iterator[str]:
        try:
            with self.path.open("rb") as raw:
                packed = raw.read(2) == b"\x1f\x8b"
                raw.seek(0)
                yield from self._split(self._unpacked(raw) if packed else iter(lambda: raw.read(_CHUNK), b""))
        except OSError as error:
            raise InputError(f"cannot read {self.path}: {error.strerror or error}") from None

    def _unpacked(self, raw: BinaryIO) -> Iterator[bytes]:
        member, pending = zlib.decompressobj(wbits=31), b""
        while chunk := pending or raw.read(_CHUNK):
            try:
                yield member.decompress(chunk, 4 * _CHUNK)
            except zlib.error as error:
                self.cut = f"the gzip file breaks off or is damaged ({error})"
                return
            pending = member.unconsumed_tail
            if member.eof:
                pending, member = member.unused_data, zlib.decompressobj(wbits=31)
                if not pending and not (pending := raw.read(_CHUNK)):
                    return
        self.cut = "the gzip file breaks off"

    def _split(self, chunks: Iterator[bytes]) -> Iterator[str]:
        rest = b""
        for chunk in chunks:
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", errors="replace") + "\n"
            if len(rest) > _LONGEST_LINE:
                raise InputError(f"{self.path} has a line of more than {_LONGEST_LINE >> 20} MiB")
        if rest:
            yield rest.decode("utf-8", errors="replace")


def head(path: Path, size: int = 8192) -> str:
    """The beginning of a file."""
    text = ""
    try:
        for line in Lines(path):
            text += line[: size - len(text)]
            if len(text) >= size:
                break
    except InputError as error:
        if "a line of more" not in error.what:
            raise
    return text.removeprefix("\ufeff")


def document(path: Path) -> Any:
    """A file that is one JSON document; InputError where it is none."""
    parts, size = [], 0
    lines = _Whole(path)
    for part in lines.pieces():
        size += len(part)
        if size > _LARGEST:
            raise InputError(
                f"{path} is larger than {_LARGEST >> 20} MiB", fix="ask for less: a shorter span or a longer step"
            )
        parts.append(part)
    try:
        return json.loads(b"".join(parts).decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError) as error:
        what = f"{path} is no JSON: {str(error)[:120]}"
        raise InputError(
            what, fix="one document cannot be read in part: save the answer again" if lines.cut else ""
        ) from None


class _Whole(Lines):
    """A file in pieces that are no lines."""

    def pieces(self) -> Iterator[bytes]:
        try:
            with self.path.open("rb") as raw:
                packed = raw.read(2) == b"\x1f\x8b"
                raw.seek(0)
                yield from self._unpacked(raw) if packed else iter(lambda: raw.read(_CHUNK), b"")
        except OSError as error:
            raise InputError(f"cannot read {self.path}: {error.strerror or error}") from None
