"""How far a server's clock is ahead of ours, from ``Date`` headers that only tell whole seconds.

Each answer bounds the offset: the server wrote second D at some moment between sending and receiving, so its clock
minus ours lies in (D - received, D + 1 - sent). Answers asked for at well-chosen moments cut that interval in halves,
down to about the round trip.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from autoscale.cluster.client import Answer, Cluster

SAMPLES = 9


@dataclass(frozen=True)
class Bound:
    """The offset (server minus observer, seconds) lies between ``low`` and ``high``."""

    low: float = -float("inf")
    high: float = float("inf")

    @property
    def offset_s(self) -> float:
        """The middle."""
        return (self.low + self.high) / 2

    @property
    def error_s(self) -> float:
        """Half the width."""
        return (self.high - self.low) / 2


def answered_at(answer: Answer) -> float:
    """The server's time (epoch seconds, whole) in an answer; ours where it names none."""
    return parsedate_to_datetime(answer.headers["date"]).timestamp() if "date" in answer.headers else time.time()


def server_time(cluster: Cluster) -> float:
    """The API server's time, to the second. Raises Unreachable."""
    return answered_at(cluster.call("GET", "/version"))


def narrow(bound: Bound, sent: float, received: float, second: float) -> Bound:
    """The bound after one more answer. Where the two contradict each other a clock was set: only the new one counts."""
    low, high = second - received, second + 1 - sent
    both = Bound(max(bound.low, low), min(bound.high, high))
    return both if both.low < both.high else Bound(low, high)


def next_moment(bound: Bound, now: float) -> float:
    """When to ask next: as the server's second turns, by our best guess, since its answer then halves the bound."""
    if bound.high == float("inf"):
        return now
    return now + (-(now + bound.offset_s)) % 1.0


def measure(
    ask: Callable[[], str], stop: threading.Event, *, samples: int = SAMPLES, clock: Callable[[], float] = time.time
) -> Bound | None:
    """Ask ``samples`` times, about one a second; ``ask()`` returns a ``Date`` header. None when stopped at once."""
    bound: Bound | None = None
    for _ in range(samples):
        now = clock()
        if stop.wait(next_moment(bound or Bound(), now) - now):
            break
        sent = clock()
        second = parsedate_to_datetime(ask()).timestamp()
        bound = narrow(bound or Bound(), sent, clock(), second)
    return bound
