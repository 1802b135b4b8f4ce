"""Standard output whose reader may go away."""

import contextlib
import io
import os
from collections.abc import Callable
from typing import TextIO


class Outlet(io.TextIOBase):
    """Standard output that may go away in mid-run: the reader of a pipe has ended, the terminal was closed.

    What is said then goes nowhere and fails nobody, and ``gone()`` is called once.
    """

    def __init__(self, file: TextIO) -> None:
        super().__init__()
        self._file = file
        self._here = True
        self.gone: Callable[[], object] = lambda: None

    def write(self, text: str) -> int:
        """Write, where there is still somebody."""
        self._try(lambda: self._file.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush, where there is still somebody."""
        self._try(self._file.flush)

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._file.isatty()

    def _try(self, act: Callable[[], object]) -> None:
        if not self._here:
            return
        try:
            act()
        except OSError:
            self._here = False
            discard(self._file)
            self.gone()


def discard(file: TextIO) -> None:
    """Let a file that nobody reads any more lead nowhere: Python flushes it once more at its end."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, file.fileno())
        os.close(nowhere)
