"""What happened within a second of the load, and to the requests of each kind."""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from loadtest.histogram import Counts, merge

Histogram = defaultdict[int, int]
Ages = defaultdict[int, Histogram]


def histogram() -> Histogram:
    """An empty one: bucket -> count."""
    return defaultdict(int)


def _ages() -> Ages:
    return defaultdict(histogram)


@dataclass(slots=True)
class Share:
    """One pod's answers within a second; ``span`` are its response times of the ten seconds so far."""

    first: float
    span: Histogram
    n: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Kind:
    """A kind of request, as the scenario names it."""

    method: str
    name: str


@dataclass(slots=True)
class Ended:
    """The requests of one kind that ended within a second.

    ``response`` of those answered as expected, by age; ``lost`` the same times of the others. All of them: ``total_s``,
    ``least_s`` and ``most_s`` from intended start to end, ``length`` bytes of bodies. ``dropped`` were never sent.
    """

    response: Ages = field(default_factory=_ages)
    failed: Counter[str] = field(default_factory=Counter)
    lost: Histogram = field(default_factory=histogram)
    total_s: float = 0.0
    least_s: float = math.inf
    most_s: float = 0.0
    length: int = 0
    dropped: int = 0

    def add(self, seconds: float, length: int) -> None:
        """One more, with its time and its bytes."""
        self.total_s += seconds
        self.length += length
        if seconds < self.least_s:
            self.least_s = seconds
        if seconds > self.most_s:
            self.most_s = seconds

    @property
    def answered(self) -> int:
        """How many were answered as expected."""
        return sum(sum(counts.values()) for counts in self.response.values())

    @property
    def times(self) -> Counts:
        """The times of all of them."""
        return merge([*self.response.values(), self.lost])


@dataclass(slots=True)
class Second:
    """The counts of one second."""

    sent: int = 0
    dropped: int = 0
    lag: Histogram = field(default_factory=histogram)
    service: Ages = field(default_factory=_ages)
    ended: defaultdict[Kind, Ended] = field(default_factory=lambda: defaultdict(Ended))
    journeys: defaultdict[Kind, Ended] = field(default_factory=lambda: defaultdict(Ended))
    unseen: Counter[str] = field(default_factory=Counter)
    by_pod: dict[str, Share] = field(default_factory=dict)

    @property
    def answered(self) -> int:
        """How many requests were answered as expected."""
        return sum(ended.answered for ended in self.ended.values())

    @property
    def failed(self) -> Counter[str]:
        """How many ended otherwise, by cause."""
        return sum((ended.failed for ended in self.ended.values()), Counter())


ANY = Kind("", "")
