"""Counts in bins of one width, kept in bounded memory, and the steps that they are."""

from collections import Counter
from dataclasses import dataclass

from loadtest.pieces import steps_between
from loadtest.plan import Point

LONGEST_S = 400 * 86400.0  # a year and a bit: nothing longer is one trace
_NICE = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)  # seconds
_MOST = 1500  # bins of a plan: it must travel
_KEPT = 200_000
LONGEST_S = 400 * 86400.0  # a year and a bit: nothing longer is one trace
_COARSER = {1: 10, 10: 60, 60: 600, 600: 3600}
_EACH = 10  # requests a bin should hold in the mean: fewer are noise, which a plan would repeat as spikes


@dataclass(frozen=True)
class Tally:
    """``counts[i]`` moments in the bin that begins at ``begin + i * width`` (seconds since the epoch)."""

    begin: int
    width: int
    counts: list[int]

    def steps(self, since: float = 0.0, until: float = float("inf")) -> list[Point]:
        """A rate that is constant within each bin from second ``since`` of the tally to ``until``: counts are kept."""
        first = int(since // self.width)
        part = self.counts[first : max(first + 1, int(-(-min(until, len(self.counts) * self.width) // self.width)))]
        by = self._together(part)
        sums = [sum(part[i : i + by]) for i in range(0, len(part), by)]
        edges = [float(min(i * by, len(part)) * self.width) for i in range(len(sums) + 1)]
        rates = [n / (right - left) for n, left, right in zip(sums, edges, edges[1:], strict=False)]
        return steps_between(edges, rates)

    def _together(self, part: list[int]) -> int:
        """How many neighbours make one bin of the plan."""
        span, total = len(part) * self.width, sum(part)
        fitting = [w for w in _NICE if w % self.width == 0 and span / w <= _MOST]
        dense = [w for w in fitting if total * w >= _EACH * span]
        chosen = min([*dense[:1], *[w for w in fitting if w <= max(span / 4, fitting[0])][-1:]]) if fitting else None
        return chosen // self.width if chosen else -(-len(part) // _MOST)


class Bins:
    """Counts moments (seconds since the epoch), in wider bins as they become many."""

    def __init__(self) -> None:
        self._width = 1
        self._counts: Counter[int] = Counter()
        self.first = float("inf")
        self.last = float("-inf")

    @property
    def total(self) -> int:
        """How many moments were counted."""
        return self._counts.total()

    def add(self, at: float, n: int = 1) -> None:
        """Count moments; ValueError where they span more than a year."""
        self.first, self.last = min(self.first, at), max(self.last, at)
        if not self.last - self.first < LONGEST_S:
            raise ValueError("more than 400 days from first to last")
        self._counts[int(at // self._width)] += n
        if len(self._counts) > _KEPT:
            self._widen(_COARSER[self._width])

    def _widen(self, width: int) -> None:
        wider: Counter[int] = Counter()
        for number, n in self._counts.items():
            wider[number * self._width // width] += n
        self._width, self._counts = width, wider

    def tally(self) -> Tally:
        """What was counted; the first bin begins with the first moment's second."""
        first, last = min(self._counts), max(self._counts)
        return Tally(first * self._width, self._width, [self._counts[i] for i in range(first, last + 1)])
