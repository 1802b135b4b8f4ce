"""The functions of PromQL that adapter rules use, over (time, value) samples in order of time.

Source: promql/functions.go of Prometheus 3 (``extrapolatedRate``).
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

Samples = Sequence[tuple[float, float]]
_EXTRAPOLATION_LIMIT = 1.1  # of the mean distance of samples: beyond that the series is taken to begin or end within


def increase(samples: Samples, start: float, end: float) -> float | None:
    """How much a counter grew in the range, extrapolated to its edges; None of less than two samples."""
    if len(samples) < 2:
        return None
    (first_t, first), (last_t, last) = samples[0], samples[-1]
    grown = last - first + sum(before for (_, before), (_, after) in pairwise(samples) if after < before)
    sampled = last_t - first_t
    if sampled <= 0:
        return None
    mean = sampled / (len(samples) - 1)
    to_start, to_end = first_t - start, end - last_t
    if to_start >= mean * _EXTRAPOLATION_LIMIT:
        to_start = mean / 2
    if grown > 0 and first >= 0:
        to_start = min(to_start, sampled * first / grown)  # a counter was never below zero
    if to_end >= mean * _EXTRAPOLATION_LIMIT:
        to_end = mean / 2
    return grown * (sampled + to_start + to_end) / sampled


def rate(samples: Samples, start: float, end: float) -> float | None:
    """``increase`` per second."""
    grown = increase(samples, start, end)
    return None if grown is None else grown / (end - start)


def irate(samples: Samples, _start: float, _end: float) -> float | None:
    """The growth between the last two samples, per second."""
    if len(samples) < 2 or samples[-1][0] <= samples[-2][0]:
        return None
    (before_t, before), (t, value) = samples[-2:]
    return (value if value < before else value - before) / (t - before_t)


def _over(function: Callable[[Sequence[float]], float]) -> Callable[[Samples, float, float], float | None]:
    def of(samples: Samples, _start: float, _end: float) -> float | None:
        return function([value for _, value in samples]) if samples else None

    return of


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


RANGE_FUNCTIONS: Mapping[str, Callable[[Samples, float, float], float | None]] = {
    "rate": rate,
    "irate": irate,
    "increase": increase,
    "avg_over_time": _over(_mean),
    "max_over_time": _over(max),
    "min_over_time": _over(min),
}
"""``function(samples, start, end)`` of a range; None where it says nothing."""

AGGREGATIONS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "sum": sum,
    "avg": _mean,
    "max": max,
    "min": min,
    "count": lambda values: float(len(values)),
}
