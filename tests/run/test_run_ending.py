"""The end of a run: a report beside the record, and the exit code of the worst thing that happened."""

import gzip
from pathlib import Path

import pytest

from autoscale.base.errors import AutoscaleError, ClusterError, GeneratorError
from autoscale.base.exits import ExitCode
from autoscale.record.rows.course import Totals
from autoscale.run.ending import finish

FIXTURES = Path(__file__).parents[1] / "fixtures"


def folder_with(tmp_path: Path, record: str) -> Path:
    """A run's folder with that record."""
    text = gzip.decompress((FIXTURES / f"{record}.jsonl.gz").read_bytes())
    (tmp_path / "record.jsonl").write_bytes(text)
    return tmp_path


@pytest.mark.parametrize(
    ("record", "reason", "error", "code"),
    [
        ("good", "done", None, ExitCode.PASS),
        ("maxed-out", "done", None, ExitCode.OBJECTIVE_FAILED),
        ("saturated-generator", "done", None, ExitCode.INVALID),
        ("good", "interrupted", None, ExitCode.INTERRUPTED),
        ("maxed-out", "interrupted", None, ExitCode.INTERRUPTED),
        ("good", "failed", ClusterError("gone"), ExitCode.CLUSTER_FAILED),
        ("good", "interrupted", GeneratorError("died"), ExitCode.GENERATOR_FAILED),
    ],
)
def test_the_exit_code_is_that_of_the_worst(
    tmp_path: Path, record: str, reason: str, error: AutoscaleError | None, code: ExitCode
) -> None:
    """An error counts before an interruption, that before the verdict; the report is written in each case."""
    totals: Totals = {"planned": 3}
    result = finish(folder_with(tmp_path, record), reason, error, totals, lambda _: None)
    assert (result.exit_code, result.error, result.totals) == (code, error, totals)
    assert result.report is not None
    assert result.report.read_text().startswith("<!doctype html>")
    assert result.account is not None
    assert result.summary.startswith("Verdict: ")


def test_a_report_that_cannot_be_written_loses_no_record(tmp_path: Path) -> None:
    """Something stands in its place: that is said, the record stays, and the verdict is no pass."""
    (tmp_path / "report.html").mkdir()
    said: list[str] = []
    result = finish(folder_with(tmp_path, "good"), "done", None, {}, said.append)
    assert (result.exit_code, result.report, result.account) == (ExitCode.UNKNOWN, None, None)
    assert len(said) == 1
    assert said[0].startswith("The report could not be made: cannot write")
    assert result.record.stat().st_size > 0


def test_a_record_that_says_nothing_is_unknown(tmp_path: Path) -> None:
    """No header: no report, and an error that came before still gives its code."""
    (tmp_path / "record.jsonl").write_text("")
    said: list[str] = []
    assert finish(tmp_path, "failed", None, {}, said.append).exit_code == ExitCode.UNKNOWN
    assert finish(tmp_path, "failed", ClusterError("gone"), {}, said.append).exit_code == ExitCode.CLUSTER_FAILED
    assert all(line.startswith("The report could not be made: ") for line in said)
