"""What the page shows of a run that is going on: a fold over its rows, handed out in increments."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from autoscale.analysis.intake.clocks import Clocks
from autoscale.analysis.intake.seconds import LoadSeconds
from autoscale.base.visible import visible_in
from autoscale.record.rows.course import Mark
from autoscale.record.rows.kinds import Row
from autoscale.web import live_pods
from autoscale.web.live_load import LiveLoad
from autoscale.web.live_pods import LivePods

# The marks that begin the next state of a run; before the first it is being prepared.
_STATES = {"load-start": "running", "load-end": "scaling down", "interrupted": "ending"}

_NOBODY: Mapping[str, Any] = {"run": None, "t": None, "scenario": {}, "target": {}}


class Live:
    """Add every row as it is written; ask for what is new since a version. Safe between two threads.

    A ``header`` begins a new run: what was there before is forgotten.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = 0
        self._begin(_NOBODY)

    def _begin(self, header: Mapping[str, Any]) -> None:
        scenario, target = header["scenario"], header["target"]
        self._header = header
        self._clocks = Clocks()
        self._load = LiveLoad(LoadSeconds(self._clocks), int((scenario.get("load") or {}).get("workers") or 1))
        self._pods = LivePods(self._clocks, target.get("kind", ""), target.get("name", ""))
        self._start: float | None = None
        self._state = "preparing" if header["run"] else "waiting"
        self._now: float | None = header["t"]
        self._gaps = 0
        self._outcome: Mapping[str, Any] | None = None

    @property
    def state(self) -> str:
        """``waiting``, ``starting``, ``preparing``, ``running``, ``ending``, ``scaling down`` or ``ended``."""
        with self._lock:
            return self._state

    def rates(self) -> tuple[float, float] | None:
        """(requests that ended, of them failed) a second at this moment; None where unknown, 0 after the load."""
        with self._lock:
            return self._load.rates() if self._state == "running" else (0.0, 0.0)

    def expect(self) -> None:
        """A run was asked for: what was before it is forgotten."""
        with self._lock:
            self._version += 1
            self._begin(_NOBODY)
            self._state = "starting"

    def conclude(self, run: str, outcome: Mapping[str, Any]) -> None:
        """What the report of a run says (``report.outcome``)."""
        with self._lock:
            if run == self._header["run"]:
                self._version += 1
                self._outcome = outcome

    def add(self, row: Row) -> None:
        """Take one row of the record."""
        with self._lock:
            self._version += 1
            if row["k"] == "header":
                self._begin(row)
            self._now = row["t"]
            if row["k"] == "clock":
                self._clocks.add(row)
            elif row["k"] == "load":
                with suppress(ValueError, KeyError):  # one that says what cannot be; the verdict names it
                    self._load.add(row, self._version)
            elif row.get("of") is not None:
                pass  # the page shows the target; the report has the services beside it
            elif row["k"] in ("workload", "hpa", "pod", "usage", "event"):
                getattr(self._pods, row["k"])(row, self._version)
            elif row["k"] == "mark":
                self._mark(row)
            elif row["k"] == "gap":
                self._gaps += 1
            elif row["k"] == "end":
                self._state = "ended"

    def _mark(self, row: Mark) -> None:
        self._state = _STATES.get(row["name"], self._state)
        if row["name"] == "load-start":
            self._start = self._clocks.ours(row["at"], row["clk"])

    def since(self, version: int, run: str | None) -> dict[str, Any]:
        """What changed since ``version`` of ``run``, as JSON; everything where that is another run.

        ``seconds`` and the rows of ``pods``, ``cpu`` and ``log`` (the cluster's events, each with the version it came
        with) are increments, ``header`` comes with the first, the rest is whole. Times in seconds since the epoch,
        latency in ms, CPU in millicores. ``zero``: when the load began. ``outcome``: what the report says, once it is
        written.
        """
        with self._lock:
            header = self._header
            known = version if run == header["run"] else 0
            seconds, held = self._load.since(known)
            found = {
                "run": header["run"],
                "version": self._version if held is None else held - 1,
                "state": self._state,
                "zero": self._start,
                "from": header["t"],
                "now": self._now,
                "header": None if known else _shown(header),
                "seconds": seconds,
                "names": self._load.names.shown(),
                "pods": live_pods.since(self._pods.pods, known),
                "cpu": live_pods.since(self._pods.cpu, known),
                "events": self._pods.events,
                "targets": self._pods.targets,
                "log": [event for event in self._pods.log if event[0] > known],
                "outcome": self._outcome,
                "gaps": self._gaps,
            }
        shown: dict[str, Any] = visible_in(found)
        return shown


def _shown(header: Mapping[str, Any]) -> dict[str, Any]:
    """What the page tells of a run as a whole."""
    scenario = {name: header["scenario"].get(name) for name in ("name", "stages", "points", "duration_s")}
    return {"scenario": scenario, "target": header["target"]}
