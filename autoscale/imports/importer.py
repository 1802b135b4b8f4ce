"""What every importer takes and gives. An importer is one module of ``autoscale.imports.tools`` with ``IMPORTER``."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoscale.imports.building import Imported

__all__ = ["Imported", "Importer", "first_line", "names_in"]


@dataclass(frozen=True)
class Importer:
    """One form of one tool's results. ``tool``: its name for ``--from``; ``form``: what it is, in words."""

    tool: str
    form: str
    recognises: Callable[[str], bool]
    read: Callable[[Sequence[Path], str | None], Imported]


def first_line(head: str) -> str:
    """The first line of a file's beginning."""
    return next(iter(head.lstrip("\ufeff \t\r\n").splitlines()), "")


def names_in(line: str, names: Iterable[str]) -> bool:
    """Whether a heading has all of these columns."""
    columns = {column.strip().strip('"') for column in line.replace(";", ",").replace("\t", ",").split(",")}
    return all(name in columns for name in names)
