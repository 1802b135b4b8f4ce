"""An HPA's status (``autoscaling/v2`` ``status``): replica counts, metrics as seen, conditions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from autoscale.base.times import format_time, parse_time

ConditionStatus = str  # "True", "False" or "Unknown", as Kubernetes writes it


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition; ``changed`` is when its status last changed, in seconds since the epoch."""

    type: str
    status: ConditionStatus
    reason: str = ""
    message: str = ""
    changed: float | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """The status of an HPA.

    ``current_replicas`` is the size that was read, ``desired_replicas`` the size that was written.
    ``current_metrics`` are ``MetricStatus`` as the API gives them, None where none were computed.
    """

    current_replicas: int = 0
    desired_replicas: int = 0
    last_scale_time: float | None = None
    current_metrics: tuple[Mapping[str, Any], ...] | None = None
    conditions: tuple[Condition, ...] = ()
    observed_generation: int | None = None

    def condition(self, kind: str) -> Condition | None:
        """The condition of a type, None where there is none."""
        return next((condition for condition in self.conditions if condition.type == kind), None)

    def to_dict(self) -> dict[str, Any]:
        """The status as the API writes it (times in whole seconds)."""
        data: dict[str, Any] = {}
        if self.observed_generation is not None:
            data["observedGeneration"] = self.observed_generation
        if self.last_scale_time is not None:
            data["lastScaleTime"] = format_time(self.last_scale_time)
        if self.current_replicas:
            data["currentReplicas"] = self.current_replicas
        data["desiredReplicas"] = self.desired_replicas
        data["currentMetrics"] = None if self.current_metrics is None else list(self.current_metrics)
        if self.conditions:
            data["conditions"] = [_condition_dict(condition) for condition in self.conditions]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Status":
        """Read a status as the API writes it; absent fields are 0 or None. ValueError on a bad time."""
        metrics = data.get("currentMetrics")
        return cls(
            data.get("currentReplicas") or 0,
            data.get("desiredReplicas") or 0,
            _time(data.get("lastScaleTime")),
            None if metrics is None else tuple(metrics),
            tuple(_condition(entry) for entry in data.get("conditions") or ()),
            data.get("observedGeneration"),
        )


def set_condition(
    conditions: tuple[Condition, ...], kind: str, status: ConditionStatus, reason: str, message: str, now: float
) -> tuple[Condition, ...]:
    """Update a condition in its place or append it; its time moves only when the status changes."""
    for index, old in enumerate(conditions):
        if old.type == kind:
            changed = old.changed if old.status == status else now
            new = Condition(type=kind, status=status, reason=reason, message=message, changed=changed)
            return (*conditions[:index], new, *conditions[index + 1 :])
    return (*conditions, Condition(type=kind, status=status, reason=reason, message=message, changed=now))


def remove_condition(conditions: tuple[Condition, ...], kind: str) -> tuple[Condition, ...]:
    """The conditions without those of a type."""
    return tuple(condition for condition in conditions if condition.type != kind)


def next_status(
    old: Status,
    conditions: tuple[Condition, ...],
    current: int,
    desired: int,
    metrics: tuple[Mapping[str, Any], ...] | None,
    *,
    generation: int | None,
    scaled_at: float | None,
) -> Status:
    """The status after a pass; ``scaled_at`` is None where the size was left as it is."""
    return replace(
        old,
        current_replicas=current,
        desired_replicas=desired,
        current_metrics=metrics,
        conditions=conditions,
        observed_generation=generation,
        last_scale_time=old.last_scale_time if scaled_at is None else scaled_at,
    )


def _time(text: str | None) -> float | None:
    return None if text is None else parse_time(text)


def _condition(entry: Mapping[str, Any]) -> Condition:
    changed = _time(entry.get("lastTransitionTime"))
    return Condition(
        type=entry["type"],
        status=entry["status"],
        reason=entry.get("reason", ""),
        message=entry.get("message", ""),
        changed=changed,
    )


def _condition_dict(condition: Condition) -> dict[str, Any]:
    data: dict[str, Any] = {"type": condition.type, "status": condition.status}
    data["lastTransitionTime"] = None if condition.changed is None else format_time(condition.changed)
    if condition.reason:
        data["reason"] = condition.reason
    if condition.message:
        data["message"] = condition.message
    return data
