"""What load rows add up to: per second, per pod, and how well the generator kept its plan."""

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field

from autoscale.analysis.histograms import INDEX, HistogramSeries
from autoscale.analysis.intake.clocks import Clocks
from autoscale.record import rows
from loadtest.histogram import Counts, merge
from loadtest.lines import PodShare

FIELDS = ("planned", "sent", "answered", "failed", "dropped", "in_flight")
BIN_S = 10
_CPU_ROWS = 10
AGES_S = (60.0, 120.0)
_MAX_HOLES = 100_000
_MAX_BINS = 40 * 86400 // BIN_S

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


@dataclass(slots=True)
class PodAnswers:
    """What one pod answered.

    ``bins``: answers per 10 s from the collector's first bin on; ``by_age``: response times while it was younger than
    each of AGES_S, older, and at an age not known.
    """

    n: int = 0
    failed: int = 0
    first_at: float | None = None
    last_second: int | None = None
    bins: "array[int]" = field(default_factory=lambda: array("I"))
    by_age: tuple[Counts, ...] = field(default_factory=lambda: ({}, {}, {}, {}))

    @property
    def response(self) -> Counts:
        """Its response times, at any age."""
        return merge(self.by_age)


@dataclass(slots=True)
class LoadCollector:
    """Sums over load rows as they stream by. Row order does not matter, repeated rows count once.

    Second ``s`` begins at ``s + phase``: the workers' seconds begin with the load, not with the wall clock's.
    """

    clocks: Clocks
    phase: float | None = None
    seconds: dict[int, list[Count]] = field(default_factory=dict)
    response: HistogramSeries = field(default_factory=HistogramSeries)
    service: HistogramSeries = field(default_factory=HistogramSeries)
    lag: HistogramSeries = field(default_factory=HistogramSeries)
    failures: dict[str, int] = field(default_factory=dict)
    failed_by_second: dict[int, dict[str, int]] = field(default_factory=dict)
    shards: dict[int, Shard] = field(default_factory=dict)
    pod_shards: dict[int, Shard] = field(default_factory=dict)
    pods: dict[str, PodAnswers] = field(default_factory=dict)
    first_bin: int | None = None
    duplicates: int = 0
    cpu_share: float | None = None

    def add(self, row: rows.Load) -> None:
        """Take one ``load`` row."""
        if not self._accept(row):
            return
        at = self.clocks.ours(row["at"], row["clk"])
        if self.phase is None:
            self.phase = self.response.phase = self.service.phase = self.lag.phase = at % 1.0
        second = math.floor(at - self.phase + 0.5)
        shard = self.shards[row["shard"]]
        shard.last_at = max(shard.last_at, at)
        self._count(second, row)
        self._cpu(shard, row["cpu_s"])
        self.lag.add(second, row["lag"])
        _by_age(self.response, second, row["response"])
        _by_age(self.service, second, row["service"])
        if row["by_pod"]:
            self._answers(second, row["by_pod"], row["clk"])

    def _accept(self, row: rows.Load | rows.PodLoad) -> bool:
        place = self.shards if row["k"] == "load" else self.pod_shards
        new = place.setdefault(row["shard"], Shard()).accept(row["seq"])
        self.duplicates += not new
        return new

    def _count(self, second: int, row: rows.Load) -> None:
        failed = row["failed"]
        total = None if failed is None else sum(failed.values())
        new = [row["planned"], row["sent"], row["answered"], total, row["dropped"], row["in_flight"]]
        if not all(value is None or isinstance(value, int) for value in new):
            raise TypeError("counts are whole numbers")
        if failed:
            causes = self.failed_by_second.setdefault(second, {})
            for cause, n in failed.items():
                self.failures[cause] = self.failures.get(cause, 0) + n
                causes[cause] = causes.get(cause, 0) + n
        old = self.seconds.get(second)
        self.seconds[second] = new if old is None else [_plus(a, b) for a, b in zip(old, new, strict=True)]

    def _cpu(self, shard: Shard, cpu_s: float | None) -> None:
        if cpu_s is None:
            return
        shard.cpu.append(cpu_s)
        if len(shard.cpu) >= _CPU_ROWS:
            share = sum(shard.cpu) / _CPU_ROWS
            self.cpu_share = share if self.cpu_share is None else max(self.cpu_share, share)
            del shard.cpu[0]

    def _answers(self, second: int, by_pod: Mapping[str, PodShare], clk: str) -> None:
        number = second // BIN_S
        if self.first_bin is None:
            self.first_bin = number
        place = number - self.first_bin
        pods = self.pods
        for name, share in by_pod.items():
            pod = pods.get(name)
            if pod is None:
                pod = pods[name] = PodAnswers()
            n = share["n"]
            pod.n += n
            pod.failed += share["failed"]
            if n:
                if pod.last_second is None or second > pod.last_second:
                    pod.last_second = second
                first = share["first_at"]
                if first is not None and (pod.first_at is None or pod.first_at > first):
                    pod.first_at = min(self.clocks.ours(first, clk), pod.first_at or math.inf)
            if 0 <= place < _MAX_BINS:
                if place >= len(pod.bins):
                    pod.bins.extend([0] * (place + 1 - len(pod.bins)))
                pod.bins[place] += n

    def add_pod(self, row: rows.PodLoad, started: float | None) -> None:
        """Take one ``pod_load`` row of a pod that became ready at ``started`` (None: not known)."""
        if not self._accept(row):
            return
        age = None if started is None else self.clocks.ours(row["at"], row["clk"]) - started
        place = len(AGES_S) + 1 if age is None else sum(age >= bound for bound in AGES_S)
        counts = self.pods.setdefault(row["pod"], PodAnswers()).by_age[place]
        indices = [INDEX[name] for name in row["response"]]
        for index, n in zip(indices, row["response"].values(), strict=True):
            counts[index] = counts.get(index, 0) + n

    def by_age(self) -> tuple[Counts, ...]:
        """Response times of pods younger than each of AGES_S, and older; those of unknown age are left out."""
        return tuple(merge(pod.by_age[i] for pod in self.pods.values()) for i in range(len(AGES_S) + 1))


def _by_age(series: HistogramSeries, second: int, ages: Mapping[str, Mapping[str, int]]) -> None:
    """Add each histogram to the second in which its requests were intended."""
    for age, buckets in ages.items():
        series.add(second - int(age), buckets)


def _plus(a: Count, b: Count) -> Count:
    """A sum of which one part is not known is not known."""
    return None if a is None or b is None else a + b
