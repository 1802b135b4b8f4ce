"""The planned rate and its changes."""

import pytest

from autoscale.analysis.plan import largest_rise, load_changes, measured, planned


def test_a_jump_is_one_change_at_its_very_moment() -> None:
    """10/s to 60/s at 30 s and back at 150 s are two changes at those times."""
    plan = planned([[0, 10], [30, 10], [30, 60], [150, 60], [150, 10], [200, 10]], 1000)
    assert [(c.at, c.before, c.after) for c in load_changes(plan)] == [(1030, 10, 60), (1150, 60, 10)]


@pytest.mark.parametrize("length", [5, 20, 100, 600])
def test_a_ramp_is_one_change_from_its_foot_to_its_top(length: int) -> None:
    """However slow: 0 to 100/s begins where the plan bends, not on the next second, and ends at the top."""
    (change,) = load_changes(planned([[0, 0], [50.5, 0], [50.5 + length, 100], [900, 100]], 0))
    assert (change.at, change.until, change.before, change.after) == (50.5, 50.5 + length, 0, 100)


def test_a_ramp_up_and_down_is_two_changes() -> None:
    """A slow day: up in 100 s, down in 200 s."""
    changes = load_changes(planned([[0, 10], [100, 50], [300, 10]], 0))
    assert [(c.at, c.until, c.before, c.after) for c in changes] == [(0, 100, 10, 50), (100, 300, 50, 10)]


def test_a_slow_change_under_a_fifth_is_none() -> None:
    """15 % more in 10 minutes is no change, as 15 % more at once is none."""
    assert load_changes(planned([[0, 85], [600, 100], [700, 100]], 0)) == ()


def test_a_step_on_a_slope_is_told_as_the_step() -> None:
    """From 10 to 20/s in 100 s, then to 60/s at once: the reaction is counted from the step."""
    (change,) = load_changes(planned([[0, 10], [100, 20], [100, 60], [200, 60]], 0))
    assert (change.at, change.before, change.after) == (100, 20, 60)


def test_the_largest_rise_is_chosen_and_a_fall_never() -> None:
    """Of +20, -60 and +50 the last one is the largest rise."""
    plan = planned([[0, 40], [50, 40], [50, 60], [100, 60], [100, 0], [150, 0], [150, 50], [200, 50]], 0)
    rise = largest_rise(load_changes(plan))
    assert rise is not None
    assert rise.at == 150


def test_no_load_has_no_changes() -> None:
    """An empty plan and a plan of zeros have none."""
    assert load_changes(planned([], 0)) == ()
    assert load_changes(planned([[0, 0], [60, 0]], 0)) == ()


def test_a_measured_rate_bridges_unknown_seconds() -> None:
    """Counts of 10 a second with holes give a rate of 10, not less."""
    plan = measured(0, [10, None, 10, 10, None, 10, 10, 10, 10, 10])
    assert plan.measured
    assert plan.at(4) == 10


@pytest.mark.parametrize(("until", "due"), [
    (1000, 0), (1015, 150), (1030, 300), (1060, 1350), (1090, 1800), (5000, 1800), (0, 0),
])  # fmt: skip
def test_what_is_due_by_a_time_is_the_area_under_the_plan(until: float, due: float) -> None:
    """10/s for 30 s, a jump to 50/s that falls to 10/s over 60 s: nothing before it, and nothing more after it."""
    plan = planned([[0, 10], [30, 10], [30, 50], [60, 20], [90, 10]], 1000)
    assert plan.due(until) == pytest.approx(due)


def test_without_a_plan_nothing_is_due() -> None:
    """An empty plan asks for nothing."""
    assert planned([], 1000).due(2000) == 0
