"""What a record shows, once collected and once analysed: the input of everything here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoscale.analysis import Analysis, analyse
from autoscale.analysis.intake.collect import collect
from autoscale.analysis.intake.collected import Collected
from autoscale.record.reader import locate, read


@dataclass(frozen=True)
class Evidence:
    """One recorded run. ``source``: the file it was read from."""

    source: Path
    kept: Collected
    run: Analysis

    @property
    def scenario(self) -> Mapping[str, Any]:
        """The header's scenario."""
        found: Mapping[str, Any] = self.kept.header["scenario"]
        return found

    def objects(self, kind: str) -> list[Mapping[str, Any]]:
        """The applied manifests of a kind."""
        return [obj for obj in self.kept.header["objects"] if obj.get("kind") == kind]


def gather(path: Path | str) -> Evidence:
    """Read a record (a file or a run's folder). Raises InputError for what is no record."""
    source = locate(path)
    return of_rows(list(read(source)), source)


def of_rows(rows: Iterable[Mapping[str, Any]], source: Path = Path("record.jsonl")) -> Evidence:
    """The same from rows, header first."""
    listed = list(rows)
    return Evidence(source, collect(listed), analyse(listed))
