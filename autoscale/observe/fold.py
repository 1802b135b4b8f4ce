"""What the sources see -> rows of the record: each change once, nothing twice, holes counted.

``Fold`` is state and no I/O: the same changes give the same rows, so a recorded cluster can be replayed through it.
"""

from dataclasses import dataclass, field
from typing import cast

from autoscale.cluster.logs import Line
from autoscale.cluster.watch import Change, Lost
from autoscale.kube.kinds import Object
from autoscale.observe import convert, loglines
from autoscale.observe.clocks import Clocks
from autoscale.record.rows import Endpoint, Gap, Row
from loadtest.lines import Line as Written
from loadtest.lines import Load, Mark, PodLoad

API_CLOCK = "api"
# What one row covers, in seconds.
_SPAN_S = {"load": 1.0, "pod_load": 10.0}


@dataclass(frozen=True)
class Samples:
    """One answer of metrics.k8s.io; ``items`` are PodMetrics."""

    items: list[Object]
    t: float


@dataclass(frozen=True)
class ClockRead:
    """Another clock was measured: ``offset_s`` ahead of ours, within ``error_s``."""

    clk: str
    offset_s: float
    error_s: float
    t: float


Seen = Change | Lost | Line | Samples | ClockRead


@dataclass(frozen=True)
class Scope:
    """What of a namespace belongs to the run: the workload, its HPA and Service; and since when (epoch seconds)."""

    kind: str
    workload: str
    service: str | None
    hpa: str | None
    since: float


@dataclass
class Fold:
    """Turns what was seen into rows. ``uids``: pod name -> uid of the target's pods."""

    scope: Scope
    uids: dict[str, str] = field(default_factory=dict)
    workload_uid: str | None = None
    _last: dict[tuple[str, str], Row] = field(default_factory=dict)
    _slices: dict[str, set[str]] = field(default_factory=dict)
    _sampled: dict[str, float] = field(default_factory=dict)
    _seq: dict[tuple[str, str], int] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)
    clocks: Clocks = field(default_factory=Clocks)

    def rows(self, seen: Seen) -> list[Row]:
        """The rows of one thing seen, in the order in which they are to be written."""
        match seen:
            case Change():
                return self._change(seen)
            case Samples():
                return self._samples(seen)
            case Line():
                return self._line(seen)
            case Lost():
                return [
                    {"k": "gap", "source": seen.source, "since": seen.since, "until": seen.until, "cause": seen.cause}
                ]
            case ClockRead():
                return [*self.clocks.master(seen.clk, seen.offset_s, seen.error_s)]

    def _change(self, change: Change) -> list[Row]:
        """One object of the API."""
        gone = change.type in ("DELETED", "GONE")
        obj = {**change.object, "kind": change.kind}
        match change.kind:
            case "Pod":
                self.uids[obj["metadata"]["name"]] = obj["metadata"]["uid"]
                return self._new(obj, convert.pod_row(obj, removed=gone))
            case "Deployment" | "ReplicaSet" | "StatefulSet":
                return [] if gone or not self._ours(obj) else self._new(obj, convert.workload_row(obj))
            case "HorizontalPodAutoscaler":
                return [] if gone else self._new(obj, convert.hpa_row(obj))
            case "EndpointSlice":
                return self._endpoints(obj, gone=gone)
            case "Node":
                return self._new(obj, convert.node_row(obj, removed=gone))
            case "Event":
                return self._event(obj, gone=gone)
        return []

    def _ours(self, workload: Object) -> bool:
        """Whether a workload is the target, or a ReplicaSet that the target owns."""
        if workload["kind"] == self.scope.kind and workload["metadata"]["name"] == self.scope.workload:
            self.workload_uid = workload["metadata"]["uid"]
            return True
        return convert.owner(workload) == f"{self.scope.kind}/{self.scope.workload}"

    def _new(self, obj: Object, row: Row) -> list[Row]:
        """The row of an object, unless nothing in it has changed."""
        return self._changed((row["k"], obj["metadata"].get("uid") or obj["metadata"]["name"]), row)

    def _changed(self, place: tuple[str, str], row: Row) -> list[Row]:
        if self._last.get(place) == row:
            return []
        self._last[place] = row
        return [row]

    def _endpoints(self, obj: Object, *, gone: bool) -> list[Row]:
        """The endpoints of one slice that changed; one that left is no longer ready."""
        service = (obj["metadata"].get("labels") or {}).get("kubernetes.io/service-name", "")
        if service != self.scope.service:
            return []
        found = {} if gone else convert.endpoint_rows(obj, service)
        before = self._slices.get(obj["metadata"]["uid"], set())
        self._slices[obj["metadata"]["uid"]] = set(found)
        elsewhere = {
            uid for slice_uid, uids in self._slices.items() if slice_uid != obj["metadata"]["uid"] for uid in uids
        }
        left: list[Endpoint] = [
            {"k": "endpoint", "service": service, "pod_uid": uid, "ready": False, "serving": False, "terminating": None}
            for uid in sorted(before - set(found) - elsewhere)
        ]
        return [new for row in [*found.values(), *left] for new in self._changed(("endpoint", row["pod_uid"]), row)]

    def _event(self, obj: Object, *, gone: bool) -> list[Row]:
        """An event about the target, what it owns, or its HPA, since the run began."""
        row = convert.event_row(obj)
        if gone or (row["last"] or self.scope.since) < self.scope.since:
            return []
        kind, _, name = row["object"].partition("/")
        ours = (
            (kind, name) in ((self.scope.kind, self.scope.workload), ("HorizontalPodAutoscaler", self.scope.hpa))
            or (kind in ("ReplicaSet", "Pod") and name.startswith(self.scope.workload + "-"))
            or kind == "Node"
        )
        return self._new(obj, row) if ours else []

    def _samples(self, samples: Samples) -> list[Row]:
        """Samples that were not there the last time."""
        rows: list[Row] = []
        for item in samples.items:
            uid = self.uids.get(item["metadata"]["name"])
            if uid is None:
                continue
            row = convert.usage_row(item, uid, API_CLOCK)
            if row["at"] > self._sampled.get(uid, 0.0):
                self._sampled[uid] = row["at"]
                rows.append(row)
        return rows

    def _line(self, line: Line) -> list[Row]:
        """A row that a load pod wrote to its log; a text that is none is kept for error messages."""
        try:
            row = loglines.parse(line.text)
        except ValueError:
            self.strangers = [*self.strangers[-49:], f"{line.pod}: {line.text}"]
            return []
        if row is None:
            return []
        place = ("master", line.pod)
        if row["k"] == "load" or row["k"] == "pod_load":
            place = (row["k"], str(row["shard"]))
        if row["seq"] <= self._seq.get(place, -1):
            return []  # seen before the stream broke
        gaps = self._hole(place, row, line)
        return [*gaps, *(self.clocks.worker(row) if row["k"] == "clock" else [_row(row)])]

    def _hole(self, place: tuple[str, str], row: Written, line: Line) -> list[Gap]:
        """A gap where sequence numbers are missing before this row; remembers the number."""
        before = self._seq.get(place, -1)
        self._seq[place] = row["seq"]
        missing = row["seq"] - before - 1
        if missing <= 0:
            return []
        until = line.at if row["k"] == "clock" else row["at"]
        since = until - missing * _SPAN_S.get(place[0], 1.0)
        cause = f"{missing} rows of the log of {line.pod} are missing"
        return [{"k": "gap", "source": "/".join(place), "since": since, "until": until, "cause": cause}]


def _row(line: Load | PodLoad | Mark) -> Row:
    """A worker's line as a row: the same, to be numbered and stamped."""
    return cast("Row", line)
