"""Mergeable histogram of durations: logarithmic buckets, each 2 % wider than the one before.

A histogram is a plain ``{index: count}``. Bucket 0 holds everything up to ``MIN_S``; bucket i holds durations in
``(MIN_S * GROWTH**(i-1), MIN_S * GROWTH**i]``. A bucket is reported as its geometric middle, so any quantile above
``MIN_S`` is at most 1 % off (sqrt(1.02) - 1). Histograms of other workers, seconds or runs merge by adding counts;
percentiles are taken from the sum and never averaged.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from math import ceil, log

MIN_S = 1e-4
GROWTH = 1.02
SPEC = {"min_s": MIN_S, "growth": GROWTH}

Counts = dict[int, int]

_PER_LOG = 1 / log(GROWTH)
_EDGE = 1e-9  # a duration that is a bucket's upper edge up to rounding belongs to that bucket


def bucket(seconds: float) -> int:
    """The index of the bucket a duration falls into; zero and less fall into bucket 0."""
    if seconds <= MIN_S:
        return 0
    return ceil(log(seconds / MIN_S) * _PER_LOG - _EDGE)


def upper(index: int) -> float:
    """The upper edge of a bucket in seconds (it belongs to the bucket)."""
    return float(MIN_S * GROWTH**index)


def middle(index: int) -> float:
    """The duration that stands for a bucket, in seconds: its geometric middle; ``MIN_S`` for bucket 0."""
    return float(MIN_S * GROWTH ** (index - 0.5)) if index > 0 else MIN_S


def of(durations: Iterable[float]) -> Counts:
    """The histogram of some durations in seconds."""
    return dict(Counter(map(bucket, durations)))


def merge(histograms: Iterable[Mapping[int, int]]) -> Counts:
    """The sum of histograms, in any order."""
    total: Counter[int] = Counter()
    for counts in histograms:
        total.update(counts)
    return dict(total)


def count(histogram: Mapping[int, int]) -> int:
    """How many durations are in it."""
    return sum(histogram.values())


def rank(share: float, total: int) -> int:
    """The nearest rank of a quantile among ``total`` values in order, counted from 1."""
    return max(1, ceil(share * total - _EDGE))


def quantiles(histogram: Mapping[int, int], shares: Sequence[float]) -> list[float | None]:
    """Several quantiles (shares of 0 to 1, nearest rank) in seconds; None each for an empty histogram."""
    ordered = sorted(histogram)
    return quantiles_of(ordered, map(histogram.__getitem__, ordered), shares)


def quantiles_of(ordered: Sequence[int], counts: Iterable[int], shares: Sequence[float]) -> list[float | None]:
    """The same of buckets in order and as many counts."""
    for share in shares:
        if not 0 <= share <= 1:
            raise ValueError(f"quantile {share} is not between 0 and 1")
    sums = list(accumulate(counts))
    if not sums or sums[-1] <= 0:
        return [None] * len(shares)
    return [middle(ordered[bisect_left(sums, rank(share, sums[-1]))]) for share in shares]


def quantile(histogram: Mapping[int, int], share: float) -> float | None:
    """One of ``quantiles``."""
    return quantiles(histogram, (share,))[0]


def share_within(histogram: Mapping[int, int], seconds: float) -> float | None:
    """The share of durations up to ``seconds`` (of whole buckets below it); None for an empty histogram."""
    total = count(histogram)
    last = bucket(seconds)
    return sum(n for index, n in histogram.items() if index <= last) / total if total else None


def to_json(histogram: Mapping[int, int]) -> dict[str, int]:
    """The form it has in a record: keys as text, in order."""
    return {str(index): histogram[index] for index in sorted(histogram)}


def from_json(buckets: Mapping[str, int]) -> Counts:
    """The inverse of ``to_json``."""
    return {int(index): n for index, n in buckets.items()}
