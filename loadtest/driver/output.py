"""Rows on the standard output, one JSON object a line; messages on the standard error."""

import io
import json
import sys
from collections.abc import Iterable
from typing import TextIO

from loadtest.lines import Line


def write(rows: Iterable[Line]) -> None:
    """Write rows and flush them: whoever follows the log sees them at once."""
    assert sys.__stdout__ is not None
    lines = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
    sys.__stdout__.write(lines)
    sys.__stdout__.flush()


def say(text: str) -> None:
    """A message for a person."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def keep_apart() -> None:
    """From now on what other code prints goes where messages go, and in whole lines: a log may hold both, and the next
    row must begin a line."""
    assert sys.__stderr__ is not None
    sys.stdout = sys.stderr = WholeLines(sys.__stderr__)


class WholeLines(io.TextIOBase):
    """Writes to another stream, line by line; what has no end yet is held back."""

    def __init__(self, to: TextIO) -> None:
        self._to = to
        self._rest = ""

    def write(self, text: str) -> int:
        """Take a text; pass on the lines that it ends."""
        *whole, self._rest = (self._rest + text).split("\n")
        if whole:
            self._to.write("\n".join(whole) + "\n")
            self._to.flush()
        return len(text)

    def writable(self) -> bool:
        """Always."""
        return True

    def fileno(self) -> int:
        """Of the other stream."""
        return self._to.fileno()
