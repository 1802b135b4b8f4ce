"""Container logs in the container runtime's format (``TIME stdout F line``), rotated, followed without polling."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autoscale.base.times import parse_time

_PARTIAL_BYTES = 16 * 1024
"""A longer line is written in parts (tag P), as container runtimes do."""
_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class Selection:
    """Which lines to read and how: ``since`` in seconds since the epoch, ``tail`` the last so many lines."""

    follow: bool = False
    tail: int | None = None
    since: float | None = None
    timestamps: bool = False


class ContainerLog:
    """The log of one run of a container. One writer (the kubelet), any number of followers."""

    def __init__(self, path: Path, max_bytes: int, max_files: int) -> None:
        self.path = path
        self._max_bytes, self._max_files = max_bytes, max_files
        self._rest = b""
        self._changed = asyncio.Event()
        self.closed = False
        self.rotations = self.lost = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        self._size = self._file.tell()

    def write(self, data: bytes, now: float) -> None:
        """Add what came from the pipe; an unfinished line waits for its end."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        stamp = _stamp(now)
        out = [stamp + b" stdout F " + line + b"\n" for line in lines]
        while len(self._rest) >= _PARTIAL_BYTES:
            out.append(stamp + b" stdout P " + self._rest[:_PARTIAL_BYTES] + b"\n")
            self._rest = self._rest[_PARTIAL_BYTES:]
        if out:
            self._append(b"".join(out))

    def close(self, now: float) -> None:
        """The container has ended: write the unfinished line and let followers go."""
        if not self.closed:
            if self._rest:
                self._append(_stamp(now) + b" stdout F " + self._rest + b"\n")
            self.closed = True
            self._file.close()
            self._wake()

    def _append(self, data: bytes) -> None:
        """A full disk loses lines (``lost`` counts the writes); the container runs on, as with a real runtime."""
        try:
            if self._size and self._size + len(data) > self._max_bytes:
                self._rotate()
            self._file.write(data)
        except OSError:
            self.lost += 1
        else:
            self._size += len(data)
        self._wake()

    def _rotate(self) -> None:
        """``log`` becomes ``log.1``, that ``log.2``, ...; the oldest goes."""
        self._file.close()
        for number in range(self._max_files - 1, 0, -1):
            older = self.path if number == 1 else Path(f"{self.path}.{number - 1}")
            if older.exists():
                older.rename(f"{self.path}.{number}")
        self._file = self.path.open("wb", buffering=0)
        self._size = 0
        self.rotations += 1

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def says_last(self, texts: tuple[bytes, ...]) -> bool:
        """Whether its last lines hold one of the texts (in small letters)."""
        with contextlib.suppress(OSError):
            end = self.path.read_bytes()[-_PARTIAL_BYTES:].lower()
            return any(text in end for text in texts)
        return False

    def files(self) -> list[Path]:
        """Oldest first."""
        rotated = (Path(f"{self.path}.{number}") for number in range(self._max_files - 1, 0, -1))
        return [path for path in (*rotated, self.path) if path.exists()]

    async def read(self, selection: Selection) -> AsyncIterator[bytes]:
        """Whole lines in chunks; with ``follow`` until the container ends."""
        reader = _Reader(self)
        try:
            first = reader.available()
            if selection.tail is not None:
                first = _last(first, selection.tail)
            for chunk in _shown(first, selection):
                yield chunk
            while selection.follow:
                changed, closed = self._changed, self.closed
                for chunk in _shown(reader.available(), selection):
                    yield chunk
                if closed:
                    return
                if changed is self._changed:
                    await changed.wait()
        finally:
            reader.close()


class _Reader:
    """Reads on from where it was, through rotations (an open file stays readable when renamed)."""

    def __init__(self, log: ContainerLog) -> None:
        self._log = log
        self._rotations = log.rotations
        self._files = [path.open("rb") for path in log.files()]

    def available(self) -> Iterator[bytes]:
        """The lines that are there now; only whole ones are ever written."""
        missed = self._log.rotations - self._rotations
        if missed:
            self._files += [path.open("rb") for path in self._log.files()[-missed:]]
            self._rotations = self._log.rotations
        while self._files:
            yield from self._files[0]
            if len(self._files) == 1:
                return
            self._files.pop(0).close()

    def close(self) -> None:
        for file in self._files:
            file.close()


def _stamp(now: float) -> bytes:
    seconds, nanos = divmod(int(now * 1e9), 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanos:09d}Z".encode()


def _last(lines: Iterator[bytes], count: int) -> Iterator[bytes]:
    kept: list[bytes] = []
    for line in lines:
        kept.append(line)
        if len(kept) > 2 * count + 1000:
            del kept[: len(kept) - count]
    return iter(kept[len(kept) - min(count, len(kept)) :])


def _shown(lines: Iterator[bytes], selection: Selection) -> Iterator[bytes]:
    """The lines as ``kubectl logs`` shows them, joined to chunks."""
    chunk: list[bytes] = []
    size = 0
    for line in lines:
        stamp, _, rest = line.partition(b" ")
        if selection.since is not None and parse_time(stamp.decode()) < selection.since:
            continue
        text = rest[9:] if rest.startswith(b"stdout F ") else rest[9:-1]
        chunk.append(stamp + b" " + text if selection.timestamps else text)
        size += len(text)
        if size >= _CHUNK_BYTES:
            yield b"".join(chunk)
            chunk, size = [], 0
    if chunk:
        yield b"".join(chunk)


def drain(descriptor: int) -> tuple[bytes, bool]:
    """What a non-blocking pipe holds (at most one chunk), and whether its writers are gone."""
    try:
        data = os.read(descriptor, _CHUNK_BYTES)
    except BlockingIOError:
        return b"", False
    except OSError:
        return b"", True
    return data, not data
