"""The rate plan: integral, inverse, arrivals, shards."""

import random
from itertools import chain, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtest.plan import Point, RatePlan, Stage, join

spans = st.floats(min_value=0.0, max_value=50).map(lambda span: span if span > 0.01 else 0.0)
rates = st.floats(min_value=0, max_value=60).map(lambda rate: rate if rate > 0.01 else 0.0)


@st.composite
def plans(draw: st.DrawFn) -> RatePlan:
    """Piecewise linear rates with jumps and silences."""
    pieces = draw(st.lists(st.tuples(spans, rates), min_size=1, max_size=6))
    points: list[Point] = [(0.0, draw(rates))]
    for span, rate in pieces:
        points.append((points[-1][0] + span, rate))
    return RatePlan(tuple(points))


@given(plans(), st.floats(min_value=0, max_value=1))
def test_the_moment_of_a_count_has_that_integral(plan: RatePlan, part: float) -> None:
    """`moment` is the inverse of `integral`."""
    requests = part * plan.total
    assert plan.integral(plan.moment(requests)) == pytest.approx(requests, abs=1e-6)


@settings(max_examples=50)
@given(plans(), st.floats(min_value=0, max_value=1))
def test_the_number_of_arrivals_follows_the_integral_to_within_a_half(plan: RatePlan, part: float) -> None:
    """At any time the requests that are due differ from the integral of the rate by at most one half."""
    t = part * plan.duration_s
    due = sum(1 for moment in plan.arrivals() if moment <= t)
    assert abs(due - plan.integral(t)) <= 0.5 + 1e-6


@settings(max_examples=50)
@given(plans(), st.integers(min_value=1, max_value=7), st.sampled_from(["uniform", "poisson"]))
def test_shards_partition_the_plan(plan: RatePlan, shards: int, kind) -> None:
    """Every arrival is in exactly one shard, that of its number modulo the workers, at its own moment."""
    parts = [list(plan.shard(index, shards, kind, seed=7)) for index in range(shards)]
    assert all(n % shards == index for index, part in enumerate(parts) for n, _ in part)
    assert [moment for _, moment in sorted(chain.from_iterable(parts))] == list(plan.arrivals(kind, seed=7))


@settings(max_examples=50)
@given(plans(), st.sampled_from(["uniform", "poisson"]))
def test_arrivals_are_in_order_and_within_the_plan(plan: RatePlan, kind) -> None:
    """A scheduler can take them one by one."""
    moments = list(plan.arrivals(kind, seed=3))
    assert moments == sorted(moments)
    assert all(0 <= moment <= plan.duration_s for moment in moments)


@given(plans(), st.floats(min_value=0, max_value=1))
def test_the_integral_is_the_area_under_the_rate(plan: RatePlan, part: float) -> None:
    """The integral agrees with trapezia taken between the bends of the rate."""
    t = part * plan.duration_s
    bends = sorted({at for at, _ in plan.points if at < t} | {t})
    trapezia = [(b - a) * (plan.rate(a) + plan.rate_before(b)) / 2 for a, b in pairwise(bends)]
    assert plan.integral(t) == pytest.approx(sum(trapezia), abs=1e-6)


def test_constant_arrivals_stand_in_the_middle_of_their_intervals() -> None:
    """Ten a second: 0.05, 0.15, ... and exactly as many as the plan says."""
    moments = list(RatePlan(((0, 10), (2, 10))).arrivals())
    assert moments == pytest.approx([0.05 + n / 10 for n in range(20)])


def test_a_ramp_from_zero_has_hand_worked_arrivals() -> None:
    """Rate 2t: the integral is t squared, so request n is due at the root of n + 1/2."""
    moments = list(RatePlan(((0, 0), (3, 6))).arrivals())
    assert moments == pytest.approx([(n + 0.5) ** 0.5 for n in range(9)])


def test_a_silence_has_no_arrivals_and_the_jump_after_it_is_exact() -> None:
    """Nothing is due between 1 s and 5 s; then four a second at once."""
    plan = RatePlan(((0, 4), (1, 4), (1, 0), (5, 0), (5, 4), (6, 4)))
    moments = list(plan.arrivals())
    assert len(moments) == 8
    assert [moment for moment in moments if 1 <= moment <= 5] == []
    assert (plan.rate_before(5), plan.rate(5)) == (0, 4)


def test_poisson_arrivals_repeat_with_the_seed_and_have_the_right_mean_and_spread() -> None:
    """The same seed gives the same arrivals; counts per second have mean and variance of the rate (4 sigma)."""
    plan = RatePlan(((0, 20), (500, 20)))
    moments = list(plan.arrivals("poisson", seed=5))
    assert moments == list(plan.arrivals("poisson", seed=5))
    assert moments != list(plan.arrivals("poisson", seed=6))
    counts = [0] * 500
    for moment in moments:
        counts[int(moment)] += 1
    mean = sum(counts) / 500
    variance = sum((count - mean) ** 2 for count in counts) / 499
    assert abs(mean - 20) < 4 * (20 / 500) ** 0.5
    assert 0.75 < variance / mean < 1.25


def test_stretching_and_multiplying_change_the_total_in_proportion() -> None:
    """Twice the rate or twice the time is twice the requests; stages go along."""
    plan = join([("low", [(0, 5), (10, 5)]), ("high", [(0, 20), (10, 20)])])
    assert plan.times(2).total == plan.stretched(2).total == 2 * plan.total == 500
    assert plan.stretched(0.5).stages == (Stage("low", 0, 5), Stage("high", 5, 10))


@pytest.mark.parametrize(
    "points",
    [((0, 1),), ((1, 1), (2, 1)), ((0, 1), (2, 1), (1, 1)), ((0, 1), (1, -1)), ((0, 1), (1, float("inf")))],
)
def test_points_that_are_no_plan_are_refused(points) -> None:
    """Too few, not from 0, backwards, below zero, not finite."""
    with pytest.raises(ValueError):
        RatePlan(points)


def test_a_count_beyond_the_plan_has_no_moment() -> None:
    """The total still has one; anything above it is an error."""
    plan = RatePlan(((0, 10), (1, 10)))
    assert plan.moment(10) == 1.0
    with pytest.raises(ValueError):
        plan.moment(10.001)


def test_a_long_plan_does_not_drift() -> None:
    """After a million requests the next one is due to the microsecond."""
    plan = RatePlan(((0, 1000), (1000, 1000)))
    for n in random.Random(1).sample(range(1_000_000), 100):
        assert plan.moment(n + 0.5) == pytest.approx((n + 0.5) / 1000, abs=1e-6)
