"""Histograms of a whole run in a few bytes a bucket, merged over any span when asked for.

A percentile is always taken from merged buckets, never averaged from other percentiles.
"""

import math
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Counts = dict[int, int]
_TOP = 65535  # an index is kept in 16 bits; with growth 1.02 that is far beyond any duration


@dataclass(frozen=True, slots=True)
class Scale:
    """Log buckets: bucket 0 is up to ``min_s``, bucket i from min_s * growth**(i-1) to min_s * growth**i."""

    min_s: float = 1e-4
    growth: float = 1.02

    def value(self, index: int) -> float:
        """The bucket's geometric middle in seconds; off by (growth - 1) / 2 at most."""
        return self.min_s if index <= 0 else self.min_s * math.exp((index - 0.5) * math.log(self.growth))

    def upper(self, index: int) -> float:
        """The bucket's upper edge in seconds."""
        return self.min_s * math.exp(max(index, 0) * math.log(self.growth))

    def index(self, seconds: float) -> int:
        """The bucket of a duration."""
        if not seconds > self.min_s:
            return 0
        return min(_TOP, math.ceil(math.log(seconds / self.min_s) / math.log(self.growth) - 1e-9))


def quantile(counts: Mapping[int, int], share: float, scale: Scale) -> float | None:
    """The ``share`` quantile (0..1) in seconds by nearest rank; None where there is no count."""
    total = sum(counts.values())
    if total <= 0:
        return None
    rank = max(1, math.ceil(share * total - 1e-9))
    for index in sorted(counts):
        rank -= counts[index]
        if rank <= 0:
            return scale.value(index)
    return scale.value(max(counts))


def share_above(counts: Mapping[int, int], bound_s: float, scale: Scale) -> float | None:
    """The share of counts whose bucket's middle lies above ``bound_s``; None where there is no count."""
    total = sum(counts.values())
    return sum(n for index, n in counts.items() if scale.value(index) > bound_s) / total if total else None


def merge(parts: Iterable[Mapping[int, int]]) -> Counts:
    """The sum of several histograms; the order does not matter."""
    merged: Counts = {}
    for part in parts:
        for index, n in part.items():
            merged[index] = merged.get(index, 0) + n
    return merged


@dataclass(slots=True)
class HistogramSeries:
    """One histogram a second (or several, from several workers), as flat arrays in order of arrival.

    ``second[i]`` (seconds since the epoch) owns ``index`` and ``count`` from ``begin[i]`` to ``begin[i + 1]``.
    """

    scale: Scale = field(default_factory=Scale)
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
        except (OverflowError, ValueError, TypeError):
            del self.index[mark:], self.count[mark:]
            self._add_each(buckets)
        self.second.append(second)
        self.begin.append(len(self.index))

    def _add_each(self, buckets: Mapping[str, int]) -> None:
        """The slow way, for buckets of which some are no histogram: those are left out."""
        for name, n in buckets.items():
            if str(name).isdigit() and isinstance(n, int) and 0 <= n < 2**32:
                self.index.append(min(int(name), _TOP))
                self.count.append(n)

    def merged(self, start: float = -math.inf, end: float = math.inf) -> Counts:
        """The sum of the histograms of the seconds in [start, end)."""
        merged: Counts = {}
        for i, second in enumerate(self.second):
            if start <= second < end:
                self._into(merged, i)
        return merged

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
            self._into(merged, i)
        return merged

    def _into(self, merged: Counts, i: int) -> None:
        begin, end = self.begin[i], self.begin[i + 1]
        for index, n in zip(self.index[begin:end], self.count[begin:end], strict=True):
            merged[index] = merged.get(index, 0) + n
