"""A record whose clock was set while it was written."""

from typing import Any

import pytest

from autoscale.analysis import analyse
from autoscale.analysis.intake.collect import collect
from autoscale.analysis.results.series import Moment
from autoscale.verdict.judging import judge
from tests.fixtures.handmade import T0, Record, step_run

OBJECTIVES = ("ready >= 10 within 33s of step", "ready >= 10 within 20s of step", "p95 < 500ms")


def set_by(step_s: float, at: float) -> list[dict[str, Any]]:
    """The rows of the step run as an observer would have written them that dated them by a clock that was set."""
    rows = step_run().rows()
    return [{**row, "t": row["t"] + step_s} if row["t"] >= T0 + at else row for row in rows]


def outcomes(rows: list[dict[str, Any]]) -> list[str]:
    """What became of each objective."""
    return [one.outcome for one in judge(analyse(rows), OBJECTIVES).judgements]


@pytest.mark.parametrize("step_s", [-5.0, -3600.0])
def test_times_that_run_backwards_are_neither_a_pass_nor_a_failure(step_s: float) -> None:
    """Nobody knows what was when, so neither what held nor what failed; a step of a hundredth does no harm."""
    found = judge(analyse(set_by(step_s, 70.0)), OBJECTIVES)
    assert [one.outcome for one in found.judgements] == ["unknown"] * 3
    assert "was set back" in found.reason
    assert outcomes(set_by(-0.01, 70.0)) == outcomes(step_run().rows()) == ["pass", "fail", "pass"]


def test_a_clock_that_was_set_is_told_and_changes_no_judgement() -> None:
    """The observer's own clock goes on, with a row of what was done to the machine's."""
    record = step_run()
    record.add("clock", 70, clk="wall", offset_s=-5.0, error_s=0.0)
    found = analyse(record.rows())
    assert outcomes(record.rows()) == ["pass", "fail", "pass"]
    (note,) = [note for note in found.notes if "was set" in note]
    assert "back by 5.0 s" in note
    assert not [note for note in analyse(step_run().rows()).notes if "was set" in note]


def test_the_server_is_understood_by_the_clock_that_it_had() -> None:
    """What was heard before its clock was set keeps its time; measuring more closely is no setting."""
    record = Record()
    measured = ((0, 2.0, 0.5), (9, 1.9, 0.01), (60, 1.91, 0.01), (100, -3598.0, 0.5), (109, -3598.1, 0.01))
    for t, offset, error in measured:
        record.add("clock", t, clk="api", offset_s=offset, error_s=error)
    clocks = collect(record.rows()).clocks
    assert clocks.server(T0 + 5) == clocks.server(T0 + 99) == Moment(1.91, 0.01)
    assert clocks.server(T0 + 101) == clocks.server() == Moment(-3598.1, 0.01)
    told = [note for note in analyse(record.rows()).notes if "was set" in note]
    assert [note.partition(":")[0] for note in told] == [
        "The API server's clock was set back by 3600.0 s 110 s after the record began"
    ]
