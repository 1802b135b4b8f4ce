"""Pods that came while it was recorded: what their counters held when they were first scraped, they counted since."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from autoscale.imports.prom.series import Series, owner

_MOST_STEPS = 2.0  # of the busiest pod's growth: a pod with more was there before, and only scraped late


class Birth(NamedTuple):
    """When a pod was first scraped, and when it cannot have counted yet: a step before."""

    before: float
    first: float


def born(counters: Sequence[Series]) -> dict[tuple[str, ...], Birth]:
    """The pods that were first seen after the others."""
    by_owner: dict[tuple[str, ...], list[Series]] = {}
    for one in counters:
        if one.labels.get("pod"):
            by_owner.setdefault(owner(one), []).append(one)
    steps = [(b[0] - a[0], b[1] - a[1]) for one in counters for a, b in pairwise(one.points)]
    if not steps:
        return {}
    step = median(took for took, _ in steps)
    most = _MOST_STEPS * max(grown for took, grown in steps if took <= step)
    begin = min(one.points[0][0] for one in counters)
    firsts = {pod: min(one.points[0] for one in some)[0] for pod, some in by_owner.items()}
    return {
        pod: Birth(max(begin, first - step), first)
        for pod, first in firsts.items()
        if first - begin > step / 2 and _held(by_owner[pod], first) <= most
    }


def _held(several: Sequence[Series], at: float) -> float:
    return sum(one.points[0][1] for one in several if one.points[0][0] == at)


def with_zero(series: Sequence[Series], births: Mapping[tuple[str, ...], Birth]) -> list[Series]:
    """The series of these pods with the zero that they began with."""
    return [
        Series(one.labels, [(birth.before, 0.0), *one.points])
        if (birth := births.get(owner(one))) and birth.first == one.points[0][0]
        else one
        for one in series
    ]
