"""Decisions of real runs, retraced: records that were once told untruly, with what is right."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from autoscale.analysis import Analysis, analyse
from autoscale.record.reader import read

TOLD = Path(__file__).parents[1] / "fixtures" / "told"


@cache
def told(name: str) -> Analysis:
    return analyse(read(TOLD / f"{name}.jsonl.gz"))


def outcomes(name: str) -> dict[str, int]:
    return dict(Counter(decision.outcome for decision in told(name).decisions))


@pytest.mark.parametrize(
    ("name", "passes"),
    [
        pytest.param("121615-first-look", 15, id="the row of a pod made by the decision came 2 ms before the HPA's"),
        pytest.param("123642-first-look", 13, id="a recommendation 44.95 s old in a window of 45 s"),
        pytest.param("real-resize-in-mid-run", 10, id="each pass divides by the request of its time"),
        pytest.param("real-rollout-in-mid-run", 11, id="surge pods"),
        pytest.param("real-container-resource", 14, id="one container's CPU, and the target edited in mid-run"),
        pytest.param("real-two-metrics-one-failing", 5, id="two metrics, one failing"),
        pytest.param("131121-smoke", 3, id="an external metric"),
        pytest.param("slowramp", 44, id="a slow ramp in the quick preset"),
    ],
)
def test_every_decision_agrees(name: str, passes: int) -> None:
    """What the controller saw is retraced for every kind of metric, with the spec and the requests of its time."""
    assert outcomes(name) == {"agrees": passes}


def test_polled_samples_that_were_missed_are_no_difference() -> None:
    """The quick preset looks every 2 s: a pass on a sample that was not heard cannot be retraced, and never differs."""
    assert outcomes("overload2").get("differs", 0) == 0


def test_a_resize_is_retraced_with_what_was_asked_for() -> None:
    """Two pods waited for room (ResizeDeferred), yet the HPA divided by the 400m they asked for: 29 %, not 38 %."""
    before, after = (
        next(d for d in told("real-resize-in-mid-run").decisions if d.metric == m) for m in ("cpu 91 %", "cpu 29 %")
    )
    assert before.outcome == after.outcome == "agrees"


def test_the_target_of_its_time_explains_a_decision() -> None:
    """The target went from 60 to 30 % a second after the growth: its words and its metric still say 60 %."""
    growth = next(event for event in told("real-container-resource").scale_events if event.up)
    assert growth.metric == "cpu: 115%/60%"
    assert "against a target of 60 %" in growth.explanation
    later = [d for d in told("real-container-resource").decisions if d.at > growth.at + 5]
    assert all("target of 30 %" in decision.words for decision in later)


def test_an_external_metric_is_named_without_its_selector() -> None:
    """Go's print of a label selector is no sentence for people."""
    growth = next(event for event in told("131121-smoke").scale_events if event.up)
    assert growth.explanation.startswith("2 to 4: External metric s0-workload-shop was 2 against a target of 1 per pod")
