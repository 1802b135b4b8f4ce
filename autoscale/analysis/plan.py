"""The planned rate of requests over time, and where it changes."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CHANGE_SHARE = 0.2  # a load change: at least this share of the highest rate ...
_LONGEST_S = 40 * 86400
CHANGE_WITHIN_S = 10  # ... within this time


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
    """Where the rate moves by 20 % of its maximum or more within 10 s; a long steep slope is one change."""
    grid = plan.every()
    rates = [rate for _, rate in grid]
    limit = CHANGE_SHARE * max(rates, default=0.0)
    if limit <= 0:
        return ()
    found: list[LoadChange] = []
    i = 1
    while i < len(grid):
        back = max(0, i - CHANGE_WITHIN_S)
        delta = rates[i] - rates[back]
        if abs(delta) < limit:
            i += 1
            continue
        last = _run(rates, i, delta > 0, limit)
        first = next(j for j in range(back + 1, i + 1) if abs(rates[j] - rates[back]) > 0.01 * limit)
        settled = max(range(first, last + 1), key=lambda j: rates[j] if delta > 0 else -rates[j])
        found.append(LoadChange(grid[first][0], grid[settled][0], rates[back], rates[settled]))
        i = last + 1
    return tuple(found)


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
