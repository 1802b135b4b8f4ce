"""From a record to everything a report says: one pass, then the verdict, the findings and the short answers."""

from dataclasses import dataclass
from pathlib import Path

from autoscale.analysis import analyse
from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.services import rows_of, services
from autoscale.findings import find
from autoscale.findings.results import Finding
from autoscale.record.reader import locate, read
from autoscale.report.expected import Expected
from autoscale.verdict.judging import judge
from autoscale.verdict.results import Verdict


@dataclass(frozen=True)
class Account:
    """What is known of a run and what is made of it: the input of every format. ``beside``: the other services of the
    record, each analysed as if it were the target; ``expected``: what a model expects of other settings (None: it was
    not asked, or there was nothing to ask)."""

    source: Path
    analysis: Analysis
    verdict: Verdict
    findings: tuple[Finding, ...]
    beside: tuple[Analysis, ...] = ()
    expected: Expected | None = None

    @property
    def services(self) -> tuple[Analysis, ...]:
        """The analysis of each service, the target's first; one where the record holds no other."""
        return (self.analysis, *self.beside)


def gather(path: Path | str) -> Account:
    """Read a record (a file or the folder of a run) once. Raises InputError for what is not a record."""
    source = locate(path)
    analysis = analyse(read(source))
    beside = beside_of(source, analysis)
    return Account(
        source=source,
        analysis=analysis,
        verdict=judge(analysis, beside=beside),
        findings=tuple(find(analysis)),
        beside=tuple(beside.values()),
    )


def beside_of(source: Path, analysis: Analysis) -> dict[str, Analysis]:
    """The other services of a record by name, each analysed as if it were the target."""
    return {name: analyse(rows_of(read(source), name)) for name in services(analysis.header)}
