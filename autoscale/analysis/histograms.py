"""Histograms of a whole run in a few bytes a bucket, merged over any span when asked for.

A percentile is always taken from merged buckets, never averaged from other percentiles.
"""

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from loadtest.histogram import Counts, merge, quantiles, quantiles_of

_TOP = 2000  # with growth 1.02 that is beyond any duration, and still a number of seconds
INDEX = {str(index): index for index in range(_TOP + 1)}  # from a bucket's name in a record
_BLOCK = 64  # histograms whose sum is kept, so that a long span is the sum of few


def indices(buckets: Iterable[str]) -> list[int]:
    """The indices of buckets by their names in a record; KeyError for what is none."""
    return list(map(INDEX.__getitem__, buckets))


@dataclass(slots=True)
class Sums:
    """The sum of histograms, ``by_bucket``: a list is quicker than a dictionary, and not larger."""

    by_bucket: list[int] = field(default_factory=list)

    def add(self, indices: Sequence[int], counts: Iterable[int]) -> None:
        """Add one histogram: its buckets and as many counts."""
        sums = self.by_bucket
        if indices and (lacking := max(indices) + 1 - len(sums)) > 0:
            sums.extend([0] * lacking)
        for index, n in zip(indices, counts, strict=True):
            sums[index] += n

    @property
    def counts(self) -> Counts:
        """The sum as a histogram."""
        return {index: n for index, n in enumerate(self.by_bucket) if n}


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
    blocks: list[tuple[int, int, Counts]] = field(default_factory=list, repr=False, compare=False)

    def add(self, second: int, buckets: Mapping[str, int]) -> None:
        """Append one second's buckets as a row of the record holds them ({str(index): count}). ValueError where one
        of them is no bucket, or its count none; nothing is then appended."""
        if not buckets:
            return
        mark = len(self.index)
        try:
            self.index.fromlist(indices(buckets))
            self.count.fromlist(list(buckets.values()))
        except (OverflowError, KeyError, TypeError) as error:
            del self.index[mark:]
            raise ValueError(f"this is no histogram: {error!r}") from error
        self.second.append(second)
        self.begin.append(len(self.index))

    def merged(self, start: float = -math.inf, end: float = math.inf) -> Counts:
        """The sum of the histograms of the seconds whose middle lies in [start, end)."""
        low, high = start - self.phase - 0.5, end - self.phase - 0.5
        self._sum_blocks()
        parts = []
        for place in range(0, len(self.second), _BLOCK):
            block = place // _BLOCK
            first, last, counts = self.blocks[block] if block < len(self.blocks) else (-math.inf, math.inf, {})
            if low <= first and last < high:
                parts.append(counts)
            elif first < high and low <= last:
                positions = range(place, min(place + _BLOCK, len(self.second)))
                parts.append(self.of([i for i in positions if low <= self.second[i] < high]))
        return merge(parts)

    def _sum_blocks(self) -> None:
        """Sum up the whole blocks that are not yet: (first second, last second, counts)."""
        for block in range(len(self.blocks), len(self.second) // _BLOCK):
            positions = range(block * _BLOCK, (block + 1) * _BLOCK)
            seconds = self.second[positions.start : positions.stop]
            self.blocks.append((min(seconds), max(seconds), self.of(positions)))

    def by_second(self) -> dict[int, list[int]]:
        """Second -> positions of its histograms."""
        found: dict[int, list[int]] = {}
        for i, second in enumerate(self.second):
            found.setdefault(second, []).append(i)
        return found

    def of(self, positions: Sequence[int]) -> Counts:
        """The sum of the histograms at some positions (see ``by_second``)."""
        if len(positions) == 1:
            return dict(zip(*self._one(positions[0]), strict=True))
        return self._sums(positions).counts

    def quantiles(self, positions: Sequence[int], shares: Sequence[float]) -> list[float | None]:
        """``loadtest.histogram.quantiles`` of the sum of the histograms at some positions."""
        if len(positions) != 1:
            sums = self._sums(positions).by_bucket
            return quantiles_of(range(len(sums)), sums, shares)
        index, count = self._one(positions[0])
        if index == sorted(index):  # as the generator writes them
            return quantiles_of(index, count, shares)
        return quantiles(dict(zip(index, count, strict=True)), shares)

    def _one(self, position: int) -> tuple[list[int], list[int]]:
        """Buckets of one histogram, each there once, and their counts."""
        part = slice(self.begin[position], self.begin[position + 1])
        return self.index[part].tolist(), self.count[part].tolist()

    def _sums(self, positions: Iterable[int]) -> Sums:
        sums = Sums()
        for part in self._parts(positions):
            sums.add(self.index[part].tolist(), self.count[part].tolist())
        return sums

    def _parts(self, positions: Iterable[int]) -> Iterator[slice]:
        """Where the histograms at some positions are; of those that stand side by side, as most do, one part."""
        begin = end = 0
        for i in positions:
            if self.begin[i] != end:
                yield slice(begin, end)
                begin = self.begin[i]
            end = self.begin[i + 1]
        yield slice(begin, end)

    def above(self, positions: Iterable[int], last: int) -> int:
        """How many counts at some positions lie in buckets beyond ``last``."""
        found = 0
        for i in positions:
            begin, end = self.begin[i], self.begin[i + 1]
            for index, n in zip(self.index[begin:end], self.count[begin:end], strict=True):
                if index > last:
                    found += n
        return found
