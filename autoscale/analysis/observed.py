"""What the HPA controller may have seen at a pass, as far as the record tells: clock, pods, samples, status."""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.intake.pods import PodHistory, UsageHistory
from autoscale.hpa import Condition, Container, Observation, Pod, PodUsage, Sample, Scale, Spec, Status
from autoscale.kube.quantities import milli
from autoscale.record.rows.hpa import Hpa

HEARD_S = 0.05  # two watches may tell of one moment in either order
LATE_S = 0.5  # how far a pass may lie from where its row was heard, at most ...
LATE_SHARE = 0.1  # ... and as a share of the period
_STALE_S = 120.0
_NEW_S = 120.0  # within this time a metric of the pods (mostly a rate over a minute or two) has a value of every pod
_SELECTOR = "recorded=true"  # the pods of the record are those that the selector matched

Answers = Mapping[str, Any]  # what the APIs of other metrics may have answered: fields of an Observation


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a pass stands: its rows' time, when its own change of the size was heard first (None: it made none)."""

    row: Hpa
    before: Hpa
    t: float
    wrote: float | None
    period_s: float


def observations(kept: Collected, seat: Seat, spec: Spec) -> Iterator[Observation]:
    """What the pass behind a status may have seen, the likeliest first.

    Nothing is heard at the moment it happens, so what changed close to the pass may have come before it or after it:
    samples (which are polled), pods, and the edges of the windows that the pass looks back through. Pods made by its
    own change of the size came after it.
    """
    ahead = kept.clocks.server(seat.t).at
    size = seat.row["current"]
    scale = Scale(size, _present(kept, seat, size), _SELECTOR) if size is not None else None
    base = Observation(
        seat.t + ahead, scale, name=seat.row["name"], generation=seat.row["generation"], status=status(seat.before)
    )
    slack = min(LATE_S, LATE_SHARE * seat.period_s)
    views = _different([_pods(kept, seat, at) for at in (HEARD_S, -slack)])
    usages = _different([_usage(kept, seat.t, by_heard=True), _usage(kept, seat.t, by_heard=False)])
    others = _different(list(_others(kept, seat, spec, views[0], scale.status_replicas if scale else 0)))
    for shift, answers, pods, usage in product((0.0, slack, -slack), others, views, usages):
        yield replace(base, now=base.now + shift, pods=pods, usage=usage, **answers)


def _different(found: list[Any]) -> list[Any]:
    return [one for i, one in enumerate(found) if one not in found[:i]]


def _present(kept: Collected, seat: Seat, size: int) -> int:
    """status.replicas of the target before the pass; its size where that was not heard."""
    known = [row for row in kept.workloads if row["t"] < (seat.wrote or seat.t)]
    return known[-1]["status_replicas"] if known else size


def _pods(kept: Collected, seat: Seat, slack: float) -> tuple[Pod, ...]:
    until = seat.t + slack
    if seat.wrote is not None:
        until = min(until, seat.wrote - 1e-6)
    return tuple(pod for history in kept.pods.values() if (pod := pod_at(history, until)) is not None)


def pod_at(pod: PodHistory, t: float) -> Pod | None:
    """A pod as it had been heard of at a time; None where it was not there."""
    if pod.first_seen > t or (pod.removed is not None and pod.removed <= t):
        return None
    ready = _last(pod.readiness, t)
    scheduled = pod.conditions.get("PodScheduled")
    containers = tuple(Container(name, requests) for name, requests in pod.asked_at(t).items())
    return Pod(
        name=pod.name,
        phase=_last(pod.phases, t, (0.0, "Pending"))[1],
        deleting=pod.deletion is not None and pod.deletion[1] <= t,
        ready=ready[1] if ready else None,
        ready_changed=ready[2] if ready else None,
        started=scheduled[0] if scheduled else None,
        containers=containers,
    )


def _last(changes: Sequence[Any], t: float, default: Any = None) -> Any:
    """The last of some changes (time first) that had been heard of at ``t``."""
    i = bisect_right(changes, t, key=lambda change: change[0])
    return changes[i - 1] if i else default


def _usage(kept: Collected, t: float, *, by_heard: bool) -> tuple[PodUsage, ...]:
    found = []
    for uid, usage in kept.usage.items():
        pod = kept.pods.get(uid)
        i = bisect_right(usage.heard if by_heard else usage.at, t) - 1
        if pod is not None and i >= 0 and t - usage.at[i] < _STALE_S and (pod.removed is None or pod.removed > t):
            found.append(_sample(pod, usage, i))
    return tuple(found)


def _sample(pod: PodHistory, usage: UsageHistory, i: int) -> PodUsage:
    return PodUsage(pod.name, usage.dated[i], usage.window_s[i], usage.containers(i))


def _others(kept: Collected, seat: Seat, spec: Spec, pods: Sequence[Pod], present: int) -> Iterator[Answers]:
    """What custom and external metrics may have answered, by what the status shows.

    An average is rounded, so the sum behind it lies between two bounds: both are tried. That of a ``Pods`` metric is
    over the pods that had a value: those that had one when the run itself asked last, if it did; else one that has just
    begun may have none, the newest first.
    """
    shown = seat.row["metrics"] or ()
    measured = sorted((pod for pod in pods if not pod.deleting), key=lambda pod: pod.started or math.inf)
    old = [pod for pod in measured if pod.started is not None and pod.started < seat.t - _NEW_S]
    some = [_answered(kept, seat, measured), *(measured[:size] for size in range(len(measured), len(old) - 1, -1))]
    pairs = ((rounded, having) for having in _different(some) for rounded in (max, min))
    for rounded, having in pairs if any(metric.type == "Pods" for metric in spec.metrics) else ((max, []), (min, [])):
        found: dict[str, dict[int, Any]] = {
            name: {} for name in ("external_metrics", "object_metrics", "pods_metrics", "metric_errors")
        }
        for i, metric in enumerate(spec.metrics):
            entry = shown[i] if i < len(shown) else {}
            if metric.type in ("External", "Object", "Pods"):
                _answer(found, i, metric.type, entry, (having, present, rounded))
        yield found


def _answered(kept: Collected, seat: Seat, pods: list[Pod]) -> list[Pod]:
    """Those of the pods of which the API of a ``Pods`` metric had a value when it was asked last; all if it was not."""
    i = bisect_right(kept.answers, seat.t, key=lambda row: row["t"])
    last = next((row for row in reversed(kept.answers[:i]) if row["type"] == "Pods" and row["values"]), None)
    names = {value["object"] for value in last["values"]} if last else {pod.name for pod in pods}
    return [pod for pod in pods if pod.name in names]


def _answer(
    found: dict[str, dict[int, Any]],
    i: int,
    kind: str,
    entry: Mapping[str, Any],
    how: tuple[Sequence[Pod], int, Callable[[int, int], int]],
) -> None:
    """One metric's answer into ``found``, or its error where the status has no value of it."""
    pods, size, rounded = how
    current: Mapping[str, Any] = (entry.get(kind.lower()) or {}).get("current") or {}
    value, average = current.get("value"), current.get("averageValue")
    if value is None and average is None:
        found["metric_errors"][i] = _error(kind)
    elif kind == "Pods":
        found["pods_metrics"][i] = {pod.name: Sample(milli(average or 0)) for pod in pods}
    else:
        mean = milli(average or 0)
        whole = milli(value) if value is not None else rounded(mean * size, (mean - 1) * size + 1)
        name, answer = ("external_metrics", (whole,)) if kind == "External" else ("object_metrics", whole)
        found[name][i] = answer


def _error(kind: str) -> str:
    return f"the status shows no value of this {kind} metric"


def status(row: Hpa) -> Status:
    """An ``hpa`` row's status as the rule takes it."""
    conditions = tuple(
        Condition(type=name, status=c["status"], reason=c["reason"], message=c["message"], changed=c["at"])
        for name, c in row["conditions"].items()
    )
    metrics = row["metrics"]
    return Status(
        current_replicas=row["current"] or 0,
        desired_replicas=row["desired"] or 0,
        last_scale_time=row["last_scale"],
        current_metrics=None if metrics is None else tuple(metrics),
        conditions=conditions,
    )
