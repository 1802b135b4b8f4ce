"""CPU over time: used, requested and aimed at."""

import math
from collections.abc import Sequence

from autoscale.analysis.hpa_status import utilization
from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.intake.pods import STALE_S, PodHistory
from autoscale.analysis.requests import requests_of
from autoscale.analysis.results.scaling import HpaSpec
from autoscale.analysis.results.series import Cpu
from autoscale.analysis.steps import StepSeries, combine, total


def cpu(kept: Collected, specs: Sequence[tuple[float, HpaSpec]]) -> Cpu:
    """CPU of every pod and of all, beside what they requested and the HPA's target."""
    by_pod: dict[str, StepSeries] = {}
    for uid, usage in kept.usage.items():
        pod = kept.pods.get(uid)
        end = _gone(pod, usage.at[-1]) if usage.at else 0.0
        points: list[tuple[float, float | None]] = list(zip(usage.at, usage.cpu_m, strict=True))
        if points:
            by_pod[pod.name if pod else uid] = StepSeries.of([*points, (max(end, points[-1][0] + 1e-3), None)])
    requested = total(_requested(pod) for pod in kept.pods.values() if pod.started)
    first = min([kept.first_t, *requested.times[:1]])  # before it was first heard of, the HPA had its first spec
    aimed = StepSeries.of((first if i == 0 else at, spec.target_percent) for i, (at, spec) in enumerate(specs))
    target = combine((requested, aimed), lambda v: None if v[0] is None or v[1] is None else v[0] * v[1] / 100)
    percent = specs[-1][1].target_percent if specs else None
    return Cpu(
        total=total(by_pod.values()),
        by_pod=by_pod,
        requested=requested,
        target=target,
        utilization=utilization(kept),
        target_percent=percent,
        target_percents=aimed,
    )


def _gone(pod: PodHistory | None, last: float) -> float:
    """Until when a pod's last sample counts."""
    return min(last + STALE_S, pod.removed or math.inf) if pod else last + STALE_S


def _requested(pod: PodHistory) -> StepSeries:
    """What a running pod asks for over time; unknown while a container of it has no request."""
    since = pod.started[1] if pod.started else math.inf
    asked = requests_of(pod, None)
    later = [(time, value) for time, value in zip(asked.times, asked.values, strict=True) if time > since]
    return StepSeries.of([(since, asked.at(since)), *later])
