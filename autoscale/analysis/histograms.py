"""Histograms of a whole run in a few bytes a bucket, merged over any span when asked for.

A percentile is always taken from merged buckets, never averaged from other percentiles.
"""

import math
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from loadtest.histogram import Counts

_TOP = 2000  # with growth 1.02 that is beyond any duration, and still a number of seconds


@dataclass(slots=True)
class HistogramSeries:
    """One histogram a second (or several, from several workers), as flat arrays in order of arrival.

    Second ``second[i]`` begins at ``second[i] + phase`` (seconds since the epoch) and owns ``index`` and ``count`` from
    ``begin[i]`` to ``begin[i + 1]``.
    Buckets are those of ``loadtest.histogram``.
    """

    phase: float = 0.0
    second: "array[int]" = field(default_factory=lambda: array("q"))
    begin: "array[int]" = field(default_factory=lambda: array("Q", [0]))
    index: "array[int]" = field(default_factory=lambda: array("H"))
    count: "array[int]" = field(default_factory=lambda: array("I"))

    def add(self, second: int, buckets: Mapping[str, int]) -> None:
        """Append one second's buckets as a row of the record holds them ({str(index): count})."""
        if not buckets:
            return
        mark = len(self.index)
        try:
            self.index.extend(map(int, buckets))
            self.count.extend(buckets.values())
            if max(self.index[mark:]) > _TOP:
                raise OverflowError
        except (OverflowError, ValueError, TypeError):
            del self.index[mark:], self.count[mark:]
            self._add_each(buckets)
        self.second.append(second)
        self.begin.append(len(self.index))

    def _add_each(self, buckets: Mapping[str, int]) -> None:
        """The slow way, for buckets of which some are no histogram: those are left out."""
        for name, n in buckets.items():
            if str(name).isdecimal() and isinstance(n, int) and 0 <= n < 2**31:
                self.index.append(min(int(name), _TOP))
                self.count.append(n)

    def merged(self, start: float = -math.inf, end: float = math.inf) -> Counts:
        """The sum of the histograms of the seconds whose middle lies in [start, end)."""
        low, high = start - self.phase - 0.5, end - self.phase - 0.5
        return self.of(i for i, second in enumerate(self.second) if low <= second < high)

    def by_second(self) -> dict[int, list[int]]:
        """Second -> positions of its histograms."""
        found: dict[int, list[int]] = {}
        for i, second in enumerate(self.second):
            found.setdefault(second, []).append(i)
        return found

    def of(self, positions: Iterable[int]) -> Counts:
        """The sum of the histograms at some positions (see ``by_second``)."""
        merged: Counts = {}
        for i in positions:
            begin, end = self.begin[i], self.begin[i + 1]
            pairs = zip(self.index[begin:end], self.count[begin:end], strict=True)
            if not merged:
                merged = dict(pairs)  # one histogram has every bucket once
                continue
            for index, n in pairs:
                merged[index] = merged.get(index, 0) + n
        return merged

    def above(self, positions: Iterable[int], last: int) -> int:
        """How many counts at some positions lie in buckets beyond ``last``."""
        found = 0
        for i in positions:
            begin, end = self.begin[i], self.begin[i + 1]
            for index, n in zip(self.index[begin:end], self.count[begin:end], strict=True):
                if index > last:
                    found += n
        return found
