"""The planned rate and its changes."""

from autoscale.analysis.plan import largest_rise, load_changes, measured, planned


def test_a_jump_is_one_change_at_its_very_moment() -> None:
    """10/s to 60/s at 30 s and back at 150 s are two changes at those times."""
    plan = planned([[0, 10], [30, 10], [30, 60], [150, 60], [150, 10], [200, 10]], 1000)
    assert [(c.at, c.before, c.after) for c in load_changes(plan)] == [(1030, 10, 60), (1150, 60, 10)]


def test_a_slow_ramp_is_no_change_but_a_steep_one_is() -> None:
    """0 to 100/s in 100 s moves 10 % in 10 s and does not count; in 20 s it is one change to the top."""
    assert load_changes(planned([[0, 0], [100, 100], [200, 100]], 0)) == ()
    (change,) = load_changes(planned([[0, 0], [50, 0], [70, 100], [200, 100]], 0))
    assert (change.at, change.until, change.after) == (51, 70, 100)


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
