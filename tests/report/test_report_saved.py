"""Where a report is written."""

import os
from pathlib import Path

from autoscale.report import save


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    """What is no file is not replaced by one; a file beside it is, whole."""
    pipe, file = tmp_path / "pipe", tmp_path / "file"
    os.mkfifo(pipe)
    file.write_text("an older and longer report")
    reader = os.open(pipe, os.O_RDWR)
    try:
        save("a report", pipe)
        assert (os.read(reader, 100), pipe.is_fifo()) == (b"a report", True)
    finally:
        os.close(reader)
    save("a report", file)
    assert file.read_text() == "a report"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "pipe"]
