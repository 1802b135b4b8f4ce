"""Records and results that come through a pipe: read once and kept, or refused in words; nothing hangs."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from autoscale.cli import main, piped
from tests.faults.matrix.g_records import FIXTURE, whole

COMMANDS = [
    ("report", "FILE"),
    ("judge", "FILE"),
    ("record", "verify", "FILE"),
    ("compare", "FILE", "--", "FILE"),
    ("whatif", "FILE", "--rate-factor", "2"),
    ("tune", "FILE"),
    ("import", "FILE", "--out", "never.jsonl"),
]


@pytest.fixture
def fifo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A named pipe, and little patience with it."""
    monkeypatch.setattr(piped, "PATIENCE_S", 0.1)
    monkeypatch.chdir(tmp_path)
    os.mkfifo(tmp_path / "fifo")
    return tmp_path / "fifo"


def ended(*words: str) -> int:
    """How a command ends."""
    with pytest.raises(SystemExit) as end:
        main(list(words))
    return int(end.value.code or 0)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_pipe_to_which_nobody_writes_is_refused(
    command: tuple[str, ...], fifo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command that reads files says so, and ends with 2."""
    assert ended(*(word.replace("FILE", str(fifo)) for word in command)) == 2
    assert "nobody writes" in capsys.readouterr().err


@pytest.mark.parametrize("data", [b"".join(whole()), FIXTURE.read_bytes()], ids=["plain", "packed"])
def test_a_record_through_a_pipe_is_judged_as_the_file_is(
    data: bytes, fifo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same verdict, plain or packed, and what was kept of it goes with the command."""
    kept = fifo.parent / "kept"
    kept.mkdir()
    monkeypatch.setattr(piped.tempfile, "tempdir", str(kept))
    monkeypatch.setattr(piped, "PATIENCE_S", 60)
    file = fifo.parent / ("record.jsonl.gz" if data.startswith(b"\x1f\x8b") else "record.jsonl")
    file.write_bytes(data)
    assert (code := ended("judge", str(file), "--json")) in (0, 5)
    told = capsys.readouterr().out.replace(str(file), "RUN")
    writer = threading.Thread(target=fifo.write_bytes, args=[data])
    writer.start()
    assert ended("judge", str(fifo), "--json") == code
    writer.join()
    said = capsys.readouterr().out
    assert said.split("\n")[2:] == told.split("\n")[2:]
    assert list(kept.iterdir()) == []


def test_what_a_shell_puts_in_the_place_of_a_file_is_read(tmp_path: Path) -> None:
    """Process substitution, and standard input from a file or a pipe, in both forms of a report's two readings."""
    (tmp_path / "record.jsonl").write_bytes(b"".join(whole()))
    for words in ("report <(cat record.jsonl)", "report /dev/stdin < record.jsonl", "report /dev/stdin"):
        line = f"cat record.jsonl | {sys.executable} -m autoscale {words}"
        done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), words
        assert "p95" in done.stdout


def test_what_is_neither_file_nor_pipe_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A device would never end."""
    assert ended("judge", "/dev/zero") == 2
    assert "neither a file nor a pipe" in capsys.readouterr().err
