"""The cadence of metrics and of the HPA, and where in their periods they lie, from the record's own times."""

import cmath
import math
import statistics
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from autoscale.analysis.decisions import controller_config
from autoscale.hpa import Config
from autoscale.whatif.evidence import Evidence
from autoscale.whatif.service import Figure

_TRUE = 0.9  # how alike the times must be (length of the mean of unit vectors) to speak of a phase
_WHOLE_S = 0.5  # the API cuts times to whole seconds


def config(seen: Evidence) -> Config:
    """The HPA controller's settings as far as the record knows them, the upstream defaults else."""
    return controller_config(seen.kept.header)


def metric_period(seen: Evidence) -> tuple[Figure, bool]:
    """Seconds between two scrapes, and whether all pods are measured at once (as with containerd)."""
    windows = [window for usage in seen.kept.usage.values() for window in usage.window_s]
    stamps = Counter(at for usage in seen.kept.usage.values() for at in usage.dated)
    together = len(stamps) < sum(stamps.values())
    if not windows:
        return Figure(15.0, "s", "assumed", "metrics-server's manifest"), False
    period = statistics.median(windows)
    period = round(period) if abs(period - round(period)) < 0.1 * period else period
    return Figure(period, "s", "measured", f"median window of {len(windows)} samples"), together


def scrape_phase(seen: Evidence, period: float) -> Figure | None:
    """When metrics are taken, modulo their period."""
    times = [at + _WHOLE_S for usage in seen.kept.usage.values() for at in usage.at]
    return _phase(times, period, "timestamps of the samples")


def sync_phase(seen: Evidence, period: float) -> Figure | None:
    """When the HPA decides, modulo its period: the times at which its metrics or its size changed."""
    changed = [
        row["t"]
        for before, row in pairwise(seen.kept.hpas)
        if row["metrics"] != before["metrics"] or row["desired"] != before["desired"]
    ]
    return _phase(changed, period, "changes of the HPA's status")


def _phase(times: Iterable[float], period: float, how: str) -> Figure | None:
    vectors = [cmath.exp(2j * math.pi * (time % period) / period) for time in times]
    if len(vectors) < 2:
        return None
    mean = sum(vectors) / len(vectors)
    if abs(mean) < _TRUE:
        return None
    value = cmath.phase(mean) / (2 * math.pi) * period % period
    spread = period * math.sqrt(-2 * math.log(min(abs(mean), 1.0))) / (2 * math.pi)
    return Figure(
        value=value,
        unit="s",
        source="measured",
        how=f"{how}, {len(vectors)} times",
        low=value - 2 * spread,
        high=value + 2 * spread,
    )
