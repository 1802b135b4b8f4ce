"""The load master: gathers the workers, gives them one start, marks the stages, and says how it went."""

import math
import signal
import time
from dataclasses import dataclass, field
from typing import Any, Unpack

import gevent
from gevent.event import Event
from locust import runners, stats
from locust.env import Environment

from loadtest.driver import clocks, web
from loadtest.driver.output import say, write
from loadtest.driver.settings import MASTER_PORT, Settings
from loadtest.driver.users import user_class
from loadtest.lines import About, Mark

GENERATOR_FAILED = 4  # the exit code of autoscale.base.exits
LEAD_S = 1.0  # from the word to the start: long enough for every worker to have it
CLOCK_ROUNDS = 8
POLL_S = 0.1


@dataclass
class Member:
    """What the master knows of one worker."""

    shard: int
    pod: str
    readings: list[clocks.Reading] = field(default_factory=list)
    asked: float = 0.0
    done: bool = False
    lost: bool = False


class Master:
    """The master's state: its workers by Locust's id of them, and how the load stands."""

    def __init__(self, settings: Settings, environment: Environment | None = None) -> None:
        self._settings = settings
        self._now = clocks.steady()
        self._members: dict[str, Member] = {}
        self._stop = Event()
        self._seq = 0
        self._environment = environment or Environment(user_classes=[user_class(Event().wait)], host=settings.url)
        self._environment.locustfile = settings.scenario["name"]
        self._runner: Any = None
        self._page: Any = None

    def run(self) -> int:
        """Gather, start, wait, end; the exit code."""
        gevent.signal_handler(signal.SIGTERM, self._stop.set)
        self._listen()
        if not (self._gather() and self._ready()):
            code = GENERATOR_FAILED
        else:
            code = self._conduct(self._start())
        self._runner.quit()
        self._page.stop()
        return code

    def _listen(self) -> None:
        runners.HEARTBEAT_DEAD_INTERNAL = -(10**9)  # a lost worker stays lost; its share is not given to another
        stats.HISTORY_STATS_INTERVAL_SEC = 1
        self._runner = self._environment.create_master_runner(self._settings.bind, MASTER_PORT)
        for name, listener in (("hello", self._hello), ("time", self._time), ("done", self._done)):
            self._runner.register_message(name, listener)
        self._page = web.serve(self._environment, self._settings.bind, self._settings.token, self._stop.set, self._now)
        gevent.spawn(stats.stats_history, self._runner)

    def _hello(self, msg: Any, **_: Any) -> None:
        """A worker is there; one that says a shard again takes the place of the one before it."""
        for node in [node for node, member in self._members.items() if member.shard == msg.data["shard"]]:
            del self._members[node]
        self._members[msg.node_id] = Member(msg.data["shard"], msg.data["pod"])

    def _time(self, msg: Any, **_: Any) -> None:
        member = self._members[msg.node_id]
        member.readings.append(clocks.Reading(member.asked, msg.data["remote"], self._now()))

    def _done(self, msg: Any, **_: Any) -> None:
        member = self._members[msg.node_id]
        member.done = True
        member.lost = msg.data["stopped"] and not self._stop.is_set()
        if member.lost:
            self._mark_lost(member)

    def _gather(self) -> bool:
        """Wait for every shard; say which did not come within the deadline."""
        wanted = set(range(self._settings.workers))
        deadline = time.monotonic() + self._settings.start_deadline_s
        while {member.shard for member in self._members.values()} != wanted and not self._stop.is_set():
            if time.monotonic() > deadline:
                missing = sorted(wanted - {member.shard for member in self._members.values()})
                reason = (
                    f"{len(wanted) - len(missing)} of {len(wanted)} load workers came within "
                    f"{self._settings.start_deadline_s:g} s; missing: {', '.join(map(str, missing))}"
                )
                self._mark("generator-failed", self._now(), reason=reason)
                say(reason)
                return False
            gevent.sleep(POLL_S)
        return not self._stop.is_set()

    def _ready(self) -> bool:
        """Whether all that has to be there before the load begins is there."""
        return True

    def _begin_users(self, _start: float) -> None:
        """Locust's users, who stand for the workers."""
        self._runner.start(self._settings.workers, self._settings.workers)

    def _start(self) -> float:
        """Give every worker the same second 0, each on its own clock; second 0 on the master's."""
        for _ in range(CLOCK_ROUNDS):
            self._ask_times()
        start = float(math.ceil(self._now() + LEAD_S))
        for node, member in self._members.items():
            self._runner.send_message("begin", {"start": start + self._correction(member)}, node)
        self._begin_users(start)
        return start

    def _correction(self, member: Member) -> float:
        """What to add to a time for a worker's clock; the measurement goes into the record."""
        if not member.readings:
            return 0.0  # it does not answer: lost, as will be seen
        offset = clocks.offset(member.readings)
        write(
            [
                {
                    "k": "clock",
                    "seq": self._number(),
                    "clk": member.pod,
                    "offset_s": round(offset.seconds, 6),
                    "error_s": round(offset.error_s, 6),
                    "against": self._settings.pod,
                }
            ]
        )
        return offset.correction

    def _ask_times(self) -> None:
        for node, member in self._members.items():
            known = len(member.readings)
            member.asked = self._now()
            self._runner.send_message("time", {}, node)
            with gevent.Timeout(1.0, False):
                while len(member.readings) == known:
                    gevent.sleep(0.001)

    def _conduct(self, start: float) -> int:
        """Mark what happens until every worker is done or lost, or the load is stopped."""
        marks = gevent.spawn(self._mark_stages, start)
        while not self._stop.is_set() and not all(member.done or member.lost for member in self._members.values()):
            self._note_lost()
            gevent.sleep(POLL_S)
        marks.kill()
        if self._stop.is_set():
            self._mark("interrupted", self._now())
            self._end_workers()
            self._mark("load-end", self._now())
        else:
            self._mark("load-end", start + self._settings.scenario["duration_s"])
        return GENERATOR_FAILED if any(member.lost for member in self._members.values()) else 0

    def _mark_stages(self, start: float) -> None:
        gevent.sleep(max(0.0, start - self._now()))
        self._mark("load-start", start)
        for stage in self._settings.stages:
            gevent.sleep(max(0.0, start + stage.start_s - self._now()))
            self._mark("stage", start + stage.start_s, stage=stage.name)

    def _note_lost(self) -> None:
        """A worker that was killed sends no heartbeat any more, or has left Locust's list."""
        for node, member in self._members.items():
            client = self._runner.clients.get(node)
            if not (member.done or member.lost) and (client is None or client.state == runners.STATE_MISSING):
                member.lost = True
                self._mark_lost(member)

    def _mark_lost(self, member: Member) -> None:
        say(f"The load worker {member.pod} (shard {member.shard}) was lost.")
        self._mark("worker-lost", self._now(), pod=member.pod)

    def _end_workers(self) -> None:
        """Stop what still sends, and wait for its last rows."""
        gevent.spawn(self._runner.stop)
        with gevent.Timeout(10.0, False):
            while not all(member.done or member.lost for member in self._members.values()):
                self._note_lost()
                gevent.sleep(POLL_S)

    def _mark(self, name: str, at: float, **more: Unpack[About]) -> None:
        mark: Mark = {
            "k": "mark",
            "name": name,
            "at": round(at, 6),
            "clk": self._settings.pod,
            **more,
            "seq": self._number(),
        }
        write([mark])

    def _number(self) -> int:
        number = self._seq
        self._seq += 1
        return number
