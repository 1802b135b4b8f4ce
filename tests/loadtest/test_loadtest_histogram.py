"""The histogram of durations: its error bound, its merging and its JSON form."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest import histogram

durations = st.floats(min_value=histogram.MIN_S, max_value=10_000)
samples = st.lists(durations, min_size=1, max_size=200)


@given(durations)
def test_a_duration_lies_between_the_edges_of_its_bucket(seconds: float) -> None:
    """Bucket i holds what is above its lower edge and up to its upper edge, edges excepted for rounding."""
    index = histogram.bucket(seconds)
    assert seconds <= histogram.upper(index) * (1 + 1e-9)
    assert index == 0 or seconds >= histogram.upper(index - 1) * (1 - 1e-9)


@given(st.integers(min_value=0, max_value=900))
def test_an_upper_edge_belongs_to_its_bucket_and_the_next_value_does_not(index: int) -> None:
    """Buckets are closed above and open below."""
    assert histogram.bucket(histogram.upper(index)) == index
    assert histogram.bucket(histogram.upper(index) * 1.000001) == index + 1


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 1e-9, histogram.MIN_S])
def test_what_is_not_above_the_minimum_is_in_bucket_zero(seconds: float) -> None:
    """A lag of nothing, or a clock that steps back by a little, is counted and does not fail."""
    assert histogram.bucket(seconds) == 0


@given(samples, st.sampled_from([0.0, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0]))
def test_a_quantile_is_at_most_one_percent_from_the_exact_one(values: list[float], q: float) -> None:
    """The nearest-rank quantile of the histogram differs from that of the samples by at most 1 %."""
    exact = sorted(values)[max(1, math.ceil(q * len(values) - 1e-9)) - 1]
    estimate = histogram.quantile(histogram.of(values), q)
    assert estimate == pytest.approx(exact, rel=0.01)


@given(st.lists(samples, max_size=5), st.randoms())
def test_merging_in_any_order_gives_the_histogram_of_all_samples(parts: list[list[float]], random) -> None:
    """Workers and seconds may be added up as they come."""
    histograms = [histogram.of(part) for part in parts]
    shuffled = random.sample(histograms, len(histograms))
    everything = histogram.of([value for part in parts for value in part])
    assert histogram.merge(shuffled) == histogram.merge(histograms) == everything


def test_percentiles_come_from_the_sum_and_not_from_an_average() -> None:
    """A fast and a slow worker together have the p95 of all requests, not the mean of two p95s."""
    fast, slow = histogram.of([0.010] * 98), histogram.of([1.0] * 2)
    merged = histogram.merge([fast, slow])
    assert histogram.quantile(merged, 0.95) == pytest.approx(0.010, rel=0.01)
    assert histogram.quantile(merged, 0.99) == pytest.approx(1.0, rel=0.01)


@given(samples)
def test_the_json_form_reads_back_as_the_same_histogram(values: list[float]) -> None:
    """What stands in a record is what was counted."""
    counts = histogram.of(values)
    assert histogram.from_json(histogram.to_json(counts)) == counts
    assert histogram.count(counts) == len(values)


def test_an_empty_histogram_has_no_quantile() -> None:
    """No samples: unknown, not zero."""
    assert histogram.quantile({}, 0.5) is None
    assert histogram.share_within({}, 1.0) is None


def test_share_within_counts_whole_buckets_up_to_the_bound() -> None:
    """Three of four samples are within 100 ms; the fourth is just beyond the bound's bucket."""
    counts = histogram.of([0.01, 0.05, 0.1, 0.103])
    assert histogram.share_within(counts, 0.1) == 0.75
    with pytest.raises(ValueError, match="quantile"):
        histogram.quantile(counts, 1.1)
