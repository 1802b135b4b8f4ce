"""From a record to everything a report says: one pass, then the verdict, the findings and the short answers."""

from dataclasses import dataclass
from pathlib import Path

from autoscale.analysis import analyse
from autoscale.analysis.results.analysis import Analysis
from autoscale.findings import find
from autoscale.findings.results import Finding
from autoscale.record.reader import locate, read
from autoscale.verdict.judging import judge
from autoscale.verdict.results import Verdict


@dataclass(frozen=True)
class Account:
    """What is known of a run and what is made of it: the input of every format."""

    source: Path
    analysis: Analysis
    verdict: Verdict
    findings: tuple[Finding, ...]


def gather(path: Path | str) -> Account:
    """Read a record (a file or the folder of a run) once. Raises InputError for what is not a record."""
    source = locate(path)
    analysis = analyse(read(source))
    return Account(source, analysis, judge(analysis), tuple(find(analysis)))
