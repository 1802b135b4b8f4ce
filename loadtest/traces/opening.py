"""Lines of a trace file, plain or gzip, one after the other: a log may be larger than the memory."""

import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from loadtest.errors import ScenarioError

LONGEST_LINE = 64 * 2**20  # an answer of a monitoring system is one line
HEAD = 200  # lines that are looked at: a container's log begins with what its program says when it starts
_CHUNK = 2**18


def lines(path: Path) -> Iterator[str]:
    """The lines without their ends; a gzip file that was cut off ends where it breaks. ScenarioError if unreadable."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            first = True
            for line in _split(_unpacked(raw) if packed else iter(lambda: raw.read(_CHUNK), b""), path):
                yield _text(line, first=first)
                first = False
    except OSError as error:
        raise ScenarioError(f"Cannot read the trace {path}: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise ScenarioError(f"Cannot read the trace {path}: not UTF-8 text.") from None
    except ValueError as error:  # a name that holds a NUL
        raise ScenarioError(f"Cannot read the trace {str(path)!r}: {error}.") from None


def _text(line: bytes, *, first: bool) -> str:
    """A line as text; a client's odd bytes in a log (a path, an agent) are no reason to lose its line."""
    binary = b"\0" in line
    return line.decode("utf-8-sig" if first else "utf-8", "strict" if binary else "backslashreplace")


def _unpacked(raw: BinaryIO) -> Iterator[bytes]:
    """What is in a gzip file, all its members, up to where it breaks."""
    member = zlib.decompressobj(wbits=31)
    pending = b""
    while chunk := pending or raw.read(_CHUNK):
        try:
            yield member.decompress(chunk, 4 * _CHUNK)
        except zlib.error:
            return
        pending = member.unconsumed_tail
        if member.eof:
            pending, member = member.unused_data, zlib.decompressobj(wbits=31)


def _split(chunks: Iterator[bytes], path: Path) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r")
        if len(rest) > LONGEST_LINE:
            raise ScenarioError(f"Cannot read the trace {path}: a line is longer than {LONGEST_LINE >> 20} MiB.")
    if rest:
        yield rest.removesuffix(b"\r")


def peek(every: Iterator[str], count: int = HEAD) -> tuple[list[str], Iterator[str]]:
    """The first lines that are not blank, and all lines again."""
    taken: list[str] = []
    found: list[str] = []
    for line in every:
        taken.append(line)
        if line.strip():
            found.append(line)
        if len(found) >= count or len(taken) >= 1000:
            break
    return found, chain(taken, every)
