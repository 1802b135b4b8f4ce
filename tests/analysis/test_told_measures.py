"""Measures of real runs that were once told untruly, with what is right."""

from functools import cache
from pathlib import Path

import pytest

from autoscale.analysis import Analysis, analyse
from autoscale.analysis.results.figures import Measure
from autoscale.record.reader import read
from tests.fixtures.handmade import T0, Record

TOLD = Path(__file__).parents[1] / "fixtures" / "told"


@cache
def told(name: str) -> Analysis:
    return analyse(read(TOLD / f"{name}.jsonl.gz"))


def measure(name: str, run: str) -> Measure:
    return told(run).measures[name]


@pytest.mark.parametrize("name", ["capacity", "settling"])
def test_a_saturated_hpa_has_not_reached_capacity(name: str) -> None:
    """45/s needs more than the 3 pods allowed, until the load falls 25 s later: at least that long."""
    found = measure(name, "overload2")
    assert (found.value, found.at_least) == (25.0, True)


def test_the_usual_failures_are_not_lost_while_shrinking() -> None:
    """The mix answers 400 and 404 all the time; the scale-down lost nothing beyond that."""
    assert measure("lost", "overload2").value == 0


def test_demand_counts_the_cpu_of_failed_requests() -> None:
    """82 % failed, yet there are quiet moments: 8 of 10 requests burn 25 ms and some more."""
    need = told("overload2").demand
    assert need.cpu_per_request_s == pytest.approx(0.028, abs=0.002)
    assert need.curve.highest(0, 2e9) > 9


def test_a_slow_ramp_has_a_reaction_and_a_capacity() -> None:
    """6 to 40/s in 60 s gains less than a fifth in any 10 s; the HPA grew 2 to 3 to 4 on it."""
    step = told("slowramp").reaction.step
    assert step is not None
    assert (step.before, step.after, step.until - step.at) == (6, 40, 60)
    assert measure("reaction", "slowramp").value == pytest.approx(31.8, abs=0.1)
    assert measure("capacity", "slowramp").value == pytest.approx(52.4, abs=0.1)


def test_requests_are_those_of_their_time() -> None:
    """At 200m the peak needs 4 pods; once they were resized to 400m, 2: four were no overshoot."""
    found = told("real-resize-in-mid-run")
    assert [found.demand.curve.at(found.load_start + at) for at in (10, 60, 85)] == [2, 4, 2]  # type: ignore[operator]
    assert found.measures["overshoot"].value == 0


def test_the_target_is_that_of_its_time() -> None:
    """20/s needed 4 pods at 60 % and 8 at 30 %, one second after the growth."""
    found = told("real-container-resource")
    assert [found.cpu.target_percents.at(found.load_start + at) for at in (30, 60)] == [60, 30]  # type: ignore[operator]
    before, after = (found.demand.curve.at(found.load_start + at) for at in (30, 60))  # type: ignore[operator]
    assert (before, after) == (4, 9)


def failing_shrink(usual: int, during: int, *, again_at: float | None = None) -> Record:
    record = Record(points=[[0, 100], [120, 100]]).scale(-5, 4).hpa(-4, 4, 50).pod("a", -20).pod("b", -20)
    record.mark("load-start", 0).mark("load-end", 120)
    for second in range(120):
        failed = during if 60 <= second < 63 else usual
        record.load(second, 100 - failed, failed={"status 503": failed} if failed else {})
    record.scale(60, 3).hpa(60, 3, 20).pod("c", -20, deleted=60.1, gone=62.5)
    if again_at is not None:
        record.scale(again_at, 2).hpa(again_at, 2, 20).pod("d", -20, deleted=again_at + 0.1, gone=62.9)
    return record


@pytest.mark.parametrize(
    ("usual", "during", "lost"), [(0, 0, 0), (0, 2, 6), (10, 10, 0), (10, 12, 0), (10, 40, 90), (0, 100, 300)]
)
def test_only_what_the_usual_share_does_not_explain_is_lost(usual: int, during: int, lost: int) -> None:
    """Three seconds of shrinking: what fails always fails then, too."""
    assert analyse(failing_shrink(usual, during).rows()).measures["lost"].value == lost


def test_no_request_is_lost_twice() -> None:
    """Two shrinkings within two seconds share their failures."""
    found = analyse(failing_shrink(0, 2, again_at=61.5).rows())
    assert len(found.scale_downs) == 2
    assert sum(down.lost or 0 for down in found.scale_downs) == 6
    assert found.start < T0


def test_demand_says_why_it_is_unknown() -> None:
    """Too few requests, too few moments and a poor fit are three reasons."""
    quiet = Record(points=[[0, 1], [10, 1]]).scale(-5, 2).hpa(-4, 2, 50).pod("a", -20).mark("load-start", 0)
    quiet.mark("load-end", 10).steady(0, 10, 1)
    assert "only 10 requests came back" in analyse(quiet.rows()).demand.how
    wild = Record(points=[[0, 100], [120, 100]]).scale(-5, 1).hpa(-4, 1, 50).pod("a", -20).mark("load-start", 0)
    wild.mark("load-end", 120).steady(0, 120, 100)
    for i in range(1, 8):
        wild.usage(15 * i, {"a": 900 if i % 2 else 10})
    assert "CPU does not follow the requests" in analyse(wild.rows()).demand.how
