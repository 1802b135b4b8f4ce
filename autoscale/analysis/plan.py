"""The planned rate of requests over time, and where it changes."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

CHANGE_SHARE = 0.2  # a load change: at least this share of the highest rate ...
_LONGEST_S = 40 * 86400
CHANGE_WITHIN_S = 10  # ... within this time
_GRID_S = 1.0
_EDGE_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class LoadChange:
    """A step (or steep slope) of the planned rate, requests per second before and after."""

    at: float
    until: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class PlannedRate:
    """Piecewise linear rate: ``times`` (seconds since the epoch, never falling) and ``rates`` (per second).

    Two points at one time are a jump; 0 before the first and after the last. ``measured``: taken from what was
    sent, because the record holds no plan.
    """

    times: tuple[float, ...] = ()
    rates: tuple[float, ...] = ()
    measured: bool = False

    def __bool__(self) -> bool:
        return bool(self.times)

    def at(self, time: float) -> float:
        """The rate at a time; at a jump the rate after it."""
        i = bisect_right(self.times, time) - 1
        if i < 0 or time > self.times[-1] or (i == len(self.times) - 1 and time > self.times[i]):
            return 0.0
        if i == len(self.times) - 1:
            return self.rates[i]
        width = self.times[i + 1] - self.times[i]
        return self.rates[i] + (self.rates[i + 1] - self.rates[i]) * (time - self.times[i]) / width

    def before(self, time: float) -> float:
        """The rate up to a time; at a jump the rate before it."""
        i = bisect_left(self.times, time)
        if i == 0 or i == len(self.times):
            return 0.0
        width = self.times[i] - self.times[i - 1]
        return self.rates[i - 1] + (self.rates[i] - self.rates[i - 1]) * (time - self.times[i - 1]) / width

    def due(self, until: float) -> float:
        """How much the plan asks for by a time: its integral."""
        ends = [(time, self.before(time), self.at(time)) for time in self.times if time < until]
        if not ends:
            return 0.0
        ends.append((min(until, self.times[-1]), self.before(min(until, self.times[-1])), 0.0))
        return sum((then - now) * (after + before) / 2 for (now, _, after), (then, before, _) in pairwise(ends))

    def every(self, step_s: float = 1.0) -> list[tuple[float, float]]:
        """(time, rate) on a grid over the whole plan, in one pass."""
        if not self.times:
            return []
        found: list[tuple[float, float]] = []
        i, time, count = 0, self.times[0], 0
        while time < self.times[-1]:
            while i + 1 < len(self.times) and self.times[i + 1] <= time:
                i += 1
            width = self.times[i + 1] - self.times[i]
            found.append((time, self.rates[i] + (self.rates[i + 1] - self.rates[i]) * (time - self.times[i]) / width))
            count += 1
            time = self.times[0] + count * step_s
        return found


def planned(points: Iterable[Sequence[float]], start: float) -> PlannedRate:
    """From the scenario's points [[seconds from the load's start, rate]]."""
    pairs = [(start + float(time), float(rate)) for time, rate in points if 0 <= time <= _LONGEST_S]
    if pairs != sorted(pairs, key=lambda pair: pair[0]):
        return PlannedRate()
    return PlannedRate(tuple(time for time, _ in pairs), tuple(rate for _, rate in pairs))


def measured(start: float, counts: Sequence[int | None]) -> PlannedRate:
    """From counts a second (the plan is not known): means over 10 s; unknown seconds are bridged."""
    times, rates = [], []
    for i in range(0, len(counts), CHANGE_WITHIN_S):
        part = [n for n in counts[i : i + CHANGE_WITHIN_S] if n is not None]
        if part:
            times += [start + i, min(start + i + CHANGE_WITHIN_S, start + len(counts))]
            rates += [sum(part) / len(part)] * 2
    return PlannedRate(tuple(times), tuple(rates), measured=True)


def load_changes(plan: PlannedRate) -> tuple[LoadChange, ...]:
    """Where the rate moves by 20 % of its maximum or more: within 10 s, or slowly on one long slope.

    A long steep slope is one change; a slow one is told only where none of its parts is steep.
    """
    grid = plan.every()
    limit = CHANGE_SHARE * max(plan.rates, default=0.0)
    if limit <= 0:
        return ()
    steep = _steep(grid, limit)
    slow = [
        slope
        for slope in _slopes(grid, limit)
        if not any(one.at <= slope.until and slope.at <= one.until and _up(one) == _up(slope) for one in steep)
    ]
    return tuple(_placed(plan, change) for change in sorted([*steep, *slow], key=lambda change: change.at))


def _up(change: LoadChange) -> bool:
    return change.after > change.before


def _placed(plan: PlannedRate, change: LoadChange) -> LoadChange:
    """The change from where the plan bends to where it bends again, instead of the next second of the grid."""
    near = _EDGE_SHARE * abs(change.after - change.before)
    begins = [
        time
        for time in _bends(plan, change.at - _GRID_S, change.at + _GRID_S)
        if abs(plan.before(time) - change.before) <= near or abs(plan.at(time) - change.before) <= 1e-9
    ]
    sign = 1 if _up(change) else -1
    ends = [
        time
        for time in _bends(plan, change.until - _GRID_S, change.until + _GRID_S)
        if sign * (plan.at(time) - change.after) >= -1e-9
    ]
    at = begins[-1] if begins else change.at
    until = max(at, ends[0]) if ends else change.until
    before = plan.before(at) if begins and at > plan.times[0] else change.before
    return LoadChange(at, until, before, plan.at(until) if ends else change.after)


def _bends(plan: PlannedRate, since: float, until: float) -> tuple[float, ...]:
    return plan.times[bisect_left(plan.times, since) : bisect_right(plan.times, until)]


def _steep(grid: Sequence[tuple[float, float]], limit: float) -> list[LoadChange]:
    rates = [rate for _, rate in grid]
    found: list[LoadChange] = []
    i = 1
    while i < len(grid):
        back = max(0, i - CHANGE_WITHIN_S)
        delta = rates[i] - rates[back]
        if abs(delta) < limit:
            i += 1
            continue
        last = _run(rates, i, delta > 0, limit)
        # the steep part alone: what came before it in these 10 s moved the rate by hardly anything
        first = max(j for j in range(back + 1, i + 1) if abs(rates[i] - rates[j - 1]) >= (1 - _EDGE_SHARE) * abs(delta))
        settled = max(range(first, last + 1), key=lambda j: rates[j] if delta > 0 else -rates[j])
        found.append(LoadChange(grid[first][0], grid[settled][0], rates[first - 1], rates[settled]))
        i = last + 1
    return found


def _slopes(grid: Sequence[tuple[float, float]], limit: float) -> Iterator[LoadChange]:
    """Long ways in one direction of at least ``limit``: a way ends where the rate turns back by half of it."""
    low = high = start = 0
    for i, (_, rate) in enumerate(grid):
        low = i if rate < grid[low][1] - 1e-9 else low
        high = i if rate > grid[high][1] + 1e-9 else high
        turned_down, turned_up = grid[high][1] - rate >= limit / 2, rate - grid[low][1] >= limit / 2
        if (high > low and turned_down) or (low > high and turned_up):
            yield from _slope(grid, start, max(low, high), limit)
            start = max(low, high)
            low, high = (start, i) if turned_up and low == start else (i, start)
    if grid:
        yield from _slope(grid, start, max(low, high), limit)


def _slope(grid: Sequence[tuple[float, float]], first: int, last: int, limit: float) -> Iterator[LoadChange]:
    before, after = grid[first][1], grid[last][1]
    if abs(after - before) >= limit - 1e-9:
        begin = max(j for j in range(first, last + 1) if abs(grid[j][1] - before) <= 1e-9)
        yield LoadChange(grid[begin][0], grid[last][0], before, after)


def _run(rates: Sequence[float], i: int, up: bool, limit: float) -> int:
    """The last index of the run from ``i`` on in which the rate keeps moving steeply in one direction."""
    sign = 1 if up else -1
    while i + 1 < len(rates) and sign * (rates[i + 1] - rates[max(0, i + 1 - CHANGE_WITHIN_S)]) >= limit:
        i += 1
    return i


def largest_rise(changes: Iterable[LoadChange]) -> LoadChange | None:
    """The change that adds most requests per second; the first of equals."""
    rises = [change for change in changes if change.after > change.before]
    return max(rises, key=lambda change: change.after - change.before, default=None)
