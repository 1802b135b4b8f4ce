"""Prometheus' native histograms as the series of a classic one: a count, and buckets by their upper bounds.

A range answer has ``histograms`` beside ``values``: [time, {count, sum, buckets: [[rule, lower, upper, n], ...]}],
empty buckets left out (prometheus.io/docs/prometheus/latest/querying/api, "Native histograms").
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from autoscale.imports.building import number
from loadtest.traces.times import moment


class Sample(NamedTuple):
    """A histogram at a time: how many there were, and (lower, upper, how many) of its buckets, in order."""

    at: float
    total: float
    buckets: list[tuple[float, float, float]]


Points = list[tuple[float, float]]


def samples(found: Any) -> list[Sample]:
    """The histograms of one series; what is none is left out."""
    every = [_sample(pair) for pair in (found if isinstance(found, list) else ())]
    return [one for one in every if one is not None]


def _sample(pair: Any) -> Sample | None:
    if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], dict)):
        return None
    at, count = moment(str(pair[0])), number(pair[1].get("count"))
    if at is None or count is None:
        return None
    buckets = []
    for bucket in pair[1].get("buckets") or []:
        if not (isinstance(bucket, list) and len(bucket) == 4):
            return None
        _, *numbers = (number(part) for part in bucket)
        lower, upper, n = numbers
        if lower is None or upper is None or n is None:
            return None
        buckets.append((lower, upper, n))
    return Sample(at, count, sorted(buckets))


def classic(series: Sequence[tuple[Mapping[str, str], Sequence[Sample]]]) -> list[tuple[dict[str, str], Points]]:
    """Labels and points of counts and buckets of histograms of one name.

    A histogram may become coarser on its way: a bound that lies inside a bucket of any sample is none of all.
    """
    every = [one for _, some in series for one in some]
    uppers = {upper for one in every for _, upper, _ in one.buckets}
    wide = {(lower, upper) for one in every for lower, upper, _ in one.buckets}
    bounds = sorted(bound for bound in uppers if not any(lower < bound < upper for lower, upper in wide))
    found: list[tuple[dict[str, str], Points]] = []
    for labels, some in series:
        name = labels.get("__name__", "")
        counts = [(one.at, one.total) for one in some]
        found.append(({**labels, "__name__": f"{name}_count"}, counts))
        found.append(({**labels, "__name__": f"{name}_bucket", "le": "+Inf"}, counts))
        for bound in bounds:
            below = [(one.at, sum(n for _, upper, n in one.buckets if upper <= bound)) for one in some]
            found.append(({**labels, "__name__": f"{name}_bucket", "le": repr(bound)}, below))
    return found
