"""How far one real run may lie from the modelled ones for what the model leaves out: bands are widened by that.

Seeds vary what the model knows to vary. Three things they cannot: what else the machine did (seen as how far the
recorded latency of each quarter of a minute lies from the replay's), what the model gets wrong of the pods (seen as how
far the recorded pod-minutes lie from the replay's), and when one run's timers fire against the load: a pass that just
misses a sample waits for the next one (half a period either way).
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from autoscale.base.errors import Problem
from autoscale.whatif.evidence import Evidence
from autoscale.whatif.service import Setting, Span
from autoscale.whatif.summary import Modelled
from loadtest.histogram import quantile

_LEAST_ANSWERS = 50  # for the p95 of a window
_LEAST_WINDOWS = 5
WIDEST = 5.0  # from the low to the high factor: a band that reaches further says nothing
_UNKNOWN = 1.5  # a factor that a replay's p95 may be off by (``replay.LATENCY``), where no window could be compared


@dataclass(frozen=True, slots=True)
class Spread:
    """Factors on latency (``low`` at most 1, ``high`` at least 1) between which 90 % of the recorded windows lie around
    the replay's; ``windows``: how many there were; ``lag_s``: how late 99 % of the recorded requests were sent at most;
    ``pods``: the recorded pod-minutes as a multiple of the replay's.
    """

    low: float = 1.0
    high: float = 1.0
    windows: int = 0
    lag_s: float | None = None
    pods: float = 1.0

    def latency(self, low: float, high: float) -> tuple[float, float]:
        """A band of latency in seconds, or of a difference of two latencies, widened."""
        return _between(low, high, self.low, self.high)

    def minutes(self, low: float, high: float) -> tuple[float, float]:
        """A band of pod-minutes, or of a difference of two, widened."""
        return _between(low, high, self.pods)


def _between(low: float, high: float, *factors: float) -> tuple[float, float]:
    edges = [edge * factor for edge in (low, high) for factor in (1.0, *factors)]
    return min(edges), max(edges)


def of_replay(seen: Evidence, span: Span, runs: Sequence[Modelled]) -> Spread:
    """What the replay's windows show. ``runs`` are of the recorded setting, in the recorded phases."""
    curves = [run.percentiles(0.95) for run in runs]
    starts = [start for start, _ in curves[0]] + [runs[0].load.duration_s]
    found = []
    for i, (start, end) in enumerate(pairwise(starts)):
        counts = seen.run.responses.merged(span.zero + start, span.zero + end)
        real = quantile(counts, 0.95) if sum(counts.values()) >= _LEAST_ANSWERS else None
        model = [value for curve in curves if (value := curve[i][1]) is not None]
        if real is not None and model:
            found.append(real / statistics.median(model))
    lag, pods = seen.run.generator.lag_p99_s, _pods(seen, span, runs)
    if len(found) < _LEAST_WINDOWS:
        return Spread(low=1 / _UNKNOWN, high=_UNKNOWN, windows=len(found), lag_s=lag, pods=pods)
    found.sort()
    last = len(found) - 1
    low, high = found[math.floor(0.05 * last)], found[math.ceil(0.95 * last)]
    return Spread(low=min(1.0, low), high=max(1.0, high), windows=len(found), lag_s=lag, pods=pods)


def _pods(seen: Evidence, span: Span, runs: Sequence[Modelled]) -> float:
    known = seen.run.replicas.desired.known(span.zero, span.zero + span.end)
    real = sum(length * value for length, value in known) / 60
    model = statistics.median(run.replica_minutes() for run in runs)
    return real / model if real and model else 1.0


def doubt(source: str, spread: Spread) -> list[Problem]:
    """Why latency is unknown, where the recorded one went up and down as no load explains."""
    if spread.high <= WIDEST * spread.low:
        return []
    found = f"in windows of 15 s between {spread.low:.2f} and {spread.high:.2f} times the model's"
    fix = "Something else than the load made answers slow: record on nodes and with a generator that nothing else uses."
    return [Problem(f"{source}: p95 over time", found, f"within a factor of {WIDEST:g} of each other", fix)]


def timers_s(setting: Setting) -> float:
    """Seconds by which one run's first decision may lie outside those of the model, for its timers' phases."""
    return max(setting.config.sync_period_s, setting.metric_period_s) / 2
