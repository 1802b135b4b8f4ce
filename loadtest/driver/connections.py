"""The open connections to the target: kept, spread and renewed as by many independent clients.

A balancer in front of pods chooses a pod for each connection, not for each request. So a number of connections is
held open even where fewer would do, and they are used in turn: with a single one, each pod would get all requests
for a while and then none.
"""

from collections import OrderedDict
from time import perf_counter
from typing import Any

from loadtest.driver.connection import Connection
from loadtest.driver.dialing import Dialing

IDLE_S = 30.0  # a connection idle for longer is not used again


class Connections:
    """Connections to one URL; ``wanted`` of them are opened before one is used again."""

    def __init__(self, url: str, tls: dict[str, Any], host_header: str, wanted: int) -> None:
        self._dialing = Dialing(url, tls, host_header)
        self._wanted = wanted
        self._open = 0
        self._idle: OrderedDict[Connection, float] = OrderedDict()  # since when, the longest first

    def take(self) -> Connection:
        """A connection for one exchange: a new one as long as there are too few, then the one idle longest."""
        oldest = perf_counter() - IDLE_S
        while self._idle and self._open >= self._wanted:
            connection, since = self._idle.popitem(last=False)
            if since > oldest and connection.usable():
                return connection
            connection.close()
        self._open += 1
        return Connection(self._dialing, self._keep, self._gone)

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.popitem()[0].close()

    def _keep(self, connection: Connection) -> None:
        self._idle[connection] = perf_counter()

    def _gone(self, connection: Connection) -> None:
        self._open -= 1
        self._idle.pop(connection, None)
