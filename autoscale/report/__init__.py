"""The report of a run: a record in, HTML, Markdown, JSON, JUnit or text out."""

from contextlib import suppress
from pathlib import Path

from autoscale.base.errors import AutoscaleError
from autoscale.base.visible import visible
from autoscale.report import formats
from autoscale.report.gather import Account, gather

__all__ = ["Account", "formats", "gather", "render", "save", "write"]


def render(path: Path | str, form: str) -> str:
    """The report of a record (a file or a run's folder) in one of ``formats.names()``. InputError for a bad record."""
    return formats.render(gather(path), form)


def write(path: Path | str, form: str, out: Path) -> Account:
    """Make the report and write it to ``out``; returns what it says."""
    account = gather(path)
    save(formats.render(account, form), out)
    return account


def save(text: str, out: Path) -> None:
    """Write a report whole or not at all: a full disk leaves no half a page. A device or a pipe is written to."""
    part = out.parent / f"{out.name}.part"  # with_name does not take `.` and `/`, which have no name
    try:
        if out.is_char_device() or out.is_fifo():  # root could put a file in its place
            out.write_text(visible(text), encoding="utf-8")
            return
        part.write_text(visible(text), encoding="utf-8")
        part.replace(out)
    except OSError as error:
        with suppress(OSError):  # a name that cannot be written may be one that cannot be removed either
            part.unlink()
        raise AutoscaleError(f"cannot write {out}: {error.strerror}", fix="choose another place with --out") from error
