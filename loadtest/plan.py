"""The load as a function of time, and the moments at which its requests are due.

A plan is a piecewise linear rate. Its integral is the number of requests due so far; its inverse gives the moment
of each: request n (counted from 0) is due when the integral reaches n + 1/2, so after any time the number of
requests differs from the integral by at most a half, and nothing drifts. With Poisson arrivals the n-th request is
due when the integral reaches a sum of n + 1 unit exponentials instead (time rescaling), the same ones for one seed.
"""

import math
import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count, islice, pairwise
from typing import Literal

Point = tuple[float, float]
Arrivals = Literal["uniform", "poisson"]


@dataclass(frozen=True)
class Stage:
    """A named span of the plan, in seconds from the start of the load."""

    name: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class RatePlan:
    """A piecewise linear rate: ``points`` are (second, requests per second), the first at second 0.

    Two points at one second are a jump. ``stages`` name spans of it. ValueError for points that go back in time,
    rates below zero or not finite, and fewer than two points.
    """

    points: tuple[Point, ...]
    stages: tuple[Stage, ...] = ()

    def __post_init__(self) -> None:
        if len(self.points) < 2 or self.points[0][0] != 0:
            raise ValueError("a plan needs at least two points, the first at second 0")
        if any(later < earlier for (earlier, _), (later, _) in pairwise(self.points)):
            raise ValueError("the points of a plan must not go back in time")
        if not all(math.isfinite(t) and math.isfinite(rate) and rate >= 0 for t, rate in self.points):
            raise ValueError("a rate must be finite and not below zero")

    @property
    def duration_s(self) -> float:
        """How long the load lasts."""
        return self.points[-1][0]

    @property
    def peak(self) -> float:
        """The highest rate in requests per second."""
        return max(rate for _, rate in self.points)

    @cached_property
    def _times(self) -> list[float]:
        return [t for t, _ in self.points]

    @cached_property
    def _cumulative(self) -> list[float]:
        total, sums = 0.0, [0.0]
        for (t0, r0), (t1, r1) in pairwise(self.points):
            total += (t1 - t0) * (r0 + r1) / 2
            sums.append(total)
        return sums

    @property
    def total(self) -> float:
        """The integral over the whole plan: how many requests it asks for."""
        return self._cumulative[-1]

    def rate(self, t: float) -> float:
        """Requests per second at second ``t`` (after the jump, where there is one); 0 outside the plan."""
        if not 0 <= t <= self.duration_s:
            return 0.0
        index = min(bisect_right(self._times, t), len(self.points) - 1)
        (t0, r0), (t1, r1) = self.points[index - 1], self.points[index]
        return r1 if t1 == t0 else r0 + (r1 - r0) * (t - t0) / (t1 - t0)

    def rate_before(self, t: float) -> float:
        """Requests per second just before second ``t`` (0 < t <= duration), which differs from ``rate`` at a jump."""
        index = max(1, bisect_left(self._times, t))
        (t0, r0), (t1, r1) = self.points[index - 1], self.points[index]
        return r1 if t1 == t0 else r0 + (r1 - r0) * (t - t0) / (t1 - t0)

    def integral(self, t: float) -> float:
        """How many requests are due in the first ``t`` seconds."""
        t = min(max(t, 0.0), self.duration_s)
        index = min(bisect_right(self._times, t), len(self.points) - 1)
        t0, r0 = self.points[index - 1]
        return (
            self._cumulative[index - 1] + (t - t0) * (r0 + self.rate(t)) / 2 if t > t0 else self._cumulative[index - 1]
        )

    def moment(self, requests: float) -> float:
        """The inverse of ``integral``: the first second by which so many requests are due.

        ValueError outside 0 to ``total``. The root is taken in the form that needs no division by the slope.
        """
        if not 0 <= requests <= self.total:
            raise ValueError(f"{requests} is not between 0 and the plan's {self.total} requests")
        index = bisect_left(self._cumulative, requests)
        if index == 0:
            return 0.0
        (t0, r0), (t1, r1) = self.points[index - 1], self.points[index]
        area = requests - self._cumulative[index - 1]
        slope = (r1 - r0) / (t1 - t0)
        return min(t1, t0 + 2 * area / (r0 + math.sqrt(max(0.0, r0 * r0 + 2 * slope * area))))

    def arrivals(self, kind: Arrivals = "uniform", seed: int = 0) -> Iterator[float]:
        """The moments at which requests are due, in seconds from the start, in order."""
        return (moment for _, moment in self.shard(0, 1, kind, seed))

    def shard(self, index: int, shards: int, kind: Arrivals = "uniform", seed: int = 0) -> Iterator[tuple[int, float]]:
        """The part of worker ``index`` of ``shards``: (n, moment) of each arrival n with n mod shards = index."""
        needs = _exponential_sums(seed) if kind == "poisson" else (n + 0.5 for n in count())
        return self._moments(islice(enumerate(needs), index, None, shards))

    def _moments(self, needs: Iterable[tuple[int, float]]) -> Iterator[tuple[int, float]]:
        """(n, ``moment(need)``) of needs that only grow, up to the plan's end: each piece of it is looked up once."""
        total, end = self.total, -1.0
        t0 = t1 = r0 = slope = begin = 0.0
        for n, need in needs:
            if need > end:
                if need > total:
                    return
                index = max(1, bisect_left(self._cumulative, need))
                (t0, r0), (t1, r1) = self.points[index - 1], self.points[index]
                begin, end = self._cumulative[index - 1], self._cumulative[index]
                slope = (r1 - r0) / (t1 - t0)
            area = need - begin
            yield n, min(t1, t0 + 2 * area / (r0 + math.sqrt(max(0.0, r0 * r0 + 2 * slope * area)))) if need else 0.0

    def times(self, factor: float) -> "RatePlan":
        """The same plan with every rate multiplied."""
        return RatePlan(tuple((t, rate * factor) for t, rate in self.points), self.stages)

    def stretched(self, factor: float) -> "RatePlan":
        """The same rates, lasting ``factor`` times as long."""
        stages = (Stage(s.name, s.start_s * factor, s.end_s * factor) for s in self.stages)
        return RatePlan(tuple((t * factor, rate) for t, rate in self.points), tuple(stages))


def _exponential_sums(seed: int) -> Iterator[float]:
    draw, total = random.Random(seed), 0.0
    while True:
        total += draw.expovariate(1.0)
        yield total


def join(parts: Iterable[tuple[str, Iterable[Point]]]) -> RatePlan:
    """Named pieces one after the other; each piece's points start at its own second 0 and become a stage."""
    points: list[Point] = []
    stages: list[Stage] = []
    start = 0.0
    for name, piece in parts:
        shifted = [(start + t, rate) for t, rate in piece]
        points += shifted[1:] if points and points[-1] == shifted[0] else shifted
        stages.append(Stage(name, start, shifted[-1][0]))
        start = shifted[-1][0]
    return RatePlan(tuple(points), tuple(stages))
