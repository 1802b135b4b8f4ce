"""How far a server's clock is ahead of ours, from ``Date`` headers that only tell whole seconds.

Each answer bounds the offset: the server wrote second D at some moment between sending and receiving, so its clock
minus ours lies in (D - received, D + 1 - sent). Answers asked for at well-chosen moments cut that interval in halves,
down to about the round trip. An answer that contradicts those before it tells that a clock was set.
"""

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from autoscale.cluster.answers import Answer
from autoscale.cluster.client import Cluster

SAMPLES = 9
PERIOD_S = 60.0
SET_S = 0.1  # an answer that is so far out was given by a clock that somebody has set
_LEAST_PAUSE_S = 0.6


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


def beyond(bound: Bound, sent: float, received: float, second: float) -> float:
    """How far an answer lies outside what the bound allows, in seconds; 0 where it fits."""
    return max(second - received - bound.high, bound.low - (second + 1 - sent), 0.0)


class Meter:
    """Follows another clock through its answers. State and no I/O: the same answers give the same bounds.

    ``exact``: it is this machine's, so the same as ours until an answer says otherwise.
    """

    def __init__(self, *, exact: bool = False) -> None:
        self.bound = Bound(0.0, 0.0) if exact else Bound()
        self.left = 0 if exact else SAMPLES
        self._exact = exact
        self._since = 0.0

    def next(self, now: float, rest_s: float) -> float:
        """When to ask next: while it is measured about once a second, afterwards every ``rest_s``."""
        if not self.left:
            return now + rest_s
        return next_moment(self.bound, now + (_LEAST_PAUSE_S if self.left < SAMPLES else 0.0))

    def take(self, sent: float, received: float, second: float) -> Bound | None:
        """One more answer; the offset where there is news: a measurement is complete, or the clock was set."""
        if beyond(self.bound, sent, received, second) > SET_S:
            self.bound, self.left, self._exact = narrow(Bound(), sent, received, second), SAMPLES - 1, False
            return self.bound
        if not self.left and not self._exact and received - self._since > PERIOD_S:  # clocks drift
            self.bound, self.left = Bound(), SAMPLES
        if not self.left:
            return None
        self.bound, self.left, self._since = narrow(self.bound, sent, received, second), self.left - 1, received
        return None if self.left else self.bound
