"""The report of a run: a record in, HTML, Markdown, JSON, JUnit or text out."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from autoscale.base.errors import AutoscaleError
from autoscale.report.gather import Account, gather
from autoscale.report.html import to_html
from autoscale.report.jsonform import to_json
from autoscale.report.junit import to_junit
from autoscale.report.markdown import to_markdown
from autoscale.report.text import to_text

FORMATS: dict[str, Callable[[Account], str]] = {
    "html": to_html,
    "text": to_text,
    "json": to_json,
    "markdown": to_markdown,
    "junit": to_junit,
}

__all__ = ["FORMATS", "Account", "gather", "render", "write"]


def render(path: Path | str, form: str) -> str:
    """The report of a record (a file or a run's folder) in one of FORMATS. Raises InputError for a bad record."""
    return FORMATS[form](gather(path))


def write(path: Path | str, form: str, out: Path) -> Account:
    """Make the report and write it to ``out``; returns what it says."""
    account = gather(path)
    save(FORMATS[form](account), out)
    return account


def save(text: str, out: Path) -> None:
    """Write a report whole or not at all: a full disk leaves no half a page."""
    part = out.parent / f"{out.name}.part"  # with_name does not take `.` and `/`, which have no name
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(out)
    except OSError as error:
        with suppress(OSError):  # a name that cannot be written may be one that cannot be removed either
            part.unlink()
        raise AutoscaleError(f"cannot write {out}: {error.strerror}", fix="choose another place with --out") from error
