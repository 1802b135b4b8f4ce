"""HTTP requests, each sent exactly once.

A request that got no answer is a failed request; none is sent again behind the load's back.
"""

from dataclasses import dataclass

from gevent.event import AsyncResult

from loadtest.driver.causes import TIMEOUT
from loadtest.driver.connection import Connection, Done
from loadtest.driver.connections import Connections
from loadtest.driver.deadlines import Deadlines
from loadtest.driver.request import Prepared, prepare

__all__ = ["Client", "Outcome", "prepare"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended: ``cause`` is None for the expected answer; ``pod`` is its X-Pod header."""

    cause: str | None
    pod: str | None
    length: int


class Client:
    """Sends prepared requests to one address."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._deadlines: dict[float, Deadlines] = {}

    def start(self, request: Prepared, done: Done, *, close: bool) -> None:
        """Send once; ``done`` is called once, whatever the network or the server does, perhaps before this returns."""
        deadlines = self._deadlines.get(request.timeout_s)
        if deadlines is None:
            deadlines = self._deadlines[request.timeout_s] = Deadlines(request.timeout_s, _expire)
        self._connections.take().exchange(request, done, deadlines, close=close)

    def send(self, request: Prepared, *, close: bool) -> Outcome:
        """The same for a greenlet that waits for the outcome."""
        result = AsyncResult()
        self.start(request, lambda *ended: result.set(Outcome(*ended)), close=close)
        outcome: Outcome = result.get()
        return outcome


def _expire(connection: Connection) -> None:
    connection.fail(TIMEOUT)
