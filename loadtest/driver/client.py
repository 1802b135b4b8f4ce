"""HTTP requests, each sent exactly once.

A request that got no answer is a failed request; none is sent again behind the load's back.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from gevent.event import AsyncResult

from loadtest.driver.answer import Answer
from loadtest.driver.causes import TIMEOUT
from loadtest.driver.connection import Connection
from loadtest.driver.connections import Connections
from loadtest.driver.deadlines import Deadlines

# (cause, pod, bytes), as in Outcome
Done = Callable[[str | None, str | None, int], object]


@dataclass(frozen=True)
class Prepared:
    """A request as bytes, once to keep the connection and once to close it.

    ``causes``: for each status, None where it is expected, else what such a failure is called.
    """

    name: str
    method: str
    keep: bytes
    close: bytes
    timeout_s: float
    causes: dict[int, str | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended: ``cause`` is None for the expected answer; ``pod`` is its X-Pod header."""

    cause: str | None
    pod: str | None
    length: int


def prepare(request: dict[str, Any], url: str, host_header: str) -> Prepared:
    """A request of the resolved scenario as bytes; the URL's own path goes in front of its path."""
    body = request["body"]
    headers = {"Host": host_header, "User-Agent": "autoscale-loadtest", "Accept": "*/*"}
    if body is not None and not isinstance(body, str):
        body = json.dumps(body, separators=(",", ":"))
        headers["Content-Type"] = "application/json"
    payload = (body or "").encode()
    if payload or request["method"] in ("POST", "PUT", "PATCH"):
        headers["Content-Length"] = str(len(payload))
    given = {name.lower() for name in request["headers"]}
    headers = {name: value for name, value in headers.items() if name.lower() not in given} | request["headers"]
    line = f"{request['method']} {urlsplit(url).path.rstrip('/')}{request['path']} HTTP/1.1\r\n"
    head = line + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return Prepared(
        request["name"],
        request["method"],
        head.encode("latin-1") + b"\r\n" + payload,
        head.encode("latin-1") + b"Connection: close\r\n\r\n" + payload,
        request["timeout"],
        _causes(frozenset(request["expect"])),
    )


def _causes(expect: frozenset[str]) -> dict[int, str | None]:
    return {
        status: None if {str(status), f"{str(status)[0]}xx"} & expect else f"status {status}" for status in range(1000)
    }


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
        connection = self._connections.take()
        deadlines.add(connection)

        def ended(cause: str | None, answer: Answer | None) -> None:
            deadlines.remove(connection)
            if answer is None:
                done(cause, None, 0)
            else:
                done(request.causes[answer.status], answer.pod, answer.length)

        data = request.close if close else request.keep
        connection.exchange(data, ended, head=request.method == "HEAD", close=close)

    def send(self, request: Prepared, *, close: bool) -> Outcome:
        """The same for a greenlet that waits for the outcome."""
        result = AsyncResult()
        self.start(request, lambda *ended: result.set(Outcome(*ended)), close=close)
        outcome: Outcome = result.get()
        return outcome


def _expire(connection: Connection) -> None:
    connection.fail(TIMEOUT)
