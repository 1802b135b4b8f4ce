"""Response times of young pods beside those of older ones at the same time, for what is slow only because all was."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from autoscale.analysis.histograms import Sums
from loadtest.histogram import Counts, merge

BIN_S = 10
_KEPT = 12  # spans of which the older pods' answers wait for a young one's, which another worker may tell of later

Part = tuple[Sequence[int], Iterable[int]]


@dataclass(slots=True)
class SideBySide:
    """Sums of the spans of BIN_S in which both answered. Most spans have no young pod, so those of older pods are only
    added up once one is there, and forgotten when their span is two minutes past."""

    young: dict[int, Sums] = field(default_factory=dict)
    old: dict[int, Sums] = field(default_factory=dict)
    waiting: dict[int, list[Part]] = field(default_factory=dict)

    def add(self, at: float, buckets: Sequence[int], counts: Iterable[int], *, young: bool) -> None:
        """One pod's answers of about BIN_S, by bucket; ``counts`` may be read again later."""
        number = round(at / BIN_S)
        if not young:
            if number not in self.waiting:
                self._settle(number - _KEPT)
            self.waiting.setdefault(number, []).append((buckets, counts))
        elif buckets:
            self.young.setdefault(number, Sums()).add(buckets, counts)

    def _settle(self, before: int) -> None:
        """Add up what stands beside a young pod's answers, of the spans before one; forget the rest of them."""
        for number in [number for number in self.waiting if number < before]:
            parts = self.waiting.pop(number)
            if number in self.young:
                sums = self.old.setdefault(number, Sums())
                for part in parts:
                    sums.add(*part)

    def sums(self) -> tuple[Counts, Counts]:
        """Of the young pods and of the older ones."""
        self._settle(max(self.waiting, default=0) + 1)
        both = [number for number in self.young if number in self.old and any(self.old[number].by_bucket)]
        return merge(self.young[number].counts for number in both), merge(self.old[number].counts for number in both)
