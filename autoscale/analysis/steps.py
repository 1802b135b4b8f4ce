"""Piecewise-constant series: a value holds from its time until the next one."""

import heapq
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat
from operator import itemgetter

Value = float | None


@dataclass(frozen=True, slots=True)
class StepSeries:
    """``values[i]`` holds from ``times[i]`` until ``times[i + 1]``; before the first time, nothing is known.

    ``times`` rise strictly (seconds since the epoch); a None among the values is a span in which it is unknown.
    """

    times: tuple[float, ...] = ()
    values: tuple[Value, ...] = ()

    @staticmethod
    def of(points: Iterable[tuple[float, Value]]) -> "StepSeries":
        """From (time, value) in any order; of two values at one time the later given wins, repeats are dropped."""
        times: list[float] = []
        values: list[Value] = []
        for time, value in sorted(points, key=itemgetter(0)):
            if times and times[-1] == time:
                values[-1] = value
            else:
                times.append(time)
                values.append(value)
        keep = [i for i in range(len(times)) if i == 0 or values[i] != values[i - 1]]
        return StepSeries(tuple(times[i] for i in keep), tuple(values[i] for i in keep))

    def __bool__(self) -> bool:
        return bool(self.times)

    def at(self, time: float) -> Value:
        """The value at a time; None before the first."""
        i = bisect_right(self.times, time) - 1
        return self.values[i] if i >= 0 else None

    def at_each(self, times: Iterable[float]) -> Iterator[Value]:
        """``at`` each of some times, which rise."""
        i, last = -1, len(self.times) - 1
        for time in times:
            while i < last and self.times[i + 1] <= time:
                i += 1
            yield self.values[i] if i >= 0 else None

    def segments(self, start: float, end: float) -> Iterator[tuple[float, float, Value]]:
        """(from, until, value) covering [start, end) without a hole; what is not known is None."""
        if end <= start:
            return
        i = bisect_right(self.times, start) - 1
        time, value = start, (self.values[i] if i >= 0 else None)
        for j in range(i + 1, len(self.times)):
            if self.times[j] >= end:
                break
            if self.times[j] > time:
                yield time, self.times[j], value
            time, value = self.times[j], self.values[j]
        yield time, end, value

    def changes(self, start: float, end: float) -> Iterator[tuple[float, float, float]]:
        """(time, before, after) of every change between two known values in (start, end]."""
        for i in range(1, len(self.times)):
            before, after = self.values[i - 1], self.values[i]
            if start < self.times[i] <= end and before is not None and after is not None and before != after:
                yield self.times[i], before, after

    def known(self, start: float, end: float) -> list[tuple[float, float]]:
        """(duration, value) of the known part of [start, end)."""
        return [(until - since, value) for since, until, value in self.segments(start, end) if value is not None]

    def mean(self, start: float, end: float) -> Value:
        """Time-weighted mean over the known part; None when nothing is known."""
        parts = self.known(start, end)
        total = sum(length for length, _ in parts)
        return sum(length * value for length, value in parts) / total if total > 0 else None

    def highest(self, start: float, end: float) -> Value:
        """The largest known value in [start, end)."""
        return max((value for _, value in self.known(start, end)), default=None)

    def lowest(self, start: float, end: float) -> Value:
        """The smallest known value in [start, end)."""
        return min((value for _, value in self.known(start, end)), default=None)

    def first(self, holds: Callable[[float], bool], start: float, end: float) -> Value:
        """The first time in [start, end) at which the value satisfies ``holds``."""
        for since, _, value in self.segments(start, end):
            if value is not None and holds(value):
                return since
        return None

    def longest(self, holds: Callable[[float], bool], start: float, end: float) -> tuple[float, float] | None:
        """The longest unbroken span in [start, end) in which ``holds`` is true throughout."""
        best: tuple[float, float] | None = None
        for span in self.spans(holds, start, end):
            if best is None or span[1] - span[0] > best[1] - best[0]:
                best = span
        return best

    def spans(self, holds: Callable[[float], bool], start: float, end: float) -> Iterator[tuple[float, float]]:
        """Every unbroken (from, until) in [start, end) in which ``holds`` is true."""
        since: float | None = None
        for begin, _, value in self.segments(start, end):
            true = value is not None and holds(value)
            if true and since is None:
                since = begin
            elif not true and since is not None:
                yield since, begin
                since = None
        if since is not None:
            yield since, end


def aligned(left: StepSeries, right: StepSeries, start: float, end: float) -> Iterator[tuple[float, float, float]]:
    """(duration, left, right) over [start, end), cut at every change of either, where both are known."""
    for since, until, value in left.segments(start, end):
        if value is None:
            continue
        for begin, stop, other in right.segments(since, until):
            if other is not None:
                yield stop - begin, value, other


def combine(series: Iterable[StepSeries], function: Callable[[list[Value]], Value]) -> StepSeries:
    """One series that is ``function`` of the values of the others at each of their times."""
    several = list(series)
    times = sorted({time for one in several for time in one.times})
    values = zip(*(one.at_each(times) for one in several), strict=True)
    return StepSeries.of(zip(times, map(function, map(list, values)), strict=True))


def total(series: Iterable[StepSeries]) -> StepSeries:
    """The sum of several series over those that are known; unknown while none is. One pass over all changes."""
    changes = heapq.merge(*(zip(one.times, repeat(i), one.values) for i, one in enumerate(series)))
    now: dict[int, float] = {}
    points: list[tuple[float, float | None]] = []
    whole = 0.0
    for time, i, value in changes:
        whole -= now.pop(i, 0.0)
        if value is not None:
            now[i] = value
            whole += value
        points.append((time, round(whole, 6) if now else None))
    return StepSeries.of(points)
