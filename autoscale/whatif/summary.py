"""What one modelled run comes to: pods over time, answers by span, and percentiles from merged histograms."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from autoscale.analysis.steps import StepSeries
from autoscale.hpa import Decision
from autoscale.whatif import engine, fast
from autoscale.whatif.control import Pod
from autoscale.whatif.service import Load, Span
from autoscale.whatif.traffic import Traffic
from loadtest.histogram import Counts, quantiles

CURVE_S = 15.0
_MOST = 400


def edges(load: Load) -> list[float]:
    """Where the load's time is cut, in seconds from its start: at its stages' borders, and every 15 s for curves."""
    width = max(CURVE_S, load.duration_s / _MOST)
    cuts = {width * i for i in range(math.ceil(load.duration_s / width))}
    cuts |= {edge for _, start, end in load.stages for edge in (start, end) if 0 <= edge < load.duration_s}
    return sorted({0.0, *cuts})


@dataclass
class Summary:
    """A witness that counts. ``cuts``: spans of the load in seconds from its start, by intended time."""

    span: Span
    load: Load
    compiled: bool = field(default_factory=fast.available)
    desired: list[tuple[float, float]] = field(default_factory=list)
    ready: list[tuple[float, float]] = field(default_factory=list)
    bound: dict[str, int] = field(default_factory=dict)
    decisions: list[tuple[float, int, int, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cuts = edges(self.load)
        whole = fast.whole if self.compiled else (lambda n: [0] * n)
        self._cuts: Any = list(self.cuts)
        if self.compiled:
            self._cuts = fast.array(self._cuts)
        self._tally = fast.compiled()[1] if self.compiled else engine.tally
        self.histogram: Any = whole(len(self.cuts) * engine.BUCKETS)
        self.counts: Any = whole(len(self.cuts) * 4)
        self._ready = 0
        self.in_flight = 0

    def requests(self, traffic: Traffic) -> None:
        """Count what ended."""
        n = int(traffic.world.totals[engine.N_OUT])
        self.in_flight = traffic.in_flight
        self._tally(traffic.out, n, self._cuts, self.histogram, self.counts)

    def decided(self, decision: Decision, now: float) -> None:
        """Keep every change of size, and what bound it."""
        current, desired = decision.status.current_replicas, decision.desired
        if desired is None:
            return
        if not self.desired:
            self.desired.append((self.span.begin, float(current)))
        binding = next((step.bound_by for step in reversed(decision.steps) if step.bound_by), None)
        if binding:
            self.bound[binding] = self.bound.get(binding, 0) + 1
        if decision.rescale:
            self.desired.append((now, float(desired)))
            self.decisions.append((now, current, desired, binding))

    def pod(self, pod: Pod, what: str, now: float) -> None:
        """Count the ready pods."""
        left = what == "deleted" and pod.ready_at is not None and pod.ready_at < now
        if what == "ready" or left:
            self._ready += 1 if what == "ready" else -1
            self.ready.append((now, float(self._ready)))

    def sampled(self, pod: Pod, cpu_m: float, window_s: float, now: float) -> None:
        """Samples are not kept."""

    def result(self) -> "Modelled":
        """The frozen outcome."""
        histogram = [int(n) for n in self.histogram] if not self.compiled else self.histogram.tolist()
        counts = [int(n) for n in self.counts]
        size = engine.BUCKETS
        spans = [
            ({i: n for i, n in enumerate(histogram[k * size : (k + 1) * size]) if n}, tuple(counts[4 * k : 4 * k + 4]))
            for k in range(len(self.cuts))
        ]
        return Modelled(
            span=self.span,
            load=self.load,
            cuts=tuple(self.cuts),
            spans=tuple(spans),
            desired=StepSeries.of(self.desired),
            ready=StepSeries.of(self.ready),
            decisions=tuple(self.decisions),
            bound=dict(self.bound),
            in_flight=self.in_flight,
        )


@dataclass(frozen=True)
class Modelled:
    """The outcome of one run. ``spans``: of each cut (response times, (answered, timed out, refused, dropped))."""

    span: Span
    load: Load
    cuts: tuple[float, ...]
    spans: tuple[tuple[Counts, tuple[int, ...]], ...]
    desired: StepSeries
    ready: StepSeries
    decisions: tuple[tuple[float, int, int, str | None], ...]
    bound: dict[str, int]
    in_flight: int

    def within(self, start: float = 0.0, end: float = math.inf) -> tuple[Counts, tuple[int, ...]]:
        """Response times and counts of requests intended in [start, end) seconds of the load (edges of ``cuts``)."""
        chosen = [one for cut, one in zip(self.cuts, self.spans, strict=True) if start <= cut < end]
        merged: Counts = {}
        for counts, _ in chosen:
            for index, n in counts.items():
                merged[index] = merged.get(index, 0) + n
        return merged, tuple(sum(column) for column in zip(*(totals for _, totals in chosen), strict=True)) or (0,) * 4

    def quantile(self, share: float, start: float = 0.0, end: float = math.inf) -> float | None:
        """A percentile of the answers of a span, in seconds."""
        return quantiles(self.within(start, end)[0], (share,))[0]

    def lost(self, start: float = 0.0, end: float = math.inf) -> float | None:
        """The share of requests that were not answered."""
        _, counts = self.within(start, end)
        return float(sum(counts[1:]) / sum(counts)) if sum(counts) else None

    def replica_minutes(self) -> float:
        """Pod-minutes asked for, from the load's start to the run's end."""
        return sum(length * value for length, value in self.desired.known(0.0, self.span.end)) / 60

    def percentiles(self, share: float) -> Sequence[tuple[float, float | None]]:
        """(second of the load, percentile) of each 15 s, for a curve."""
        grid = [cut for cut in self.cuts if cut % CURVE_S == 0] or [0.0]
        ends = [*grid[1:], math.inf]
        return [(start, self.quantile(share, start, end)) for start, end in zip(grid, ends, strict=True)]

    def index(self, second: float) -> int:
        """Which cut a second of the load lies in."""
        return max(0, bisect_right(self.cuts, second) - 1)
