"""Step series: a value holds until the next time."""

from hypothesis import given
from hypothesis import strategies as st

from autoscale.analysis.steps import StepSeries, aligned, combine

TIMES = st.floats(0, 1000, allow_nan=False)
POINTS = st.lists(st.tuples(TIMES, st.one_of(st.none(), st.integers(0, 20).map(float))), max_size=20)


def test_a_value_holds_until_the_next_time() -> None:
    """A value is found from its own time until just before the next one, and nothing is known before the first."""
    series = StepSeries.of([(10, 2.0), (20, 5.0)])
    assert [series.at(time) for time in (9.9, 10, 19.9, 20, 99)] == [None, 2.0, 2.0, 5.0, 5.0]


def test_mean_is_weighted_by_time_and_leaves_out_the_unknown() -> None:
    """2 for 10 s, unknown for 10 s, 6 for 30 s make a mean of (20 + 180) / 40."""
    series = StepSeries.of([(0, 2.0), (10, None), (20, 6.0)])
    assert series.mean(0, 50) == 5.0
    assert series.mean(10, 20) is None


def test_longest_span_joins_neighbours_that_both_hold() -> None:
    """Two different values that both satisfy the condition are one span; a third value ends it."""
    series = StepSeries.of([(0, 8.0), (5, 9.0), (12, 1.0), (20, 9.0)])
    assert series.longest(lambda value: value > 5, 0, 25) == (0, 12)
    assert series.longest(lambda value: value > 9, 0, 25) is None


@given(POINTS, TIMES, TIMES)
def test_segments_cover_the_span_without_a_hole(points: list[tuple[float, float | None]], a: float, b: float) -> None:
    """Segments touch each other from the beginning to the end of the span asked for."""
    start, end = min(a, b), max(a, b)
    segments = list(StepSeries.of(points).segments(start, end))
    edges = [start, *(until for _, until, _ in segments)]
    assert [since for since, _, _ in segments] == edges[:-1]
    assert edges[-1] == end


@given(POINTS)
def test_the_order_of_points_does_not_matter(points: list[tuple[float, float | None]]) -> None:
    """Points at different times give the same series in any order."""
    once = list({time: (time, value) for time, value in points}.values())
    assert StepSeries.of(once) == StepSeries.of(reversed(once))


@given(POINTS, POINTS)
def test_aligned_cuts_at_every_change_of_either(
    left: list[tuple[float, float | None]], right: list[tuple[float, float | None]]
) -> None:
    """The integral of a sum is the sum of the integrals where both are known."""
    a, b = StepSeries.of(left), StepSeries.of(right)
    both = combine((a, b), lambda v: None if v[0] is None or v[1] is None else v[0] + v[1])
    direct = sum(length * value for length, value in both.known(0, 1000))
    assert abs(direct - sum(length * (x + y) for length, x, y in aligned(a, b, 0, 1000))) < 1e-6


@given(POINTS, st.lists(TIMES))
def test_one_pass_finds_what_each_search_finds(points: list[tuple[float, float | None]], times: list[float]) -> None:
    """The values at rising times, the same as at each time by itself."""
    series, times = StepSeries.of(points), sorted(times)
    assert list(series.at_each(times)) == [series.at(time) for time in times]
