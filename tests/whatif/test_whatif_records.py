"""Real records: what the model gives back of them, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from autoscale.analysis import analyse
from autoscale.base.errors import InputError
from autoscale.base.exits import ExitCode
from autoscale.cli.whatif import command
from autoscale.record.reader import read
from autoscale.verdict.judging import judge
from autoscale.whatif import variants
from autoscale.whatif.answer import Model, ask, prepare
from autoscale.whatif.evidence import gather, of_rows
from autoscale.whatif.refusals import Unknowable
from autoscale.whatif.rows import rows, write

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
TARGET = "spec.metrics.0.resource.target.averageUtilization"
SEEDS = 8


def record(name: str) -> list[dict[str, Any]]:
    return list(read(FIXTURES / f"{name}.jsonl.gz"))


@pytest.fixture(scope="module")
def good() -> Model:
    """A run on a real Kubernetes, ready to be asked."""
    return prepare(gather(FIXTURES / "good.jsonl.gz"), seeds=SEEDS)


@pytest.mark.parametrize("name", ["good", "maxed-out", "real-step"])
def test_the_pods_of_a_real_run_come_back(name: str) -> None:
    """Replica-minutes within 10 %, pods over time within 0.75, the first decision within a sync, losses within 2 %."""
    model = prepare(gather(FIXTURES / f"{name}.jsonl.gz"), seeds=SEEDS)
    assert [error.name for error in model.replay if not error.ok and not error.of_latency] == []


def test_a_quiet_run_comes_back_closely(good: Model) -> None:
    """The first decision falls on its very sync, the last on it or the next; p95 is within 10 ms."""
    errors = {error.name: error for error in good.replay}
    assert errors["pods over time"].miss == pytest.approx(0.0, abs=0.15)
    assert errors["first decision"].miss == pytest.approx(0.0, abs=0.6)
    assert all(error.ok for error in good.replay)


def test_every_figure_says_where_it_comes_from(good: Model) -> None:
    """The manifest says 10 ms a request; measured are some more, within an interval; nothing has no source."""
    figures = good.service.figures()
    cost = figures["cost_s"]
    assert cost.source == "measured"
    assert cost.low is not None
    assert cost.high is not None
    assert cost.low <= 0.0117 <= cost.high
    assert all(figure.how for figure in figures.values())
    assert figures["drain_s"].source == "manifest"


REFUSED = {
    "blind-hpa": "got no response",  # most requests failed: what one costs was not seen
    "saturated-generator": "the generator was the limit",
    "flapping": "pods over time",  # a second's difference decides there
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_cannot_be_known_is_refused(name: str) -> None:
    """Exit code 5, the part that fails, and what would have to be recorded; no figure of the variant."""
    result = CliRunner().invoke(
        command, [str(FIXTURES / f"{name}.jsonl.gz"), "--set", f"{TARGET}=50", "--seeds", "5"], standalone_mode=False
    )
    assert isinstance(result.exception, Unknowable)
    assert result.exception.exit_code == ExitCode.UNKNOWN
    assert REFUSED[name] in str(result.exception)
    assert "pod-minutes" not in result.output


def without(kind: str) -> list[dict[str, Any]]:
    return [row for row in record("good") if row["k"] != kind]


def closed() -> list[dict[str, Any]]:
    header, *rest = record("good")
    return [{**header, "scenario": {**header["scenario"], "model": "closed"}}, *rest]


def other_metric() -> list[dict[str, Any]]:
    queue = [{"type": "External", "external": {"metric": {"name": "queue"}, "target": {"type": "Value", "value": "3"}}}]
    return [row if row["k"] != "hpa" else {**row, "spec": {**row["spec"], "metrics": queue}} for row in record("good")]


def edited() -> list[dict[str, Any]]:
    found = record("good")
    last = max(i for i, row in enumerate(found) if row["k"] == "hpa")
    found[last] = {**found[last], "spec": {**found[last]["spec"], "maxReplicas": 5}}
    return found


def at_most() -> list[dict[str, Any]]:
    return [{**row, "spec_replicas": 8} if row["k"] == "workload" else row for row in record("good")]


BAD = {
    "CPU samples": (lambda: without("usage"), "no CPU samples"),
    "load": (lambda: [row for row in record("good") if row["k"] not in ("load", "pod_load", "mark")], "no load"),
    "HPA": (lambda: without("hpa"), "no HPA"),
    "pods": (lambda: without("pod"), "no pods"),
    "users who wait": (closed, "closed"),
    "another metric": (other_metric, "queue"),
    "an edited HPA": (edited, "edited in mid-run"),
    "the maximum throughout": (at_most, "the maximum, throughout"),
    "a load cut off": (lambda: record("good")[:120], "load"),
}


@pytest.mark.parametrize("case", sorted(BAD))
def test_a_record_that_shows_too_little_is_refused(case: str) -> None:
    """What is missing is named, and what to record."""
    make, words = BAD[case]
    with pytest.raises(Unknowable, match=words) as caught:
        prepare(of_rows(make()), seeds=3)
    assert caught.value.exit_code == ExitCode.UNKNOWN


def numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows as if no others had ever been written."""
    count = {"rows": len(rows)}
    return [{**row, "n": n, **(count if row["k"] == "end" else {})} for n, row in enumerate(rows)]


def test_a_foreign_app_is_modelled_with_a_note(good: Model) -> None:
    """Where answers do not name their pod, threads are assumed, the answer says so, and --threads gives them."""
    header, *rest = record("good")
    nameless = [{**row, "by_pod": {}} if row["k"] == "load" else row for row in rest if row["k"] != "pod_load"]
    foreign = numbered([header, *nameless])
    assert prepare(of_rows(foreign), seeds=3).service.threads.source == "assumed"
    assert prepare(of_rows(foreign), seeds=3, threads=4).service.threads.value == 4


def test_a_modelled_record_is_not_modelled_again(good: Model) -> None:
    """A model of a model would look as certain as the first: the run it came from is named instead."""
    with pytest.raises(Unknowable, match=good.seen.run.run):
        prepare(of_rows(rows(good, good.recorded)), seeds=3)


def test_too_strong_a_load_is_refused(good: Model) -> None:
    """Three times the recorded rate is answered, more is not."""
    from dataclasses import replace

    strong = replace(good.recorded, name="strong", load=good.recorded.load.times(3.1))
    with pytest.raises(Unknowable, match="at most 3 times"):
        ask(good, [strong], seeds=3)


def test_more_pods_than_there_was_room_for_are_refused(good: Model) -> None:
    """The third pod of this run waited 37 s for room: what a fourth would have done is not known."""
    with pytest.raises(Unknowable, match="waited 37 s for room"):
        ask(good, [variants.with_set(good.recorded, [f"{TARGET}=20"])], seeds=3)


@pytest.mark.parametrize("text", ["spec.maxReplicas=0", "spec.maxReplicas", "maxReplicas=3", "spec.metrics.7.type=Pods",
                                  f"{TARGET}=-1", "spec.maxReplicas.deep=1"])  # fmt: skip
def test_a_spec_that_upstream_would_refuse_is_bad_input(good: Model, text: str) -> None:
    """So is a path that leads nowhere."""
    with pytest.raises(InputError) as caught:
        variants.with_set(good.recorded, [text])
    assert caught.value.exit_code == ExitCode.BAD_INPUT


def test_equal_seeds_give_equal_answers(good: Model) -> None:
    """The same question twice, the same answer, the plain loop or the compiled one."""
    variant = variants.with_set(good.recorded, [f"{TARGET}=60"])
    assert ask(good, [variant], seeds=3).variants == ask(good, [variant], seeds=3).variants


def test_a_lower_target_needs_no_fewer_pods(good: Model) -> None:
    """Pod-minutes rise as the target falls; and as the load rises."""
    from dataclasses import replace

    lower = ask(
        good, [variants.with_set(good.recorded, [f"{TARGET}={target}"]) for target in (90, 70, 50, 40)], seeds=6
    )
    minutes = [outcome.figures.replica_minutes.middle for outcome in lower.variants]
    assert minutes == sorted(minutes, key=lambda value: value or 0.0)
    more = ask(
        good, [replace(good.recorded, name="x", load=good.recorded.load.times(f)) for f in (0.3, 0.6, 1.0)], seeds=6
    )
    minutes = [outcome.figures.replica_minutes.middle for outcome in more.variants]
    assert minutes == sorted(minutes, key=lambda value: value or 0.0)


def test_the_result_is_a_record(good: Model, tmp_path: Path) -> None:
    """It can be analysed and judged like a recorded run, says that it was modelled, and every decision agrees."""
    path = write(good, good.recorded, tmp_path)
    analysis = analyse(read(path))
    assert analysis.header["environment"]["simulated"] == good.seen.run.run
    assert not analysis.partial
    assert analysis.unread_rows == 0
    assert {decision.outcome for decision in analysis.decisions} == {"agrees"}
    assert analysis.latency[0].count == sum(n or 0 for n in good.seen.run.seconds.answered)
    assert judge(analysis).validity.outcome == "valid"


def test_the_command_answers_in_every_format(tmp_path: Path) -> None:
    """Text, Markdown, JSON and a page that loads nothing; variants by --set and by the other options."""
    run = str(FIXTURES / "good.jsonl.gz")
    for form in ("text", "markdown", "json", "html"):
        out = tmp_path / f"answer.{form}"
        arguments = [
            run,
            "--set",
            f"{TARGET}=60",
            "--request",
            "250m",
            "--seeds",
            "3",
            "--format",
            form,
            "--out",
            str(out),
        ]
        result = CliRunner().invoke(command, arguments, standalone_mode=False)
        assert result.exception is None
        assert "averageUtilization=60" in out.read_text()
    page = (tmp_path / "answer.html").read_text()
    assert "http://" not in page.replace("http://www.w3.org", "")
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert answer["variants"][0]["request_m"] == 250
    assert answer["replay"][0]["held"] is True
