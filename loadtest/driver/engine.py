"""Sends a worker's share of the load at its times and counts what becomes of it."""

import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from time import perf_counter
from typing import Any

import gevent

from loadtest import closed, draw
from loadtest.driver.client import Client, Outcome, Prepared, prepare
from loadtest.driver.connections import Connections
from loadtest.driver.output import say, write
from loadtest.driver.settings import Settings
from loadtest.rows import Recorder, Worker

STOP_GRACE_S = 5.0  # after a stop, how long requests in flight may still take
PRIME = 1_000_003  # spreads a user's requests over the stream of choices
YIELD_EVERY = 8  # when behind, requests are started in lots of this many between two looks at the network

# (method, name, response in ms, bytes, cause): what Locust's own statistics want of each request
Report = Callable[[str, str, float, int, str | None], None]


class Engine:
    """One worker's load. ``run`` blocks until it is over; ``stop`` ends it early, cleanly.

    ``start`` is the load's second 0 on this machine's clock, in seconds since the epoch.
    """

    def __init__(self, settings: Settings, report: Report, start: float) -> None:
        load = settings.scenario["load"]
        self._settings = settings
        self._report = report
        self._begin = perf_counter() + start - time.time()
        self._seed, self._close_share = load["seed"], load["close_share"]
        self._limit = -(-load["max_in_flight"] // settings.workers)
        self._requests = [prepare(r, settings.url, settings.host_header) for r in settings.scenario["requests"]]
        self._edges = draw.shares([r["weight"] for r in settings.scenario["requests"]])
        wanted = -(-load["connections"] // settings.workers)
        self._connections = Connections(settings.url, settings.scenario["tls"], settings.host_header, wanted)
        self._client = Client(self._connections)
        self._recorder = Recorder(Worker(settings.shard, settings.pod, start), time.process_time())
        self._in_flight = 0
        self._senders: list[Any] = []
        self.stopped = False

    def now(self) -> float:
        """Seconds since the load's start."""
        return perf_counter() - self._begin

    def run(self) -> None:
        """Run the load to its end, writing rows as seconds end."""
        writer = gevent.spawn(self._write_rows)
        if not self.stopped:
            self._senders = [gevent.spawn(sender) for sender in (*self._loops(), self._last)]
            gevent.joinall(self._senders)
        self._drain()
        writer.kill()
        self._flush(last=True)
        self._connections.close()

    def stop(self) -> None:
        """Send nothing more; ``run`` returns when what is in flight has ended or its grace is over."""
        self.stopped = True
        for sender in self._senders:
            sender.kill(block=False)

    def _loops(self) -> list[Callable[[], None]]:
        """What to run side by side: one loop for the open model, one per user for the closed one."""
        if self._settings.scenario["model"] == "open":
            return [self._open]
        users = range(self._settings.shard, math.ceil(self._settings.users.peak), self._settings.workers)
        return [partial(self._user, j) for j in users]

    def _last(self) -> None:
        """The load lasts as long as the plan says, even where the plan ends with silence."""
        gevent.sleep(max(0.0, self._settings.scenario["duration_s"] - self.now()))

    def _arrivals(self) -> Iterator[tuple[int, float]]:
        load = self._settings.scenario["load"]
        return self._settings.plan.shard(self._settings.shard, self._settings.workers, load["arrivals"], load["seed"])

    def _open(self) -> None:
        """Start every request at its time, whatever became of those before it."""
        behind = 0
        for n, due in self._arrivals():
            wait = due - self.now()
            behind = 0 if wait > 0 else behind + 1
            if wait > 0 or behind % YIELD_EVERY == 0:
                gevent.sleep(max(0.0, wait))
            if self._in_flight >= self._limit:
                self._recorder.dropped(self.now())
                continue
            self._in_flight += 1
            gevent.spawn_raw(self._send, n, due, due)

    def _user(self, j: int) -> None:
        """One user of the closed model: the next request waits for the answer, its intended time does not.

        It is ready to be sent when it is due and the user has its previous answer: only what passes after that is
        the generator's lag. What is overdue when the load ends was never sent and counts as dropped.
        """
        scenario = self._settings.scenario
        answered = 0.0
        for n, due in enumerate(closed.timetable(self._settings.users, j, scenario["load"]["pacing"])):
            wait = due - self.now()
            if wait > 0:
                gevent.sleep(wait)
            elif self.now() >= scenario["duration_s"]:
                self._recorder.dropped(self.now())
                continue
            self._in_flight += 1
            sending = gevent.spawn(self._send, j + n * PRIME, due, max(due, answered))
            sending.join()  # a greenlet of its own, so that a stop does not cut it short
            answered = sending.value if sending.successful() else self.now()

    def _send(self, n: int, due: float, ready: float) -> float:
        """Send request ``n``, which could leave at ``ready`` at the earliest; when it ended."""
        try:
            request = self._requests[draw.pick(self._edges, draw.uniform(self._seed, n, 0))]
            begun = self.now()
            self._recorder.sent(begun, ready)
            outcome = self._client.send(request, close=draw.uniform(self._seed, n, 1) < self._close_share)
            return self._count(request, outcome, due, begun)
        finally:
            self._in_flight -= 1

    def _count(self, request: Prepared, outcome: Outcome, due: float, begun: float) -> float:
        ended = self.now()
        if outcome.cause is None:
            self._recorder.answered(ended, due, begun, outcome.pod)
        else:
            self._recorder.failed(ended, outcome.cause, outcome.pod)
        self._report(request.method, request.name, (ended - due) * 1000, outcome.length, outcome.cause)
        return ended

    def _write_rows(self) -> None:
        while True:
            gevent.sleep(1.0 - self.now() % 1.0)
            self._flush()

    def _flush(self, *, last: bool = False) -> None:
        write(self._recorder.rows(self.now(), time.process_time(), last=last))

    def _drain(self) -> None:
        """Wait for what is in flight: as long as it may take, or for the grace after a stop."""
        longest = max(request.timeout_s for request in self._requests) + 1
        deadline = perf_counter() + (min(STOP_GRACE_S, longest) if self.stopped else longest)
        while self._in_flight and perf_counter() < deadline:
            gevent.sleep(0.01)
        if self._in_flight:
            say(f"{self._in_flight} requests were still in flight at the end")
