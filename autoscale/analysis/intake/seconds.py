"""The load second by second, from its rows: for the report of a whole record, for the live page as they come."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from autoscale.analysis.intake.clocks import Clocks
from autoscale.record.rows.load import Load
from loadtest.lines import Buckets

FIELDS = ("planned", "sent", "answered", "failed", "dropped", "in_flight")
_MAX_HOLES = 100_000
OLDEST_S = 40 * 86400

Count = int | None


@dataclass(slots=True)
class Shard:
    """One worker: the sequence it should have sent, and its CPU over the last rows."""

    last: int = -1
    holes: set[int] = field(default_factory=set)
    cpu: list[float] = field(default_factory=list)
    last_at: float = -math.inf

    def accept(self, seq: int) -> bool:
        """Whether a row is new; holes are remembered and closed when their row comes late."""
        if seq > self.last:
            self.holes.update(range(self.last + 1, min(seq, self.last + 1 + _MAX_HOLES)))
            self.last = seq
            return True
        if seq in self.holes:
            self.holes.remove(seq)
            return True
        return False


def shard_of(shards: dict[int, Shard], number: int) -> Shard:
    """A worker by its number, made when it is first heard of."""
    shard = shards.get(number)
    if shard is None:
        shard = shards[number] = Shard()
    return shard


@dataclass(slots=True)
class LoadSeconds:
    """The counts of FIELDS in each second. Row order does not matter, repeated rows count once.

    Second ``s`` begins at ``s + phase``: the workers' seconds begin with the load, not with the wall clock's. A sum of
    which one part is not known is not known. ``late_s``: how long after its second the latest row was heard.
    """

    clocks: Clocks
    phase: float | None = None
    seconds: dict[int, list[Count]] = field(default_factory=dict)
    shards: dict[int, Shard] = field(default_factory=dict)
    duplicates: int = 0
    late_s: float = 0.0

    def count(self, row: Load) -> int | None:
        """Count a row; its second, or None where it was had already. TypeError for counts that are none."""
        shard = shard_of(self.shards, row["shard"])
        if not shard.accept(row["seq"]):
            self.duplicates += 1
            return None
        at = self.clocks.ours(row["at"], row["clk"])
        if self.phase is None:
            self.phase = at % 1.0
        shard.last_at = max(shard.last_at, at)
        self.late_s = max(self.late_s, row["t"] - at)
        second = math.floor(at - self.phase + 0.5)
        failed = None if row["failed"] is None else sum(row["failed"].values())
        self.plus(second, [row["planned"], row["sent"], row["answered"], failed, row["dropped"], row["in_flight"]])
        return second

    def plus(self, second: int, new: list[Count]) -> None:
        """Add counts of FIELDS to a second. TypeError where they are none."""
        if not all(value is None or isinstance(value, int) for value in new):
            raise TypeError("counts are whole numbers")
        old = self.seconds.get(second)
        self.seconds[second] = new if old is None else [_plus(a, b) for a, b in zip(old, new, strict=True)]


def intended(second: int, ages: Mapping[str, Buckets]) -> Iterator[tuple[int, Buckets]]:
    """The histograms of a row, each with the second in which its requests were intended. ValueError for an age that
    is none."""
    for name, buckets in ages.items():
        if not 0 <= (age := int(name)) <= OLDEST_S:
            raise ValueError(f"{name} s is no age of a request")
        yield second - age, buckets


def _plus(a: Count, b: Count) -> Count:
    return None if a is None or b is None else a + b
