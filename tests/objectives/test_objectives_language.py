"""The language of objectives."""

import pytest

from autoscale.base.errors import InputError
from autoscale.objectives import parse


@pytest.mark.parametrize(
    ("text", "metric", "bound", "kind", "of", "offset"),
    [
        ("p95 < 300ms during peak", "p95", 0.3, "during", "peak", 0),
        ("errors<0.1%", "errors", 0.001, "whole", None, 0),
        ("ready >= 6 within 90s of step", "ready", 6, "within", "step", 90),
        ("overshoot < 50%", "overshoot", 0.5, "whole", None, 0),
        ("no flapping", "reversals", 3, "whole", None, 0),
        ("back to min within 6m of end", "back_to_min", 360, "within", "end", 360),
        ("lost == 0", "lost", 0, "whole", None, 0),
        ("p99.9 <= 1.5s from 30s after peak", "p99.9", 1.5, "after", "peak", 30),
        ("service_p95 < 1s during peak from 30s", "service_p95", 1, "during", "peak", 30),
        ("throughput > 50/s during 'rush hour'", "throughput", 50, "during", "rush hour", 0),
    ],
)
def test_what_can_be_said(text: str, metric: str, bound: float, kind: str, of: str | None, offset: float) -> None:
    """Each sentence means this metric, bound and span."""
    (found,) = parse([text], ["base", "peak", "rush hour"])
    assert (found.metric, found.bound, found.window.kind, found.window.of, found.window.offset_s) == (
        metric,
        bound,
        kind,
        of,
        offset,
    )


@pytest.mark.parametrize(("text", "hint"), [
    ("eror < 1%", "Did you mean `errors`"), ("p95 < 300ms during paek", "Did you mean `peak`"),
    ("no flaping", "Did you mean `no flapping`"), ("p95 < 300", "a duration with its unit"), ("p95 ~ 3s", "operator"),
    ("ready >= 6 withn 9s of step", "Did you mean `within`"), ("", "METRIC OPERATOR VALUE"),
    ("overshoot < 50% during peak", "measured over the whole load"), ("errors < 1ms", "a share"),
    ("p95 of checkout", "METRIC of NAME OPERATOR VALUE"), ("service_p95 of checkout < 1s", "known of each name"),
    ("ready of checkout > 2", "known of each name"), ("back to min", "back to min within DURATION"),
    ("p95 < 1s 'x", "quotes"),
])  # fmt: skip
def test_what_cannot_be_said_is_explained(text: str, hint: str) -> None:
    """A sentence that makes no sense is refused with what would."""
    with pytest.raises(InputError) as error:
        parse([text], ["base", "peak"])
    assert hint in str(error.value)


def test_all_mistakes_come_at_once() -> None:
    """Two bad objectives beside a good one are two problems in one error, each with its place."""
    with pytest.raises(InputError) as error:
        parse(["p95 < 1", "errors < 1%", "p95 < 1s during nowhere"], ["peak"])
    assert [problem.where for problem in error.value.problems] == ["scenario: objectives[0]", "scenario: objectives[2]"]


@pytest.mark.parametrize(
    ("text", "subject", "metric"),
    [
        ("p95 of checkout < 800ms", "checkout", "p95"),
        ('errors of "POST /cart" < 0.1%', "POST /cart", "errors"),
        ("max of 'a >= b' <= 2s during peak", "a >= b", "max"),
        ("throughput of of > 3/s", "of", "throughput"),
        ("p95 < 800ms", None, "p95"),
    ],
)
def test_an_objective_may_be_about_one_name(text: str, subject: str | None, metric: str) -> None:
    """`of NAME` says whose requests; an operator inside quotes belongs to the name."""
    (found,) = parse([text], ["peak"])
    assert (found.subject, found.metric) == (subject, metric)
