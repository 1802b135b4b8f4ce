"""Faults in what is read: a command is given a file, in this process, and has to say the truth about it."""

import contextlib
import io
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from autoscale.cli import main
from tests.faults.fault import Met, Wanted


@dataclass(frozen=True)
class Given:
    """``make`` puts the file into a folder and returns its path, which stands for ``FILE`` in the command. ``right``
    is made and given to the same command afterwards: it has to end with ``right_code``."""

    name: str
    command: Sequence[str]
    make: Callable[[Path], Path | str]
    wanted: Wanted
    right: Callable[[Path], Path | str] | None = None
    right_code: int = 0
    quick: bool = True

    def meet(self, home: Path) -> Met:
        """Ask, look at what is there, and ask again with what is right."""
        for name in ("given", "right"):
            (home / name).mkdir()
        file = self.make(home / "given")
        there = sorted(path for path in home.rglob("*"))
        code, said = asked(self.command, file, home)
        met = Met(code, said, amiss=self.wanted.amiss(code, said))
        met.left = [str(path.relative_to(home)) for path in sorted(home.rglob("*")) if path not in there]
        if self.right:
            began = time.monotonic()
            code, said = asked(self.command, self.right(home / "right"), home)
            met.next_s = time.monotonic() - began
            met.amiss += [] if code == self.right_code else [f"what is right ends with {code}: {said[-200:]}"]
        return met


def asked(command: Sequence[str], file: Path | str, home: Path) -> tuple[int, str]:
    """How a command ends and what it prints; an error that nobody caught is 70 and its traceback."""
    words, out = [word.replace("FILE", str(file)) for word in command], io.StringIO()
    own = {"XDG_STATE_HOME": f"{home}/state", "XDG_CONFIG_HOME": f"{home}/config"}
    with patch.dict(os.environ, own), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            main(words)
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        except Exception as error:
            return 70, f"Traceback (most recent call last) {type(error).__name__}: {error}"
    return code, out.getvalue()


def text(name: str, content: str | bytes) -> Callable[[Path], Path]:
    """A file of that name and content."""

    def make(folder: Path) -> Path:
        data = content.encode(errors="surrogatepass") if isinstance(content, str) else content
        (folder / name).write_bytes(data)
        return folder / name

    return make
