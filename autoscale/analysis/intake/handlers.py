"""What becomes of a row of each kind: where it is kept."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from autoscale.analysis.intake.clocks import Clocks
from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.intake.pods import EndpointHistory, PodHistory, UsageHistory
from autoscale.analysis.intake.resizes import asked_for
from autoscale.analysis.results.series import EventAt, GapSpan, MarkAt
from autoscale.record.rows.cluster import Event, Service, Workload
from autoscale.record.rows.course import End, Gap, Mark
from autoscale.record.rows.hpa import Hpa
from autoscale.record.rows.keda import ScaledObject
from autoscale.record.rows.load import PodLoad
from autoscale.record.rows.pods import Endpoint, Pod, Usage
from autoscale.record.rows.vpa import Vpa

_MAX_EVENTS = 50_000


def handlers(kept: Collected) -> dict[str, Callable[[Any], None]]:
    """What takes in a row of each kind; a kind that is not there is not kept."""
    return {
        "clock": kept.clocks.add,
        "load": kept.load.add,
        "node": kept.nodes.append,
        "metric": kept.answers.append,
        "machine": kept.machine.append,
        **{kind: partial(take, kept) for kind, take in _TAKE.items()},
    }


def _mark(kept: Collected, row: Mark) -> None:
    at = kept.clocks.ours(row["at"], row["clk"])
    kept.marks.append(MarkAt(row["name"], at, row.get("stage"), row.get("reason")))


def _pod_load(kept: Collected, row: PodLoad) -> None:
    pod = kept.by_name.get(row["pod"])
    kept.load.add_pod(row, pod.ready[0][0] if pod and pod.ready else None)


def _pod(kept: Collected, row: Pod) -> None:
    history = kept.pods.get(row["uid"])
    if history is None:
        history = PodHistory(row["uid"], row["name"], row["t"], (row["created"], row["t"]))
        kept.pods[row["uid"]] = kept.by_name[row["name"]] = history
    history.add(row)


def _usage(kept: Collected, row: Usage) -> None:
    at = kept.clocks.ours(row["at"], row["clk"])
    history = kept.usage.get(row["pod_uid"])
    if history is None:
        history = kept.usage[row["pod_uid"]] = UsageHistory()
    history.add(row, at)


def _endpoint(kept: Collected, row: Endpoint) -> None:
    if kept.target["service"] in (None, row["service"]):
        kept.endpoints.setdefault(row["pod_uid"], EndpointHistory()).add(row)


def _hpa(kept: Collected, row: Hpa) -> None:
    if kept.target["hpa"] not in (None, row["name"]):
        return
    if row.get("removed"):
        kept.hpas_gone.append(row)
    else:
        kept.hpas.append(_slim(row, kept.hpas[-1] if kept.hpas else None))


def _scaled_object(kept: Collected, row: ScaledObject) -> None:
    if kept.target.get("scaled_object") in (None, row["name"]):
        kept.scaled.append(row)


def _vpa(kept: Collected, row: Vpa) -> None:
    if kept.target.get("vpa") in (None, row["name"]):
        kept.vpas.append(row)


def _service(kept: Collected, row: Service) -> None:
    if kept.target["service"] in (None, row["name"]):
        kept.services.append(row)


def _workload(kept: Collected, row: Workload) -> None:
    if (row["kind"], row["name"]) == (kept.target["kind"], kept.target["name"]):
        kept.workloads.append(row)
    elif row["kind"] == "ReplicaSet":  # only the target's own are recorded
        kept.replica_sets.append(row)


def _gap(kept: Collected, row: Gap) -> None:
    kept.gaps.append(
        GapSpan(
            source=row["source"],
            start=row["since"],
            end=row["until"],
            cause=row["cause"],
            hides=row.get("hides", ""),
        )
    )


def _end(kept: Collected, row: End) -> None:
    kept.end = row


def _slim(row: Hpa, last: Hpa | None) -> Hpa:
    """The same row, sharing the spec with the row before where it did not change."""
    if last is not None and last["spec"] == row["spec"]:
        return {**row, "spec": last["spec"]}
    return row


def event_at(row: Event, clocks: Clocks) -> EventAt:
    """An event on the observer's clock."""
    moment = clocks.moment(row["last"] if row["last"] is not None else row["first"], row["t"])
    return EventAt(
        at=moment.at if moment else row["t"],
        type=row["type"],
        reason=row["reason"],
        message=row["message"],
        object=row["object"],
        count=row["count"],
    )


def _event(kept: Collected, row: Event) -> None:
    if len(kept.events) < _MAX_EVENTS:
        kept.events.append(event_at(row, kept.clocks))
    kind, _, name = row["object"].partition("/")
    if kind == "Pod" and row["reason"] == "Pulled":
        kept.pulled.setdefault(name, (row["first"], row["t"]))
    if kind == "Pod" and row["reason"].startswith("Resize") and name in kept.by_name:
        kept.by_name[name].ask(row["t"], asked_for(row["message"]))


_TAKE: Mapping[str, Callable[[Collected, Any], None]] = {
    "mark": _mark,
    "pod_load": _pod_load,
    "pod": _pod,
    "usage": _usage,
    "endpoint": _endpoint,
    "hpa": _hpa,
    "scaled_object": _scaled_object,
    "vpa": _vpa,
    "service": _service,
    "workload": _workload,
    "event": _event,
    "gap": _gap,
    "end": _end,
}
