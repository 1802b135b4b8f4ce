"""What pod, endpoint and usage rows say of each pod, kept as the moments that matter."""

import math
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from autoscale.record.rows.pods import Container, Endpoint, Pod, Usage

STALE_S = 90.0  # a pod's last CPU sample is not carried further than this
_MOST_AT_ONCE = 100
_FAR_S = 86400.0  # a sample dated a day off is no sample
Requests = dict[str, dict[str, int]]  # container -> resource -> thousandths; what is absent is not requested
Dated = tuple[float | None, float]  # the server's time (whole seconds, None where it gives none), when we heard


@dataclass(slots=True)
class PodHistory:
    """One pod, from its rows. Every moment is (server's time, receive time) of the first row that showed it."""

    uid: str
    name: str
    first_seen: float
    created: Dated
    node: str | None = None
    owner: str | None = None
    phases: list[tuple[float, str]] = field(default_factory=list)
    conditions: dict[str, Dated] = field(default_factory=dict)
    started: Dated | None = None
    deletion: Dated | None = None
    removed: float | None = None
    left: list[tuple[float, bool]] = field(default_factory=list)
    ended: float | None = None
    restarts: int = 0
    restarted: list[tuple[float, str | None]] = field(default_factory=list)
    reason: str | None = None
    sized_by: str | None = None
    request_m: int | None = None
    limit_m: int | None = None
    unrequested: bool = False
    requests_m: dict[str, int | None] = field(default_factory=dict)
    asked: list[tuple[float, Requests]] = field(default_factory=list)
    shown: Requests = field(default_factory=dict)
    ready: list[tuple[float, bool]] = field(default_factory=list)
    readiness: list[tuple[float, str, float | None]] = field(default_factory=list)

    def add(self, row: Pod) -> None:
        """Take one ``pod`` row."""
        t = row["t"]
        self.node = row["node"] or self.node
        self.owner = row["owner"] or self.owner
        self.sized_by = row.get("sized_by") or self.sized_by
        if not self.phases or self.phases[-1][1] != row["phase"]:
            self.phases.append((t, row["phase"]))
        for name, (status, at) in row["conditions"].items():
            if status == "True" and name not in self.conditions:
                self.conditions[name] = (at, t)
        self._containers(row["containers"], t)
        if row["deletion"] is not None and self.deletion is None:
            self.deletion = (None, t)  # the server's deletion time lies ahead, by the grace period
        if row["phase"] in ("Succeeded", "Failed") and self.ended is None:
            self.ended = t
        self._removal(row, t)
        self._ready(row, t)

    def _removal(self, row: Pod, t: float) -> None:
        """Gone from the API, or from the selector, from which it may come back (``left``: when, and whether)."""
        out = row.get("left", False)
        if out != (self.left[-1][1] if self.left else False):
            self.left.append((t, out))
        if not row["removed"]:
            self.removed = None
        elif self.removed is None:
            self.removed = t

    def _containers(self, containers: Sequence[Container], t: float) -> None:
        starts = [c["started"] for c in containers]
        running = [start for start in starts if start is not None]
        if self.started is None and starts and len(running) == len(starts):
            self.started = (max(running), t)
        reason = next((c["reason"] for c in containers if c["reason"]), None)
        restarts = sum(c["restarts"] for c in containers)
        if restarts > self.restarts and self.first_seen < t:  # those that it came with were before the record
            self.restarted += [(t, reason)] * min(restarts - self.restarts, _MOST_AT_ONCE)
        self.restarts = max(self.restarts, restarts)
        if self.deletion is not None and self.reason is not None:
            reason = self.reason  # what it waited for when it was deleted: its end says nothing of that
        if reason or (containers and not self.restarts):  # what it waited for is over; why it was restarted is not
            self.reason = reason
        requests = [c["cpu_request_m"] for c in containers]
        limits = [c["cpu_limit_m"] for c in containers]
        if containers:
            self.requests_m = {c["name"]: c["cpu_request_m"] for c in containers}
            self.unrequested = None in requests
            self.request_m = total(requests)
            self.limit_m = total(limits)
            # a row that says what the one before said does not take back what an event told of a resize since
            if (shown := {c["name"]: _requested(c) for c in containers}) != self.shown:
                self.shown = shown
                self.ask(t, shown)

    def ask(self, t: float, requests: Requests) -> None:
        """Take what the containers ask for from ``t`` on; a resize changes it while the pod runs."""
        known = self.asked[-1][1] if self.asked else {}
        now = {**known, **requests}
        if not self.asked or known != now:
            self.asked.append((t, now))

    def asked_at(self, t: float) -> Requests:
        """What the containers asked for at a time, as far as it was heard; before the first word, that."""
        i = bisect_right(self.asked, t, key=lambda change: change[0])
        return self.asked[max(0, i - 1)][1] if self.asked else {}

    def request_at(self, t: float) -> int | None:
        """The CPU request of the whole pod in millicores at a time; None where a container has none."""
        asked = self.asked_at(t).values()
        return None if not asked or any("cpu" not in one for one in asked) else sum(one["cpu"] for one in asked)

    def _ready(self, row: Pod, t: float) -> None:
        condition = row["conditions"].get("Ready")
        if condition is not None and (not self.readiness or self.readiness[-1][1:] != tuple(condition)):
            self.readiness.append((t, condition[0], condition[1]))
        now = condition is not None and condition[0] == "True"
        now = now and row["deletion"] is None and not row["removed"]
        if (self.ready[-1][1] if self.ready else False) != now:
            self.ready.append((t, now))


def _requested(container: Container) -> dict[str, int]:
    """Requests of one container in thousandths of a core and of a byte."""
    found = {}
    cpu, memory = container["cpu_request_m"], container.get("mem_request_b")
    if cpu is not None:
        found["cpu"] = int(cpu)
    if memory is not None:
        found["memory"] = int(memory) * 1000
    return found


def total(amounts: Sequence[int | None]) -> int | None:
    """The sum of a pod's containers; None where there is none, or one is not set."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known and len(known) == len(amounts) else None


@dataclass(slots=True)
class EndpointHistory:
    """When a pod came into the Service and went out of it, by receive time."""

    ready: float | None = None
    gone: float | None = None

    def add(self, row: Endpoint) -> None:
        """Take one ``endpoint`` row; null or false means out of the Service."""
        if row["ready"]:
            self.gone = None
            if self.ready is None:
                self.ready = row["t"]
        elif self.ready is not None and self.gone is None:
            self.gone = row["t"]


@dataclass(slots=True)
class Used:
    """What one container used in each of its pod's samples, in thousandths, rounded up; -1 where that is not known.

    A long run has a million samples: flat, each takes 16 bytes.
    """

    cpu: "array[int]" = field(default_factory=lambda: array("q"))
    memory: "array[int]" = field(default_factory=lambda: array("q"))

    def put(self, i: int, cpu: int, memory: int) -> None:
        """Its usage in the ``i``-th sample, the newest."""
        for series, value in ((self.cpu, cpu), (self.memory, memory)):
            if len(series) != i:
                del series[i:]  # of a sample that was no whole one
                series.extend([-1] * (i - len(series)))
            series.append(value)

    def at(self, i: int) -> dict[str, int]:
        """{resource: thousandths} in the ``i``-th sample."""
        found = (("cpu", self.cpu), ("memory", self.memory))
        return {name: series[i] for name, series in found if i < len(series) and series[i] >= 0}


@dataclass(slots=True)
class UsageHistory:
    """One pod's CPU samples in order of arrival: end of window (our clock), millicores, window, receive time.

    ``dated`` and ``used`` (by container) are what the HPA computes with: the server's own time, and what was used.
    """

    at: "array[float]" = field(default_factory=lambda: array("d"))
    cpu_m: "array[float]" = field(default_factory=lambda: array("d"))
    window_s: "array[float]" = field(default_factory=lambda: array("d"))
    heard: "array[float]" = field(default_factory=lambda: array("d"))
    dated: "array[float]" = field(default_factory=lambda: array("d"))
    used: dict[str, Used] = field(default_factory=dict)

    def add(self, row: Usage, at: float) -> None:
        """Take one ``usage`` row; a sample that was had already, or is no number, is left out."""
        window = row["window_s"]
        if (self.at and at <= self.at[-1]) or abs(at - row["t"]) > _FAR_S or not 0 < window < _FAR_S:
            return
        cpu = [c["cpu_m"] for c in row["containers"].values()]
        if not cpu or not all(isinstance(value, (int, float)) and 0 <= value < 1e12 for value in cpu):
            return
        for name, one in row["containers"].items():
            used = self.used.get(name)
            if used is None:
                used = self.used[name] = Used()
            memory = one.get("mem_b")
            used.put(len(self.at), math.ceil(one["cpu_m"]), -1 if memory is None else int(memory) * 1000)
        self.at.append(at)
        self.cpu_m.append(sum(cpu))
        self.window_s.append(window)
        self.heard.append(row["t"])
        self.dated.append(row["at"])

    def containers(self, i: int) -> dict[str, dict[str, int]]:
        """{container: {resource: thousandths}} of the ``i``-th sample."""
        return {name: found for name, used in self.used.items() if (found := used.at(i))}
