"""What was lost as pods went: failures in a span beyond those that happen all the time."""

import math
from collections.abc import Iterable, Sequence

from autoscale.analysis.intake.load import LoadCollector

AROUND_S = 30  # the usual share of a failure is taken from so long before and after a span
_NOISE = 3.0  # standard deviations of a count within which the usual share explains it

Span = tuple[float, float]


class Losses:
    """Failures of each second, each given away once."""

    def __init__(self, load: LoadCollector, spans: Sequence[Span]) -> None:
        self._load = load
        self._shrinking = {second for span in spans for second in self._seconds(*span)}
        self._taken: set[int] = set()

    def _seconds(self, start: float, end: float) -> range:
        """The seconds that a span touches."""
        phase = self._load.phase or 0.0
        return range(math.floor(start - phase), math.ceil(end - phase))

    def take(self, start: float, end: float) -> dict[str, int]:
        """Failures in a span by cause, less what the times around it explain; seconds taken before are left out."""
        seconds = [second for second in self._seconds(start, end) if second not in self._taken]
        self._taken.update(seconds)
        first, last = math.floor(start), math.ceil(end)
        around = [
            [s for s in self._seconds(*side) if s not in self._shrinking]
            for side in ((first - AROUND_S, first), (last, last + AROUND_S))
        ]
        lost = {cause: self._excess(cause, n, seconds, around) for cause, n in self._failed(seconds).items()}
        return {cause: n for cause, n in lost.items() if n}

    def _excess(self, cause: str, count: int, seconds: Iterable[int], around: Sequence[Sequence[int]]) -> int:
        """How many failures of one cause the usual share does not explain; of two shares the smaller one is usual."""
        shares = [self._failed(side).get(cause, 0) / total for side in around if (total := self._total(side))]
        expected = min(shares, default=0.0) * self._total(seconds)
        return 0 if count <= expected + _NOISE * math.sqrt(expected) else count - round(expected)

    def _failed(self, seconds: Iterable[int]) -> dict[str, int]:
        causes: dict[str, int] = {}
        for second in seconds:
            for cause, n in self._load.failed_by_second.get(second, {}).items():
                causes[cause] = causes.get(cause, 0) + n
        return causes

    def _total(self, seconds: Iterable[int]) -> int:
        """Requests that ended in these seconds."""
        rows = [self._load.seconds[second] for second in seconds if second in self._load.seconds]
        return sum((row[2] or 0) + (row[3] or 0) for row in rows)
