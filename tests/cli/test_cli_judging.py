"""The exit codes of ``autoscale judge`` and ``autoscale compare`` are an API: one record for each."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import FIXTURES, Done

Autoscale = Callable[..., Done]


@pytest.mark.parametrize(
    ("record", "code", "word"),
    [("good", 0, "PASS"), ("maxed-out", 1, "FAIL"), ("saturated-generator", 6, "INVALID")],
)
def test_the_verdict_is_the_exit_code(autoscale: Autoscale, record: str, code: int, word: str) -> None:
    """0 pass, 1 fail, 6 invalid: the generator was the limit."""
    done = autoscale("judge", FIXTURES / f"{record}.jsonl.gz")
    assert (done.code, word in done.out) == (code, True)


def test_what_was_not_recorded_is_unknown(autoscale: Autoscale) -> None:
    """5, and not a pass, where the metric of an objective is not in the record."""
    done = autoscale("judge", FIXTURES / "good.jsonl.gz", "-o", "cost < 1")
    assert (done.code, "unknown" in done.out) == (5, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("judge", "nowhere"), "nowhere"),
        (("judge", FIXTURES / "good.jsonl.gz", "-o", "p95 <"), "p95 <"),
        (("compare", FIXTURES / "good.jsonl.gz"), "only one side"),
        (("report", FIXTURES / "scenarios"), "scenarios"),
    ],
)
def test_bad_input_is_2(autoscale: Autoscale, words: tuple[str | Path, ...], said: str) -> None:
    """A record that is not there, an objective that cannot be read, half a comparison."""
    done = autoscale(*words)
    assert (done.code, said in done.err) == (2, True)


def test_of_several_runs_the_worst_counts(autoscale: Autoscale) -> None:
    """One failure among passes fails the set; each run has its own lines."""
    done = autoscale("judge", FIXTURES / "good.jsonl.gz", FIXTURES / "maxed-out.jsonl.gz", "-o", "errors < 0.1%")
    assert (done.code, done.out.count(".jsonl.gz: ")) == (1, 2)


def test_a_verdict_as_json_has_its_code(autoscale: Autoscale) -> None:
    """By run: the verdict, its exit code and each objective."""
    record = FIXTURES / "good.jsonl.gz"
    told = json.loads(autoscale("judge", record, "--json").out)[str(record)]
    assert (told["verdict"], told["exit_code"]) == ("pass", 0)
    assert all(one["outcome"] == "pass" for one in told["judgements"])


def test_a_plain_record_is_judged_as_its_gzip(autoscale: Autoscale, tmp_path: Path) -> None:
    """The folder of a run, its record.jsonl and its .gz are one thing."""
    whole = gzip.decompress((FIXTURES / "good.jsonl.gz").read_bytes())
    (tmp_path / "record.jsonl").write_bytes(whole)
    told = [autoscale("judge", place).out.split(": ", 1)[1] for place in (tmp_path, tmp_path / "record.jsonl")]
    assert told[0] == told[1] == autoscale("judge", FIXTURES / "good.jsonl.gz").out.split(": ", 1)[1]


def test_comparing_a_run_with_itself_cannot_say(autoscale: Autoscale) -> None:
    """5: one run a side does not tell noise. Copies of a run say nothing either, and are refused unless told."""
    run = FIXTURES / "good.jsonl.gz"
    assert autoscale("compare", run, "--", run).code == 2
    assert autoscale("compare", "--anyway", run, "--", run).code == 5
    assert autoscale("compare", "--anyway", run, run, run, "--", run, run, run).code == 0


def test_comparing_invalid_runs_is_6(autoscale: Autoscale) -> None:
    """The generator was the limit: the comparison says so instead of comparing."""
    run = FIXTURES / "saturated-generator.jsonl.gz"
    assert autoscale("compare", "--anyway", run, run, run, "--", run, run, run).code == 6


@pytest.mark.parametrize(
    ("form", "begins"),
    [("text", ""), ("markdown", "#"), ("json", "{"), ("html", "<!doctype html>"), ("junit", "<?xml")],
)
def test_a_report_in_every_form(autoscale: Autoscale, tmp_path: Path, form: str, begins: str) -> None:
    """On standard output, or whole in a file."""
    record, out = FIXTURES / "blind-hpa.jsonl.gz", tmp_path / "report"  # nothing to model: quick
    told = autoscale("report", record, "--format", form)
    assert (told.code, told.out.lower().startswith(begins)) == (0, True)
    assert autoscale("report", record, "--format", form, "--out", out).code == 0
    assert out.read_text() == told.out
