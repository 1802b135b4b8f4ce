"""Files that commands are given, a pipe among them: what comes through one is kept, as it can be read only once."""

import os
import select
import stat
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from autoscale.base.errors import InputError

PATIENCE_S = 5.0
"""How long somebody may take to begin to write to a pipe."""

_CHUNK = 2**18
_LARGEST = 4 * 2**30  # bytes


class File(click.Path):
    """A path as click has it. Of a pipe (``<(zcat record)``, ``/dev/stdin``, a FIFO) that of a file with what came
    through it, which goes with the command. InputError where nobody writes, or it is no file at all."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path of something that can be read again and again."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError):
            return path  # the reader says what is wrong with it
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            return path
        if not stat.S_ISFIFO(mode) or ctx is None:
            raise InputError(f"{path} is neither a file nor a pipe", fix="save it to a file, and give that")
        folder = tempfile.TemporaryDirectory(prefix="autoscale-")
        try:
            kept = _kept(path, Path(folder.name))
        except BaseException:
            folder.cleanup()  # a command that does not begin has no end
            raise
        ctx.call_on_close(folder.cleanup)
        return kept


def _kept(path: Path, folder: Path) -> Path:
    """A file with all that comes through a pipe, named so that what is packed is known to be."""
    try:
        pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            first = _first(pipe, path)
            kept = folder / ("piped.gz" if first.startswith(b"\x1f\x8b") else "piped")
            with kept.open("wb") as file:
                file.write(first)
                while chunk := os.read(pipe, _CHUNK):
                    if file.tell() + file.write(chunk) > _LARGEST:
                        raise InputError(f"more than {_LARGEST >> 30} GiB came through {path}", fix="save it to a file")
        finally:
            os.close(pipe)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    return kept


def _first(pipe: int, path: Path) -> bytes:
    """What is first written to a pipe, from where on it is waited for as of any pipe."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            if first := os.read(pipe, _CHUNK):
                os.set_blocking(pipe, True)
                return first
        except BlockingIOError:  # somebody has it open, and takes time
            select.select([pipe], [], [])
            end = time.monotonic()
            continue
        if time.monotonic() >= end:
            raise InputError(f"{path} is a pipe to which nobody writes", fix="give a file, or `<(zcat FILE)` in bash")
        time.sleep(0.05)
