"""A modelled run as a record: the same rows as a real one's, so that every report and every judgement works on it."""

import math
import re
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from autoscale.base.errors import InputError
from autoscale.hpa import Decision
from autoscale.hpa.config import Flags
from autoscale.record.rows import kinds
from autoscale.record.writer import Writer
from autoscale.whatif import engine, fast
from autoscale.whatif.answer import Model, span_for
from autoscale.whatif.arrivals import chunks
from autoscale.whatif.control import Pod
from autoscale.whatif.model import simulate
from autoscale.whatif.service import Setting, Span
from autoscale.whatif.traffic import Traffic
from loadtest.rows import Worker
from loadtest.tally import Tally

Row = dict[str, Any]
CLOCK = "modelled"
_CAUSES = {engine.TIMEOUT: "timeout", engine.REFUSED: "connection refused"}


def write(model: Model, setting: Setting, folder: Path, seed: int = 0) -> Path:
    """Model a setting once and write its record into a folder of its own; the record's path."""
    slug = re.sub(r"[^a-z0-9]+", "-", setting.name.lower()).strip("-")[:60] or "variant"
    place = folder / f"{model.seen.run.run}-{slug}"
    try:
        place.mkdir(parents=True)
    except OSError as error:
        raise InputError(f"cannot make {place}: {error.strerror}", fix="choose another --records folder") from None
    with Writer(place / "record.jsonl") as writer:
        for row in rows(model, setting, seed, place.name):
            writer.write(cast("kinds.Row", row), row.pop("t"))
    return place / "record.jsonl"


def rows(model: Model, setting: Setting, seed: int = 0, run: str = "modelled") -> list[Row]:
    """Every row of one modelled run, header first, each with its time ``t``."""
    span = span_for(model, setting)
    scribe = Scribe(model, setting, span)
    simulate(model.service, setting, span, chunks(setting.load, compiled=fast.available()), seed, scribe)
    return [scribe.header(run), *scribe.finished()]


@dataclass
class Scribe:
    """A witness that writes everything down."""

    model: Model
    setting: Setting
    span: Span
    written: list[Row] = field(default_factory=list)
    pods: list[Pod] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tally = Tally(Worker(0, CLOCK, self.span.zero))
        self.desired = len(self.span.pods)
        self._events = 0
        target = self.model.seen.kept.target
        self.name = str(target["name"])
        for clock in ("api", CLOCK):
            self._add(self.span.begin, {"k": "clock", "clk": clock, "offset_s": 0.0, "error_s": 0.0})
        for node in self.model.seen.kept.nodes[:1]:
            self._add(self.span.begin, {key: value for key, value in node.items() if key not in ("n", "t")})

    def header(self, run: str) -> Row:
        """The recorded header with what the variant changes, and from which run it was modelled."""
        old = self.model.seen.kept.header
        load, flags = self.setting.load, {name: getattr(self.setting.config, name) for name in asdict(Flags())}
        scenario = {
            **old["scenario"],
            "points": [list(point) for point in load.points],
            "duration_s": load.duration_s,
            "stages": [{"name": n, "start_s": a, "end_s": b} for n, a, b in load.stages],
        }
        return {
            **{key: value for key, value in old.items() if key != "n"},
            "t": self.span.zero + self.span.begin,
            "run": run,
            "scenario": scenario,
            "objects": [self._object(obj) for obj in old["objects"]],
            "context": {**old["context"], "name": f"model of {old['context'].get('name', 'a run')}"},
            "hpa_config": flags,
            "environment": {**old["environment"], "simulated": self.model.seen.run.run},
        }

    def _object(self, obj: Row) -> Row:
        changed = deepcopy(obj)
        if obj.get("kind") == "HorizontalPodAutoscaler":
            changed["spec"] = deepcopy(dict(self.setting.hpa))
        return changed

    def finished(self) -> list[Row]:
        """All rows but the header in order of time."""
        load, zero = self.setting.load, self.span.zero
        seconds = math.ceil(self.span.end)
        for told in self.tally.rows(float(seconds), 0.0, last=True):
            if told["at"] - zero < load.duration_s + self.model.service.timeout_s.value + 1:
                self.written.append({**told, "t": told["at"] + 1.0})
        marks = [("load-start", 0.0, None), ("load-end", load.duration_s, None)]
        for name, at, stage in [*marks, *(("stage", start, name) for name, start, _ in load.stages)]:
            row = {"k": "mark", "name": name, "at": zero + at, "clk": CLOCK}
            self._add(at, row if stage is None else {**row, "stage": stage})
        ordered = sorted(self.written, key=lambda row: row["t"])
        totals = {
            name: sum(row[name] for row in ordered if row["k"] == "load") for name in ("planned", "sent", "answered")
        }
        end = {"k": "end", "reason": "done", "rows": len(ordered) + 2, "totals": totals, "t": zero + self.span.end}
        return [*ordered, end]

    def _add(self, now: float, row: Row) -> None:
        self.written.append({**row, "t": self.span.zero + now})

    def _dated(self, at: float | None) -> float | None:
        """Whole seconds, as the API dates."""
        return None if at is None else float(math.floor(self.span.zero + at))

    def requests(self, traffic: Traffic) -> None:
        """Each request that ended, in the load generator's own way of counting."""
        names = {pod.place: pod.name for pod in self.pods}
        for one in traffic.ended():
            if one.how == engine.DROPPED:
                self.tally.dropped(one.at)
                continue
            self.tally.sent(one.begun, one.intended)
            if one.how == engine.ANSWERED:
                self.tally.answered(one.at, one.intended, one.begun, names.get(one.pod))
            else:
                self.tally.failed(one.at, _CAUSES[one.how], None, one.intended)

    def decided(self, decision: Decision, now: float) -> None:
        """The HPA's status after a pass, its events, and the workload it has resized."""
        status = decision.status
        conditions = {
            c.type: {
                "status": c.status,
                "reason": c.reason,
                "message": c.message,
                "at": None if c.changed is None else float(math.floor(c.changed)),
            }
            for c in status.conditions
        }
        scaled = status.last_scale_time
        metrics = None if status.current_metrics is None else [dict(metric) for metric in status.current_metrics]
        self._add(
            now,
            {
                "k": "hpa",
                "uid": "hpa",
                "name": self.model.seen.kept.target["hpa"] or "hpa",
                "generation": 1,
                "spec": dict(self.setting.hpa),
                "current": status.current_replicas,
                "desired": status.desired_replicas,
                "last_scale": None if scaled is None else float(math.floor(scaled)),
                "metrics": metrics,
                "conditions": conditions,
            },
        )
        for event in decision.events:
            self._events += 1
            self._add(
                now,
                {
                    "k": "event",
                    "uid": f"event-{self._events}",
                    "type": event.type,
                    "reason": event.reason,
                    "message": event.message,
                    "object": "HorizontalPodAutoscaler/hpa",
                    "count": 1,
                    "first": self._dated(now),
                    "last": self._dated(now),
                },
            )
        if decision.rescale and decision.desired is not None:
            self.desired = decision.desired
            self._workload(now)

    def pod(self, pod: Pod, what: str, now: float) -> None:
        """A pod's row, its endpoint's, and the workload's."""
        if what == "created":
            self.pods.append(pod)
        if what == "removed":
            self.pods.remove(pod)
        self._add(now, self._pod_row(pod, now, removed=what == "removed"))
        if what in ("in service", "deleted"):
            there = what == "in service"
            service = self.model.seen.kept.target["service"] or self.name
            self._add(
                now,
                {
                    "k": "endpoint",
                    "service": service,
                    "pod_uid": pod.name,
                    "ready": there,
                    "serving": True,
                    "terminating": not there,
                },
            )
        self._workload(now)

    def _pod_row(self, pod: Pod, now: float, *, removed: bool) -> Row:
        ready = pod.ready_at is not None and pod.ready_at <= now
        created, changed = self._dated(pod.created), self._dated(pod.ready_at if ready else pod.created)
        state = "True" if ready else "False"
        conditions = {name: ["True", created] for name in ("PodScheduled", "Initialized")}
        conditions |= {name: [state, changed] for name in ("ContainersReady", "Ready")}
        container = {
            "name": "app",
            "cpu_request_m": self.setting.request_m,
            "cpu_limit_m": self.setting.limit_m,
            "started": created,
            "restarts": 0,
            "reason": None,
        }
        deletion = None if pod.deleted is None else self._dated(pod.deleted + self.model.service.drain_s.value)
        return {
            "k": "pod",
            "uid": pod.name,
            "name": pod.name,
            "namespace": self.model.seen.kept.target["namespace"],
            "owner": f"ReplicaSet/{self.name}",
            "node": "modelled",
            "ip": None,
            "phase": "Running",
            "created": created,
            "deletion": deletion,
            "conditions": conditions,
            "containers": [container],
            "removed": removed,
        }

    def _workload(self, now: float) -> None:
        active = [pod for pod in self.pods if pod.deleted is None]
        ready = sum(pod.ready_at is not None and pod.ready_at <= now for pod in active)
        self._add(
            now,
            {
                "k": "workload",
                "kind": self.model.seen.kept.target["kind"],
                "uid": "workload",
                "name": self.name,
                "generation": 1,
                "spec_replicas": self.desired,
                "status_replicas": len(active),
                "ready": ready,
                "available": ready,
            },
        )

    def sampled(self, pod: Pod, cpu_m: float, window_s: float, now: float) -> None:
        """A sample, as metrics.k8s.io would give it."""
        self._add(
            now,
            {
                "k": "usage",
                "pod_uid": pod.name,
                "at": self._dated(now),
                "clk": "api",
                "window_s": round(window_s, 3),
                "containers": {"app": {"cpu_m": round(cpu_m, 6), "mem_b": None}},
            },
        )
