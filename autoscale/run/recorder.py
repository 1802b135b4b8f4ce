"""The loop of a run: takes what the sources see, keeps the view, writes rows, tells the listeners."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TypeVar, cast

from autoscale.base.errors import Interrupted
from autoscale.base.steady import SteadyClock
from autoscale.cluster.client import Cluster
from autoscale.cluster.logs import Line, LogFollower
from autoscale.cluster.proxy import date_of
from autoscale.cluster.watch import Change, Lost
from autoscale.kube.kinds import Object
from autoscale.observe.clocks import WALL, clock_row
from autoscale.observe.fold import Answered, ClockRead, Fold, Samples
from autoscale.observe.gaps import gap_row
from autoscale.observe.sources import Broken, Inbox, Item, LoadChange, LogEnded, following, timing
from autoscale.observe.view import View
from autoscale.record.rows.course import Mark
from autoscale.record.rows.kinds import Row
from autoscale.record.totals import Totals
from autoscale.record.writer import Writer
from autoscale.run.loadjobs import container_of, is_master, master_fetch
from autoscale.run.options import Listener

T = TypeVar("T")
TICK_S = 0.25
SET_S = 0.1  # a machine's clock that is so far from where it was has been set


OWN = ("pod", "workload", "hpa", "scaled_object", "vpa", "service", "usage", "endpoint", "event")
"""Rows that belong to one service."""


@dataclass
class Beside:
    """Another service of the run, recorded beside its target; its rows say ``of``: ``name``."""

    name: str
    fold: Fold
    view: View


@dataclass
class Recorder:
    """Everything a phase of the run may look at, and the one place where rows are written.

    ``stack`` holds what is to be left in order; log followers are added to it as load pods start.
    """

    cluster: Cluster
    namespace: str
    writer: Writer
    fold: Fold
    view: View
    stack: ExitStack
    beside: Sequence[Beside] = ()
    listeners: Sequence[Listener] = ()
    stop: threading.Event = field(default_factory=threading.Event)
    alive: Callable[[], None] = lambda: None
    same_machine: bool = False
    clock: SteadyClock = field(default_factory=SteadyClock)
    ahead_s: float = 0.0
    heard_at: float = 0.0  # when anything came from the API server last
    inbox: Inbox = field(default_factory=queue.SimpleQueue)
    totals: Totals = field(default_factory=Totals)
    marks: dict[str, Mark] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)
    deaf: dict[str, float] = field(default_factory=dict)
    followed: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)

    def write(self, row: Row, t: float | None = None) -> None:
        """Append one row and tell the listeners."""
        full = self.writer.write(row, self.clock() if t is None else t)
        self.totals.add(full)
        if full["k"] == "mark":
            self.marks.setdefault(full["name"], full)
        for listener in self.listeners:
            listener(full)

    def mark(self, name: str, reason: str | None = None) -> None:
        """A moment seen by the observer itself."""
        row: Mark = {"k": "mark", "name": name, "at": self.clock(), "clk": "observer"}
        self.write(row if reason is None else {**row, "reason": reason})

    def pump(self, until: Callable[[], T | None], deadline_s: float, *, stoppable: bool = True) -> T | None:
        """Take things in until ``until()`` gives something (returned), or the deadline passes (None).

        ``stoppable``: raises Interrupted when the user asks for the end.
        """
        end = time.monotonic() + deadline_s
        while (found := until()) is None and time.monotonic() < end:
            if stoppable and self.stop.is_set():
                raise Interrupted("interrupted before the load had begun")
            self.alive()
            self.take(TICK_S)
        return found

    def take(self, timeout: float) -> bool:
        """Take in one thing and whatever waits behind it; whether there was any."""
        self._note_setting()
        try:
            item = self.inbox.get(timeout=timeout)
        except queue.Empty:
            return False
        self._handle(item)
        while True:
            try:
                self._handle(self.inbox.get_nowait())
            except queue.Empty:
                return True

    def _note_setting(self) -> None:
        """A row each time that the machine's clock was set; ours goes on as if it had not been."""
        ahead = self.clock.ahead()
        if abs(ahead - self.ahead_s) > SET_S:
            self.ahead_s = ahead
            self.write(clock_row(WALL, ahead, 0.0))

    def _handle(self, item: Item) -> None:
        """One thing that a source saw."""
        if isinstance(item, Change | Line | Samples | Answered):
            self.heard_at = item.t
        match item:
            case Broken():
                self.broken.append(item)
                self._gap(item, self.clock(), self.clock())
            case LoadChange():
                self.view.see(item.change, load=True)
                self._follow_logs()
            case LogEnded():
                self.read.add(item.pod)
            case _:
                if isinstance(item, Change):
                    self.view.see(item)
                at = item.t if isinstance(item, Change | Line) else None
                for row in self.fold.rows(item):
                    self.write(row, at)
                self._beside(item, at)

    def _beside(self, item: Item, at: float | None) -> None:
        """The same for every other service: rows of its own, and nothing that the target's fold has told already."""
        for other in self.beside if isinstance(item, Change | Samples | ClockRead) else ():
            if isinstance(item, Change):
                other.view.see(item)
            for row in other.fold.rows(item) if isinstance(item, Change | Samples | ClockRead) else ():
                if row["k"] in OWN and not (row["k"] == "event" and row["object"].startswith(("Node/", "NodeClaim/"))):
                    self.write(cast("Row", {**row, "of": other.name}), at)

    @property
    def views(self) -> list[View]:
        """What is known of each service, the target first."""
        return [self.view, *(other.view for other in self.beside)]

    def _gap(self, item: Broken, since: float, until: float) -> None:
        """A source that cannot go on was not heard in a span."""
        self.deaf[item.source] = until
        self.write(gap_row(Lost(item.source, since, until, item.error.what)))

    def close_gaps(self) -> None:
        """At the end of the run: what broke was not heard up to now."""
        for item in self.broken:
            self._gap(item, self.deaf[item.source], self.clock())

    def _follow_logs(self) -> None:
        """Follow the log of every load pod from the moment it runs, and measure the master's clock."""
        for name, pod in self.view.load_pods.items():
            started = (pod.get("status") or {}).get("phase") in ("Running", "Succeeded", "Failed")
            if not started or name in self.followed:
                continue
            self.followed.add(name)
            follower = LogFollower(self.cluster, self.namespace, name, container_of(pod), clock=self.clock)
            self.stack.enter_context(following(follower, self.inbox))
            if is_master(pod):
                ask = self._date_of(pod)
                self.stack.enter_context(timing(name, ask, self.inbox, self.clock, same_machine=self.same_machine))

    def _date_of(self, master: Object) -> Callable[[], str]:
        """The ``Date`` header of the master's web UI."""
        fetch = master_fetch(self.cluster, self.namespace, master, read_s=5.0)
        return lambda: date_of(fetch, "/stats/requests")

    def logs_read(self) -> bool:
        """Whether every log that was followed is read to its end."""
        return self.followed <= self.read

    def last_words(self) -> list[str]:
        """The last lines of the load pods that were no rows: what an error message shows."""
        return self.fold.strangers[-8:]
