"""What load rows add up to: per second, per pod, and how well the generator kept its plan."""

import math
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from autoscale.analysis.histograms import HistogramSeries, Sums, indices
from autoscale.analysis.intake.ages import BIN_S, SideBySide
from autoscale.analysis.intake.seconds import LoadSeconds, Shard, intended, shard_of
from autoscale.record.rows.load import Load, PodLoad
from loadtest.histogram import Counts, merge
from loadtest.lines import Buckets, NameShare, PodShare

_CPU_ROWS = 10
AGES_S = (60.0, 120.0)
_MAX_BINS = 40 * 86400 // BIN_S


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
    by_age: tuple[Sums, ...] = field(default_factory=lambda: tuple(Sums() for _ in range(len(AGES_S) + 2)))

    @property
    def response(self) -> Counts:
        """Its response times, at any age."""
        return merge(sums.counts for sums in self.by_age)


@dataclass(slots=True)
class LoadCollector(LoadSeconds):
    """All that the report takes from load rows as they stream by, their seconds among it.

    ``names``: the same of each name of requests, where the rows have names: what ended, and what was dropped.
    ``unseen``, by cause: what a locustfile's clients sent and did not report. ``side_by_side``: response times of pods
    younger than the first of AGES_S beside those of older ones.
    """

    response: HistogramSeries = field(default_factory=HistogramSeries)
    service: HistogramSeries = field(default_factory=HistogramSeries)
    lag: HistogramSeries = field(default_factory=HistogramSeries)
    failures: dict[str, int] = field(default_factory=dict)
    failed_by_second: dict[int, dict[str, int]] = field(default_factory=dict)
    pod_shards: dict[int, Shard] = field(default_factory=dict)
    pods: dict[str, PodAnswers] = field(default_factory=dict)
    names: dict[str, "LoadCollector"] = field(default_factory=dict)
    first_bin: int | None = None
    cpu_share: float | None = None
    unseen: Counter[str] = field(default_factory=Counter)
    side_by_side: SideBySide = field(default_factory=SideBySide)

    def add(self, row: Load) -> None:
        """Take one ``load`` row."""
        second = self.count(row)
        if second is None:
            return
        self.response.phase = self.service.phase = self.lag.phase = self.phase or 0.0
        self._failures(second, row["failed"])
        self._cpu(self.shards[row["shard"]], row["cpu_s"])
        self.lag.add(second, row["lag"])
        _by_age(self.response, second, row["response"])
        _by_age(self.service, second, row["service"])
        for name, share in (row.get("journeys", {}) | row.get("by_name", {})).items():
            self._named(second, name, share)
        if "unseen" in row:
            self.unseen.update(row["unseen"])
        if row["by_pod"]:
            self._answers(second, row["by_pod"], row["clk"])

    def _named(self, second: int, name: str, share: NameShare) -> None:
        """What became of the requests of one name; how many of it were planned and sent is not said."""
        named = self.names.get(name)
        if named is None:
            named = self.names[name] = LoadCollector(self.clocks, phase=self.phase)
            named.response.phase = self.response.phase
        failed = share["failed"]
        named.plus(second, [None, None, share["answered"], sum(failed.values()), share.get("dropped"), None])
        named._failures(second, failed)
        _by_age(named.response, second, share["response"])

    def _failures(self, second: int, failed: Mapping[str, int] | None) -> None:
        if failed:
            causes = self.failed_by_second.setdefault(second, {})
            for cause, n in failed.items():
                self.failures[cause] = self.failures.get(cause, 0) + n
                causes[cause] = causes.get(cause, 0) + n

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
        inside = 0 <= place < _MAX_BINS
        pods = self.pods
        for name, share in by_pod.items():
            pod = pods.get(name)
            if pod is None:
                pod = pods[name] = PodAnswers()
            n = share["n"]
            pod.failed += share["failed"]
            if not n:
                continue
            pod.n += n
            if pod.last_second is None or second > pod.last_second:
                pod.last_second = second
            first = share["first_at"]
            if first is not None and (pod.first_at is None or pod.first_at > first):
                pod.first_at = min(self.clocks.ours(first, clk), pod.first_at or math.inf)
            if inside:
                bins = pod.bins
                if place >= len(bins):
                    bins.extend([0] * (place + 1 - len(bins)))
                bins[place] += n

    def add_pod(self, row: PodLoad, started: float | None) -> None:
        """Take one ``pod_load`` row of a pod that became ready at ``started`` (None: not known)."""
        if not shard_of(self.pod_shards, row["shard"]).accept(row["seq"]):
            self.duplicates += 1
            return
        at = self.clocks.ours(row["at"], row["clk"])
        age = None if started is None else at - started
        place = len(AGES_S) + 1 if age is None else bisect_right(AGES_S, age)
        pod = self.pods.get(row["pod"])
        if pod is None:
            pod = self.pods[row["pod"]] = PodAnswers()
        buckets, counts = indices(row["response"]), row["response"].values()
        pod.by_age[place].add(buckets, counts)
        if age is not None:
            self.side_by_side.add(at, buckets, counts, young=age < AGES_S[0])

    def by_age(self) -> tuple[Counts, ...]:
        """Response times of pods younger than each of AGES_S, and older; those of unknown age are left out."""
        return tuple(merge(pod.by_age[i].counts for pod in self.pods.values()) for i in range(len(AGES_S) + 1))


def _by_age(series: HistogramSeries, second: int, ages: Mapping[str, Buckets]) -> None:
    """Add each histogram to the second in which its requests were intended."""
    for number, buckets in intended(second, ages):
        series.add(number, buckets)
