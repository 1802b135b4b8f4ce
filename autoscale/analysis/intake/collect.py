"""One pass over the rows of a record, keeping what the analysis needs and nothing more."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autoscale.analysis.intake.clocks import Clocks
from autoscale.analysis.intake.load import LoadCollector
from autoscale.analysis.intake.pods import Dated, EndpointHistory, PodHistory, UsageHistory
from autoscale.analysis.intake.resizes import asked_for
from autoscale.analysis.results.series import EventAt, GapSpan, MarkAt
from autoscale.base.errors import InputError, Problem
from autoscale.record.ledger import Ledger
from autoscale.record.rows.cluster import Event, Node, Service, Workload
from autoscale.record.rows.course import End, Gap, Mark
from autoscale.record.rows.header import Header, Target
from autoscale.record.rows.hpa import Hpa
from autoscale.record.rows.keda import ScaledObject
from autoscale.record.rows.load import PodLoad
from autoscale.record.rows.pods import Endpoint, Pod, Usage
from autoscale.record.rows.vpa import Vpa
from autoscale.record.shape import MANY, misfit
from loadtest.histogram import SPEC

Row = Mapping[str, Any]
_MAX_EVENTS = 50_000
# Rows that wait for their clock to be measured, which takes about ten seconds from a load pod's start.
_DATED = {"mark", "load", "pod_load", "usage"}
_MAX_WAITING = 5_000
_SENSELESS = (KeyError, ValueError, TypeError, AttributeError, OverflowError)
_LONGEST_S = 40 * 86400.0  # no run is longer
_IN_ORDER = {"pod", "hpa", "event", "usage", "load"}  # each is heard by one who writes down what it hears
_ROUNDING_S = 0.5


@dataclass(slots=True)
class Collected:
    """What one pass kept."""

    header: Header
    clocks: Clocks
    load: LoadCollector
    first_t: float
    last_t: float
    marks: list[MarkAt] = field(default_factory=list)
    pods: dict[str, PodHistory] = field(default_factory=dict)
    by_name: dict[str, PodHistory] = field(default_factory=dict)
    endpoints: dict[str, EndpointHistory] = field(default_factory=dict)
    pulled: dict[str, Dated] = field(default_factory=dict)
    usage: dict[str, UsageHistory] = field(default_factory=dict)
    hpas: list[Hpa] = field(default_factory=list)
    hpas_gone: list[Hpa] = field(default_factory=list)
    scaled: list[ScaledObject] = field(default_factory=list)
    vpas: list[Vpa] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    replica_sets: list[Workload] = field(default_factory=list)
    workloads: list[Workload] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    events: list[EventAt] = field(default_factory=list)
    gaps: list[GapSpan] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    end: End | None = None
    set_back_s: float = 0.0
    strange: int = 0

    @property
    def target(self) -> Target:
        """The header's target."""
        return self.header["target"]


def collect(record: Iterable[Any]) -> Collected:
    """Read a record's rows, header first; raises InputError where there is no usable header."""
    stream = iter(record)
    header = next(stream, None)
    if header is None or header.get("k") != "header":
        raise InputError("this is no record", problems=[Problem("row 1", "no header", 'a {"k": "header"} row')])
    if found := misfit(header, "header", written=False):
        problem = Problem(f"header.{found.path}", found.found, found.wanted)
        fix = "it was not written by this tool, or was changed"
        raise InputError("the record's header cannot be read", problems=[problem], fix=fix)
    _check_histogram(header["histogram"])
    clocks = Clocks()
    kept = Collected(header=header, clocks=clocks, load=LoadCollector(clocks), first_t=header["t"], last_t=header["t"])
    handlers = _handlers(kept)
    kept.ledger.add(header)
    start = header["t"]
    waiting: list[Row] = []
    heard: dict[Any, Row] = {}  # the last row of each source
    patient = True
    for row in stream:
        try:
            kind, t = row["k"], row["t"]
            kept.ledger.add(row)
            if row.get("of") is not None:
                continue  # of another service than the target (autoscale.analysis.services)
            if "odd" in row or not _near(row, start) or (kind not in MANY and misfit(row, kind, written=False)):
                kept.strange += 1  # its inside is not what its kind holds; counted and told in the notes
                continue
            if t > kept.last_t:
                kept.last_t = t
            if kind in _IN_ORDER:
                source = row["shard"] if kind == "load" else kind
                if t < kept.last_t - _ROUNDING_S:
                    kept.set_back_s = max(kept.set_back_s, _set_back(row, heard.get(source, row)))
                heard[source] = row
            if patient and kind in _DATED and not clocks.measured(row["clk"]):
                waiting.append(row)
                patient = len(waiting) < _MAX_WAITING
                continue
            handler = handlers.get(kind)
            if handler is not None:
                handler(row)
            if waiting and (kind == "clock" or not patient):
                waiting = _release(waiting, kept, handlers, all_of_them=not patient)
        except _SENSELESS:
            kept.strange += 1
    _release(waiting, kept, handlers, all_of_them=True)
    return kept


def _near(row: Row, start: float) -> bool:
    """Whether a row's times lie near the record's beginning, and the first answers of a second near that second."""
    if row["k"] == "gap":
        return all(abs(row[name] - start) < _LONGEST_S for name in ("t", "since", "until"))
    at = row.get("at")
    if row["k"] == "load":
        for share in row["by_pod"].values():
            first = share["first_at"]
            if first is not None and not -_ROUNDING_S <= first - row["at"] <= 1.0 + _ROUNDING_S:
                return False
    return abs(row["t"] - start) < _LONGEST_S and (at is None or abs(at - start) < _LONGEST_S)


def _set_back(row: Row, before: Row) -> float:
    """By how much a row was heard earlier than its source's row before; 0 where they are in order, or one was moved."""
    by_s: float = before["t"] - row["t"]
    moved = "n" in row and "n" in before and row["n"] <= before["n"]
    return by_s if by_s > _ROUNDING_S and not moved else 0.0


def _release(
    waiting: list[Row], kept: Collected, handlers: Mapping[str, Callable[[Any], None]], *, all_of_them: bool
) -> list[Row]:
    """Handle the rows whose clock is measured by now, or all; returns those that wait on."""
    for row in waiting:
        if all_of_them or kept.clocks.measured(row["clk"]):
            try:
                handlers[row["k"]](row)
            except _SENSELESS:
                kept.strange += 1
    return [] if all_of_them else [row for row in waiting if not kept.clocks.measured(row["clk"])]


def _check_histogram(found: Mapping[str, float]) -> None:
    if dict(found) != SPEC:
        problem = Problem("header.histogram", repr(dict(found)), repr(SPEC))
        raise InputError("the record's histograms have buckets of another kind", problems=[problem])


def _handlers(kept: Collected) -> dict[str, Callable[[Any], None]]:
    load = kept.load

    def mark(row: Mark) -> None:
        at = kept.clocks.ours(row["at"], row["clk"])
        kept.marks.append(MarkAt(row["name"], at, row.get("stage"), row.get("reason")))

    def pod_load(row: PodLoad) -> None:
        pod = kept.by_name.get(row["pod"])
        load.add_pod(row, pod.ready[0][0] if pod and pod.ready else None)

    def pod(row: Pod) -> None:
        history = kept.pods.get(row["uid"])
        if history is None:
            history = PodHistory(row["uid"], row["name"], row["t"], (row["created"], row["t"]))
            kept.pods[row["uid"]] = kept.by_name[row["name"]] = history
        history.add(row)

    def usage(row: Usage) -> None:
        at = kept.clocks.ours(row["at"], row["clk"])
        history = kept.usage.get(row["pod_uid"])
        if history is None:
            history = kept.usage[row["pod_uid"]] = UsageHistory()
        history.add(row, at)

    def endpoint(row: Endpoint) -> None:
        if kept.target["service"] in (None, row["service"]):
            kept.endpoints.setdefault(row["pod_uid"], EndpointHistory()).add(row)

    def hpa(row: Hpa) -> None:
        if kept.target["hpa"] not in (None, row["name"]):
            return
        if row.get("removed"):
            kept.hpas_gone.append(row)
        else:
            kept.hpas.append(_slim(row, kept.hpas[-1] if kept.hpas else None))

    def scaled_object(row: ScaledObject) -> None:
        if kept.target.get("scaled_object") in (None, row["name"]):
            kept.scaled.append(row)

    def vpa(row: Vpa) -> None:
        if kept.target.get("vpa") in (None, row["name"]):
            kept.vpas.append(row)

    def service(row: Service) -> None:
        if kept.target["service"] in (None, row["name"]):
            kept.services.append(row)

    def workload(row: Workload) -> None:
        if (row["kind"], row["name"]) == (kept.target["kind"], kept.target["name"]):
            kept.workloads.append(row)
        elif row["kind"] == "ReplicaSet":  # only the target's own are recorded
            kept.replica_sets.append(row)

    def gap(row: Gap) -> None:
        kept.gaps.append(
            GapSpan(
                source=row["source"],
                start=row["since"],
                end=row["until"],
                cause=row["cause"],
                hides=row.get("hides", ""),
            )
        )

    def end(row: End) -> None:
        kept.end = row

    return {
        "clock": kept.clocks.add,
        "mark": mark,
        "load": load.add,
        "pod_load": pod_load,
        "pod": pod,
        "usage": usage,
        "endpoint": endpoint,
        "hpa": hpa,
        "scaled_object": scaled_object,
        "vpa": vpa,
        "service": service,
        "workload": workload,
        "node": kept.nodes.append,
        "event": lambda row: _event(kept, row),
        "gap": gap,
        "end": end,
    }


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
