"""When requests are sent: at the times of a plan (open model), or by users who wait for their answers (closed model).

Both run in the event loop: a timer wakes them when something is due, they send what is, and sleep again.
"""

import heapq
import math
from abc import ABC, abstractmethod
from functools import partial
from typing import Any

from gevent import get_hub
from gevent.event import Event

from loadtest import closed
from loadtest.driver.sender import Sender
from loadtest.driver.settings import Settings

LOT = 8  # when behind, requests are sent in lots of this many between two looks at the network
PRIME = 1_000_003  # spreads a user's requests over the stream of choices


class Pacer(ABC):
    """Sends what is due when it is due, until nothing will be or it is stopped."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._timer: Any = None
        self._over = Event()

    def run(self) -> None:
        """Block until everything was sent that will be."""
        self._wake()
        self._over.wait()

    def stop(self) -> None:
        """Send nothing more."""
        self._over.set()
        self._sleep_no_more()

    @abstractmethod
    def _next(self) -> float | None:
        """When something is due, in seconds of the load; None where nothing is for now."""

    @abstractmethod
    def _done(self) -> bool:
        """Whether nothing is due for now, nor ever."""

    @abstractmethod
    def _send(self, now: float) -> None:
        """Send what is due next, or count it as dropped."""

    def _wake(self) -> None:
        """Be called again when the next is due, after a look at the network in any case."""
        self._sleep_no_more()
        due = self._next()
        if self._over.is_set():
            return
        if due is not None:
            # Of lower priority than sockets: what has arrived is taken first, and tells which connections are free.
            self._timer = get_hub().loop.timer(max(0.0, due - self._sender.now()), priority=-1)
            self._timer.start(self._tick, update=True)
        elif self._done():
            self._over.set()

    def _sleep_no_more(self) -> None:
        if self._timer is not None:
            self._timer.close()
            self._timer = None

    def _tick(self) -> None:
        for _ in range(LOT):
            due, now = self._next(), self._sender.now()
            if due is None or due > now:
                break
            self._send(now)
        self._wake()


class Open(Pacer):
    """Every request at its time, whatever became of those before it; at most so many are in flight."""

    def __init__(self, settings: Settings, sender: Sender) -> None:
        super().__init__(sender)
        load = settings.scenario["load"]
        self._limit = -(-load["max_in_flight"] // settings.workers)
        self._arrivals = settings.plan.shard(settings.shard, settings.workers, load["arrivals"], load["seed"])
        self._arrival = next(self._arrivals, None)

    def _next(self) -> float | None:
        return self._arrival[1] if self._arrival else None

    def _done(self) -> bool:
        return True

    def _send(self, now: float) -> None:
        assert self._arrival is not None
        n, due = self._arrival
        self._arrival = next(self._arrivals, None)
        if self._sender.in_flight >= self._limit:
            self._sender.drop(n, now)
        else:
            self._sender.send(n, due, due)


class Closed(Pacer):
    """Users who wait: the next request waits for the answer, its intended time does not.

    It is ready to be sent when it is due and the user has its previous answer: only what passes after that is
    the generator's lag. What is overdue when the load ends was never sent and counts as dropped.
    """

    def __init__(self, settings: Settings, sender: Sender) -> None:
        super().__init__(sender)
        self._duration_s = settings.scenario["duration_s"]
        users = range(settings.shard, math.ceil(settings.users.peak), settings.workers)
        pacing = settings.scenario["load"]["pacing"]
        self._timetables = {j: enumerate(closed.timetable(settings.users, j, pacing)) for j in users}
        self._ready: list[tuple[float, int, int, float]] = []  # a heap: when, user, its request, when that was due
        for j in users:
            self._plan(j, 0.0)

    def _next(self) -> float | None:
        return self._ready[0][0] if self._ready else None

    def _done(self) -> bool:
        return not self._timetables

    def _plan(self, j: int, answered: float) -> None:
        """The next request of a user who has its answer; one that has no more is gone."""
        request = next(self._timetables[j], None)
        if request is None:
            del self._timetables[j]
        else:
            n, due = request
            heapq.heappush(self._ready, (max(due, answered), j, n, due))

    def _send(self, now: float) -> None:
        ready, j, n, due = heapq.heappop(self._ready)
        if ready > due and now >= self._duration_s:
            self._sender.drop(j + n * PRIME, now)
            self._plan(j, now)
        else:
            self._sender.send(j + n * PRIME, due, ready, partial(self._answered, j))

    def _answered(self, j: int, ended: float) -> None:
        self._plan(j, ended)
        if not self._ready or self._ready[0][1] == j:
            self._wake()
