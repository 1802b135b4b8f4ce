"""Elasticity measures against BUNGEE's own fixture and hand-worked figures."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.analysis.elasticity import deviation, elasticity, instability, jitter, moved, reversals, speed_up
from autoscale.analysis.steps import StepSeries

# the demand and supply of BUNGEE's unit tests, over 20 time units
DEMAND = StepSeries.of([(0, 1.0), (7, 5.0), (16, 3.0), (17, 2.0), (19, 4.0)])
SUPPLY = StepSeries.of([(0, 1.0), (2, 2.0), (3, 1.0), (5, 3.0), (9, 7.0), (11, 6.0), (12, 8.0), (14, 2.0)])
SERIES = st.lists(st.tuples(st.integers(0, 100).map(float), st.integers(1, 9).map(float)), min_size=1).map(
    lambda points: StepSeries.of([(0.0, 1.0), *points])
)


def test_bungee_golden_values() -> None:
    """Accuracies, timeshares and jitter are those that BUNGEE asserts for its fixture."""
    found = elasticity(DEMAND, SUPPLY, 0, 20)
    assert found is not None
    assert (found.accuracy_o, found.accuracy_u) == (pytest.approx(16 / 20), pytest.approx(13 / 20))
    assert (found.tau_o, found.tau_u) == (pytest.approx(8 / 20), pytest.approx(6 / 20))
    assert jitter(DEMAND, SUPPLY, 0, 20) == pytest.approx(60 * (17 - 9) / 20)


def test_extended_golden_values() -> None:
    """theta, instability on a grid of 1, moves and sigma of the same fixture, worked out by hand."""
    found = elasticity(DEMAND, SUPPLY, 0, 20)
    steps = instability(DEMAND, SUPPLY, 0, 20, step=1.0)
    assert found is not None
    assert steps is not None
    assert (found.theta_u, found.theta_o) == (pytest.approx(0.141667, abs=1e-6), pytest.approx(0.36))
    assert steps == (pytest.approx(6 / 19), pytest.approx(5 / 19))
    assert moved(SUPPLY, 0, 20) == (7, 17, 4, 3)
    percents = [100 * value for value in (found.theta_u, found.theta_o, found.tau_u, found.tau_o, sum(steps))]
    assert deviation(percents) == pytest.approx(69.42, abs=0.005)


def test_speed_up_against_published_figures() -> None:
    """The speed-ups of Imdoukh et al. 2019, table 8, follow from its other columns, to their rounding."""
    baseline = (3.29, 3.06, 57.95, 57.05)
    assert speed_up(baseline, (0.48, 4.28, 15.85, 89.1)) == pytest.approx(1.84, abs=0.005)
    assert speed_up(baseline, (0.94, 3.51, 26.5, 73.2)) == pytest.approx(1.50, abs=0.011)


def test_perfect_supply_has_no_deficit_and_one_too_many_is_all_waste() -> None:
    """Equal series give 0 throughout; supply = demand + 1 gives one wasted pod all the time and no deficit."""
    same = elasticity(DEMAND, DEMAND, 0, 20)
    more = elasticity(DEMAND, StepSeries(DEMAND.times, tuple((v or 0) + 1 for v in DEMAND.values)), 0, 20)
    assert same is not None
    assert more is not None
    assert (same.accuracy_u, same.accuracy_o, same.tau_u, same.tau_o) == (0, 0, 0, 0)
    assert (more.accuracy_o, more.tau_o, more.accuracy_u, more.tau_u) == (1, 1, 0, 0)


def test_nothing_known_together_is_unknown() -> None:
    """Without a demand there is no elasticity, and no 0 in its place."""
    assert elasticity(StepSeries(), SUPPLY, 0, 20) is None
    assert instability(StepSeries(), SUPPLY, 0, 20) is None
    assert jitter(StepSeries(), SUPPLY, 0, 20) is None


def test_what_changes_in_the_step_in_which_the_load_ends_is_left_out() -> None:
    """Demand falls as the load ends, whatever supply does: a move in that step says nothing of the scaler."""
    flat = StepSeries.of([(0.0, 2.0)])
    early, late = (StepSeries.of([(0.0, 2.0), (at, 3.0)]) for at in (20.0, 50.0))
    assert instability(flat, early, 0, 60) == pytest.approx((1 / 3, 0))
    assert instability(flat, late, 0, 60) == (0, 0)


@given(SERIES, SERIES)
def test_replica_minutes_are_demand_and_waste_less_shortfall(demand: StepSeries, supply: StepSeries) -> None:
    """replica-minutes = demanded + wasted - short, whatever the two series."""
    found = elasticity(demand, supply, 0, 120)
    assert found is not None
    assert math.isclose(found.supply_min, found.demand_min + found.waste_min - found.shortfall_min, abs_tol=1e-9)


def test_reversals_are_changes_of_direction_only() -> None:
    """Up, up, down, up turns twice; up, up, up never."""
    assert reversals(StepSeries.of([(0, 1.0), (1, 2.0), (2, 3.0), (3, 2.0), (4, 5.0)]), 0, 9) == [3, 4]
    assert reversals(StepSeries.of([(0, 1.0), (1, 2.0), (2, 3.0)]), 0, 9) == []
