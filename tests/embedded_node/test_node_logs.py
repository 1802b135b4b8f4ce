"""Container logs: format, selection, rotation, following."""

import asyncio
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from autoscale.embedded.kubelet.logs import ContainerLog, Selection

NOW = 1_800_000_000.0


def read(log: ContainerLog, selection: Selection = Selection()) -> bytes:  # noqa: B008
    """All that a reader gets."""

    async def collect() -> bytes:
        return b"".join([chunk async for chunk in log.read(selection)])

    return asyncio.run(collect())


def a_log(folder: Path, *writes: bytes, max_bytes: int = 10_000, max_files: int = 5) -> ContainerLog:
    """A finished log with one write a second."""
    log = ContainerLog(folder / "0.log", max_bytes, max_files)
    for second, data in enumerate(writes):
        log.write(data, NOW + second)
    log.close(NOW + len(writes))
    return log


def test_lines_are_stored_in_the_runtimes_format(tmp_path: Path) -> None:
    """Time in nanoseconds, stream, tag, line; pieces are joined to lines, the last one needs no end."""
    log = a_log(tmp_path, b"one\ntw", b"o\nthree")
    assert read(log) == b"one\ntwo\nthree\n"
    for line in log.path.read_bytes().splitlines():
        assert re.fullmatch(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z stdout F \w+", line)


def test_tail_since_and_timestamps(tmp_path: Path) -> None:
    """The last n lines, those from a time on, and each with its time."""
    log = a_log(tmp_path, b"a\n", b"b\n", b"c\n")
    assert read(log, Selection(tail=2)) == b"b\nc\n"
    assert read(log, Selection(tail=0)) == b""
    assert read(log, Selection(tail=99)) == b"a\nb\nc\n"
    assert read(log, Selection(since=NOW + 1)) == b"b\nc\n"
    assert read(log, Selection(tail=1, timestamps=True)).endswith(b"Z c\n")


@given(st.binary(max_size=60_000))
def test_what_is_written_is_read(data: bytes) -> None:
    """Any bytes come back, long lines too; only a missing last line end is added."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        log = a_log(Path(folder), data, max_bytes=10**9)
        assert read(log) == (data if not data or data.endswith(b"\n") else data + b"\n")


def test_rotation_bounds_the_log_and_keeps_the_newest(tmp_path: Path) -> None:
    """With 3 files of 1,000 bytes at most 3,000 bytes stay, and they are the last lines without a gap."""
    log = a_log(tmp_path, *(f"line {n}\n".encode() for n in range(500)), max_bytes=1000, max_files=3)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 3000
    numbers = [int(line.split()[1]) for line in read(log).splitlines()]
    assert numbers == list(range(numbers[0], 500))
    assert len(numbers) > 30


def test_a_follower_gets_every_line_once_through_rotations(tmp_path: Path) -> None:
    """What is written while it reads comes too, until the container ends."""
    log = ContainerLog(tmp_path / "0.log", 1000, 3)
    log.write(b"line 0\n", NOW)

    async def both() -> bytes:
        async def write() -> None:
            for number in range(1, 400):
                log.write(f"line {number}\n".encode(), NOW + number)
                if number % 7 == 0:
                    await asyncio.sleep(0)
            log.close(NOW)

        writer = asyncio.create_task(write())
        found = b"".join([chunk async for chunk in log.read(Selection(follow=True))])
        await writer
        return found

    assert asyncio.run(both()) == b"".join(f"line {n}\n".encode() for n in range(400))


def test_a_reader_that_does_not_follow_ends_at_once(tmp_path: Path) -> None:
    """The log of a running container is read as far as it is."""
    log = ContainerLog(tmp_path / "0.log", 1000, 3)
    log.write(b"so far\nunfinished", NOW)
    assert read(log) == b"so far\n"
    log.close(NOW)
