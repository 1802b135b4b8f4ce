"""What the HPA controller saw at a pass, as far as the record tells: pods, samples, the status before."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autoscale.analysis.intake.collect import Collected
from autoscale.analysis.intake.pods import PodHistory, UsageHistory
from autoscale.hpa import Condition, Container, Observation, Pod, PodUsage, Scale, Status

_HEARD_S = 0.05  # two watches may tell of one moment in either order
_STALE_S = 120.0
_SELECTOR = "recorded=true"  # the pods of the record are those that the selector matched


def observations(kept: Collected, row: Mapping[str, Any], before: Mapping[str, Any], t: float) -> Iterator[Observation]:
    """What the pass behind a status may have seen, the likeliest first.

    The samples are polled, so the controller may have had newer ones than were heard: both are tried.
    """
    ahead = kept.clocks.server().at
    pods = tuple(pod for history in kept.pods.values() if (pod := pod_at(history, t)) is not None)
    size = row["current"]
    scale = Scale(size, size, _SELECTOR) if size is not None else None
    seen = None
    for usage in (_usage(kept, t, by_heard=True), _usage(kept, t, by_heard=False)):
        if usage != seen:
            seen = usage
            yield Observation(
                t + ahead, scale, pods, usage, name=row["name"], generation=row["generation"], status=status(before)
            )


def pod_at(pod: PodHistory, t: float) -> Pod | None:
    """A pod as the API had it at a receive time; None where it was not there."""
    if pod.first_seen > t or (pod.removed is not None and pod.removed <= t):
        return None
    ready = _last(pod.readiness, t)
    scheduled = pod.conditions.get("PodScheduled")
    containers = tuple(
        Container(name, {"cpu": request} if request is not None else {}) for name, request in pod.requests_m.items()
    )
    return Pod(
        pod.name, _last(pod.phases, t, (0.0, "Pending"))[1], pod.deletion is not None and pod.deletion[1] <= t,
        ready[1] if ready else None, ready[2] if ready else None, scheduled[0] if scheduled else None, containers,
    )  # fmt: skip


def _last(changes: Sequence[Any], t: float, default: Any = None) -> Any:
    """The last of some changes (time first) that had been heard of at ``t``."""
    i = bisect_right([change[0] for change in changes], t + _HEARD_S)
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
    return PodUsage(pod.name, usage.dated[i], usage.window_s[i], {"pod": {"cpu": usage.milli[i]}})


def status(row: Mapping[str, Any]) -> Status:
    """An ``hpa`` row's status as the rule takes it."""
    conditions = tuple(
        Condition(name, c["status"], c["reason"], c["message"], c["at"]) for name, c in row["conditions"].items()
    )
    metrics = row["metrics"]
    return Status(
        row["current"] or 0, row["desired"] or 0, row["last_scale"], None if metrics is None else tuple(metrics),
        conditions,
    )  # fmt: skip
