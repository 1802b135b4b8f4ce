"""Pods, autoscaler and CPU of a run that is still going on."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from autoscale.analysis.hpa_settings import cpu_target
from autoscale.analysis.intake.clocks import Clocks
from autoscale.analysis.intake.handlers import event_at
from autoscale.analysis.intake.pods import STALE_S, PodHistory
from autoscale.analysis.results.series import EventAt
from autoscale.analysis.scaling import explained
from autoscale.kube.targets import targets
from autoscale.record.rows.cluster import Event, Workload
from autoscale.record.rows.hpa import Hpa
from autoscale.record.rows.pods import Pod, Usage

_AT_ONCE_S = 0.2
_MOST_EVENTS = 500
_RECENT = 8  # statuses and events that may tell of a change which is heard a little later


@dataclass(slots=True)
class Step:
    """Two figures that hold from ``at`` (s since the epoch) on; None where unknown."""

    version: int
    at: float
    first: float | None
    second: float | None


@dataclass(slots=True)
class _Pod:
    history: PodHistory
    used_m: float | None = None
    used_at: float = 0.0


@dataclass(slots=True)
class LivePods:
    """Desired and ready pods; CPU used and wanted by the target, in millicores of all pods; the scale events with
    the HPA's reason and target; ``log``: the cluster's events; ``targets``: the HPA's, as kubectl has them.

    ``kind`` and ``name`` are the workload's. Figures are as the report has them and by the same rules: wanted is the
    target's share of what the running pods request, unknown where a container requests nothing or the HPA has no such
    target. Of what the report keeps whole (samples, statuses), only the newest is kept.
    """

    clocks: Clocks
    kind: str
    name: str
    pods: list[Step] = field(default_factory=list)
    cpu: list[Step] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    log: deque[tuple[int, float, str, str, str]] = field(default_factory=lambda: deque(maxlen=_MOST_EVENTS))
    targets: str | None = None
    percent: float | None = None
    _known: dict[str, _Pod] = field(default_factory=dict)
    _statuses: deque[Hpa] = field(default_factory=lambda: deque(maxlen=_RECENT))
    _rescales: deque[EventAt] = field(default_factory=lambda: deque(maxlen=_RECENT))

    def workload(self, row: Workload, version: int) -> None:
        """Take a ``workload`` row; those of its ReplicaSets are not the workload's own."""
        if (row["kind"], row["name"]) != (self.kind, self.name):
            return
        before = self.pods[-1].first if self.pods else None
        desired = row["spec_replicas"]
        if before is not None and desired is not None and desired != before:
            event = {"at": row["t"], "up": desired > before, "label": f"{before} → {desired}", "after": desired}
            self.events.append(event | {"reason": "", "target": ""})
            self._explain()
        _append(self.pods, Step(version, row["t"], desired, row["ready"]))

    def hpa(self, row: Hpa, version: int) -> None:
        """Take an ``hpa`` row: its CPU target, and what it saw as it decided."""
        wanted = row["spec"].get("metrics") or ()
        self.targets = targets(wanted, row.get("metrics") or ()) if wanted else None
        self._statuses.append(row)
        self._explain()
        self.percent = cpu_target(row["spec"])[0]
        self._cpu(row["t"], version)

    def event(self, row: Event, version: int) -> None:
        """Take an ``event`` row; that of a change of size says why."""
        self.log.append((version, round(row["t"], 1), row["reason"], row["object"], row["message"]))
        if row["reason"] == "SuccessfulRescale":
            self._rescales.append(event_at(row, self.clocks))
            self._explain()

    def _explain(self) -> None:
        """What has been heard of the newest changes."""
        for event in self.events[-2:]:
            if why := explained(self._statuses, self._rescales, event["at"], event["after"]):
                event.update(reason=why.reason or event["reason"], target=why.metric or event["target"])

    def pod(self, row: Pod, version: int) -> None:
        """Take a ``pod`` row: what it requests, and whether it runs."""
        if row["removed"]:
            self._known.pop(row["uid"], None)
        else:
            new = PodHistory(row["uid"], row["name"], row["t"], (row["created"], row["t"]))
            self._known.setdefault(row["uid"], _Pod(new)).history.add(row)
        self._cpu(row["t"], version)

    def usage(self, row: Usage, version: int) -> None:
        """Take a ``usage`` row; a pod that is gone or was never seen counts for nothing."""
        pod = self._known.get(row["pod_uid"])
        if pod is not None:
            pod.used_m = sum(container["cpu_m"] for container in row["containers"].values())
            pod.used_at = row["t"]
            self._cpu(row["t"], version)

    def _cpu(self, at: float, version: int) -> None:
        known = list(self._known.values())
        used = [pod.used_m for pod in known if pod.used_m is not None and at - pod.used_at <= STALE_S]
        requests = [pod.history.request_at(at) for pod in known if pod.history.started is not None]
        wanted = None
        if self.percent is not None and requests and None not in requests:
            wanted = round(sum(request or 0 for request in requests) * self.percent / 100, 1)
        _append(self.cpu, Step(version, at, round(sum(used), 1) if used else None, wanted))


def since(steps: list[Step], version: int) -> list[list[float | None]]:
    """[[at, first, second], ...] of the steps made after ``version``."""
    found = []
    for step in reversed(steps):
        if step.version <= version:
            break
        found.append([round(step.at, 2), step.first, step.second])
    return found[::-1]


def _append(steps: list[Step], step: Step) -> None:
    """Keep a step, unless nothing in it is new. What changes at once, as samples do that come together, is one."""
    if steps and (steps[-1].first, steps[-1].second) == (step.first, step.second):
        return
    if steps and step.at - steps[-1].at < _AT_ONCE_S:
        step.at = steps.pop().at
    steps.append(step)
