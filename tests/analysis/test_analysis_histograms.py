"""Histograms of a run: any span is the sum of its seconds, and quantiles are those of the merged buckets."""

import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.analysis.histograms import HistogramSeries
from loadtest.histogram import merge, quantile, quantiles

BUCKETS = st.dictionaries(st.integers(0, 400), st.integers(0, 50), min_size=1, max_size=2)


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_a_span_is_the_sum_of_its_seconds(seed: int, in_order: bool) -> None:
    """Whatever the order of arrival, every span holds the seconds whose middle lies in it, also of rows come late."""
    draw = random.Random(seed)
    seconds = [draw.randint(0, 9) for _ in range(200)]
    added = [(second, {draw.randint(0, 20): draw.randint(1, 50)}) for second in seconds]
    if in_order:
        added.sort(key=lambda one: one[0])
    series = HistogramSeries()
    for i, (second, buckets) in enumerate(added):
        if i == 100:
            assert series.merged() == merge(buckets for _, buckets in added[:100])
        series.add(second, {str(index): n for index, n in buckets.items()})
    for start, end in product(range(-1, 12), repeat=2):
        inside = merge(buckets for second, buckets in added if start <= second + 0.5 < end)
        assert series.merged(start, end) == inside


@given(BUCKETS, st.lists(st.floats(0, 1), max_size=6))
def test_several_quantiles_are_each_the_quantile(counts: dict[int, int], shares: list[float]) -> None:
    """Taken together or one by one, quantiles are the same; of nothing they are unknown."""
    assert quantiles(counts, shares) == [quantile(counts, share) for share in shares]
    assert quantiles({}, shares) == [None] * len(shares)


@pytest.mark.parametrize(
    "buckets", [{"5": 3, "x": 1}, {"5": 3, "-1": 1}, {"5": 3, "7": -1}, {"5": 3, "7": 1.5}, {"5": 3, "99999999": 1}]
)
def test_what_is_no_bucket_is_refused_and_leaves_nothing(buckets: dict[str, int]) -> None:
    """A name that is no index, or of a bucket beyond any duration, and a count that is none: the row makes no sense."""
    series = HistogramSeries()
    with pytest.raises(ValueError, match="no histogram"):
        series.add(1, buckets)
    series.add(2, {"5": 1})
    assert series.merged(1, 2) == {}
    assert series.merged(2, 3) == {5: 1}


@given(st.lists(st.dictionaries(st.integers(0, 20), st.integers(1, 9), min_size=1), min_size=1, max_size=6), st.data())
def test_quantiles_at_some_positions_are_those_of_the_sum(parts: list[dict[int, int]], data: st.DataObject) -> None:
    """Of one histogram, of neighbours and of any others, in any order, its buckets too."""
    series = HistogramSeries()
    for second, counts in enumerate(parts):
        series.add(second, {str(index): n for index, n in counts.items()})
    places = data.draw(st.lists(st.integers(0, len(parts) - 1), unique=True))
    whole = merge(parts[i] for i in places)
    assert series.of(places) == whole
    assert series.quantiles(places, (0.5, 0.99)) == quantiles(whole, (0.5, 0.99))
