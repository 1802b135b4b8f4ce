"""Every change of the workload's size: when, by whom, why."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from autoscale.analysis.decisions import NEAR_S, decided
from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.results.scaling import Decision, ScaleEvent
from autoscale.analysis.results.series import EventAt, Replicas
from autoscale.kube.targets import targets
from autoscale.record.rows.hpa import Hpa

_BY_KEDA = ("KEDAScaleTargetActivated", "KEDAScaleTargetDeactivated")


def scale_events(kept: Collected, replicas: Replicas, decisions: Sequence[Decision]) -> tuple[ScaleEvent, ...]:
    """The changes of spec.replicas (else of the HPA's desired size) after the first known one."""
    series = replicas.desired or replicas.hpa_desired
    return tuple(
        _event(kept, time, int(before), int(after), decisions)
        for time, before, after in series.changes(kept.first_t, kept.last_t + 1)
    )


def _event(kept: Collected, at: float, before: int, after: int, decisions: Sequence[Decision]) -> ScaleEvent:
    if (woken := by_keda(kept.events, at, before, after)) is not None:
        did = "KEDA woke the target" if after > before else "KEDA put the target to sleep"
        return ScaleEvent(
            at=at,
            before=before,
            after=after,
            reason=woken.message,
            by="keda",
            metric=None,
            explanation=f"{before} to {after}: {did}",
        )
    why = explained(kept.hpas, kept.events, at, after)
    by: Literal["hpa", "keda", "other"] | None = "hpa" if why else ("other" if kept.hpas else None)
    reason, metric = why or (None, None)
    made = decided(decisions, at, after)
    who = _who(kept, at, after) if by == "other" else None
    words = made.words if made else None
    return ScaleEvent(
        at=at,
        before=before,
        after=after,
        reason=reason,
        by=by,
        metric=metric,
        explanation=words or _words(before, after, by, (reason, metric), who),
        who=who,
    )


def _who(kept: Collected, at: float, after: int) -> str | None:
    """The field manager of the size that was written then."""
    row = next((row for row in kept.workloads if row["t"] >= at and row["spec_replicas"] == after), None)
    return row.get("replicas_by") if row is not None else None


class Why(NamedTuple):
    """Why the HPA changed the size: its own reason, and what it saw beside what it aimed at; None where not heard."""

    reason: str | None
    metric: str | None


def explained(hpas: Sequence[Hpa], events: Sequence[EventAt], at: float, after: int) -> Why | None:
    """What the HPA's status and events say of a change to a size at a time; None where neither tells of it."""
    row, rescale = _hpa_row(hpas, at, after), _rescale(events, at, after)
    if row is None and rescale is None:
        return None
    reason = rescale.message.partition("reason: ")[2] or None if rescale else None
    return Why(reason, _targets(row) if row else None)


def by_keda(events: Sequence[EventAt], at: float, before: int, after: int) -> EventAt | None:
    """KEDA's event of a change of size at a time: it wakes a target and puts it to sleep, the HPA does the rest."""
    for event in events:
        said = f"from {before} to {after}" in event.message
        if event.reason in _BY_KEDA and said and abs(event.at - at) <= NEAR_S:
            return event
    return None


def _hpa_row(hpas: Sequence[Hpa], at: float, after: int) -> Hpa | None:
    """The status that goes with a change: the one nearest in time that wanted this size and had just scaled."""
    near = [row for row in hpas if abs(row["t"] - at) <= NEAR_S and row["desired"] == after and not _is_off(row)]
    return min(near, key=lambda row: abs(row["t"] - at), default=None)


def _is_off(row: Hpa) -> bool:
    """Whether the HPA decides nothing, as somebody has scaled its target to 0; it then says 0 itself."""
    active = row["conditions"].get("ScalingActive")
    return active is not None and active["reason"] == "ScalingDisabled"


def _rescale(events: Sequence[EventAt], at: float, after: int) -> EventAt | None:
    for event in events:
        named = event.message.startswith(f"New size: {after};")
        if event.reason == "SuccessfulRescale" and abs(event.at - at) <= NEAR_S and named:
            return event
    return None


def _targets(row: Hpa) -> str | None:
    """What the HPA saw beside what it aimed at then; None where it measures nothing."""
    wanted = row["spec"].get("metrics") or ()
    return targets(wanted, row["metrics"] or ()) if wanted else None


def _words(before: int, after: int, by: str | None, why: tuple[str | None, str | None], who: str | None) -> str:
    change, (reason, metric) = f"{before} to {after}", why
    if by == "other":
        return f"{change}: not by the HPA; {who or 'something else'} wrote the workload's replicas"
    if by is None:
        return f"{change}: no HPA was recorded, so who decided is not known"
    return f"{change}: " + "; ".join(part for part in (metric, reason) if part) if metric or reason else change
