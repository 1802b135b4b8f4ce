"""Sends requests of the scenario, one at a time or thousands, and counts what becomes of them."""

import time
from collections.abc import Callable
from functools import partial
from time import perf_counter

from loadtest import draw
from loadtest.counts import Kind
from loadtest.driver.client import Client, prepare
from loadtest.driver.connections import Connections
from loadtest.driver.request import Prepared
from loadtest.driver.settings import Settings
from loadtest.tally import Tally


class Sender:
    """``start`` is the load's second 0 on this machine's clock, in seconds since the epoch."""

    def __init__(self, settings: Settings, tally: Tally, start: float) -> None:
        load, requests = settings.scenario["load"], settings.scenario["requests"]
        self._tally = tally
        self._begin = perf_counter() + start - time.time()
        prepared = [prepare(r, settings.url, settings.host_header) for r in requests]
        self._requests = [(request, Kind(request.method, request.name)) for request in prepared]
        self._edges = draw.shares([r["weight"] for r in requests])
        self._which = draw.numbers(load["seed"], 0)
        self._closing = draw.numbers(load["seed"], 1)
        self._close_share = load["close_share"]
        wanted = -(-load["connections"] // settings.workers)
        self._connections = Connections(settings.url, settings.scenario["tls"], settings.host_header, wanted)
        self._client = Client(self._connections)
        self.longest_s = max(request.timeout_s for request in prepared)
        self.in_flight = 0

    def now(self) -> float:
        """Seconds since the load's start."""
        return perf_counter() - self._begin

    def send(self, n: int, due: float, ready: float, then: Callable[[float], object] | None = None) -> None:
        """Send request ``n``, which could leave at ``ready`` at the earliest; ``then`` hears when it ended."""
        share = self._close_share
        request, kind = self._drawn(n)
        close = share > 0 and (share >= 1 or self._closing(n) < share)
        begun = perf_counter() - self._begin
        self._tally.sent(begun, ready)
        self.in_flight += 1
        self._client.start(request, partial(self._ended, kind, due, begun, then), close=close)

    def drop(self, n: int, now: float) -> None:
        """Request ``n`` is not sent."""
        self._tally.dropped(now, self._drawn(n)[1])

    def _drawn(self, n: int) -> tuple[Prepared, Kind]:
        requests = self._requests
        return requests[draw.pick(self._edges, self._which(n)) if len(requests) > 1 else 0]

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._connections.close()

    def _ended(
        self,
        kind: Kind,
        due: float,
        begun: float,
        then: Callable[[float], object] | None,
        cause: str | None,
        pod: str | None,
        length: int,
    ) -> None:
        now = perf_counter() - self._begin
        self.in_flight -= 1
        if cause is None:
            self._tally.answered(now, due, begun, pod, kind=kind, length=length)
        else:
            self._tally.failed(now, cause, pod, due, kind=kind, length=length)
        if then is not None:
            then(now)
