"""One HTTP request, sent exactly once; the answer is parsed by geventhttpclient.

geventhttpclient's own ``request`` sends idempotent requests again when a connection closes without an answer, which
hides lost requests; it is not used. A request that got no answer is a failed request.
"""

import errno
import json
import socket as plain
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import gevent
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError, HTTPSocketResponse

from loadtest.driver.connections import Connections

BLOCK = 65536


@dataclass(frozen=True)
class Prepared:
    """A request as bytes, once to keep the connection and once to close it."""

    name: str
    method: str
    keep: bytes
    close: bytes
    timeout_s: float
    expect: frozenset[str]


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
        frozenset(request["expect"]),
    )


class Client:
    """Sends prepared requests to one address."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def send(self, request: Prepared, *, close: bool) -> Outcome:
        """Send once and read the whole answer; never raises for what the network or the server does."""
        sock = None
        timeout = gevent.Timeout.start_new(request.timeout_s)
        try:
            sock = self._connections.take()
            sock.sendall(request.close if close else request.keep)
            response = HTTPSocketResponse(sock, block_size=BLOCK, method=request.method)
            length = len(response.read())
            self._connections.give_back(sock, keep=not (close or response.should_close()))
            return _outcome(response, request.expect, length)
        except gevent.Timeout as expired:
            if expired is not timeout:
                raise
            return self._broken("timeout", sock)
        except (OSError, HTTPParseError) as error:
            return self._broken(cause_of(error), sock)
        finally:
            timeout.close()

    def _broken(self, cause: str, sock: Any) -> Outcome:
        if sock is not None:
            self._connections.give_back(sock, keep=False)
        return Outcome(cause, None, 0)


def _outcome(response: HTTPSocketResponse, expect: frozenset[str], length: int) -> Outcome:
    status = str(response.status_code)
    pod = response.get("x-pod")
    expected = status in expect or f"{status[0]}xx" in expect
    return Outcome(None if expected else f"status {status}", pod if isinstance(pod, str) else None, length)


_ERRNO = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EPIPE: "connection reset",
    errno.ECONNABORTED: "connection reset",
    errno.ETIMEDOUT: "timeout",
    errno.EHOSTUNREACH: "no route to host",
    errno.ENETUNREACH: "no route to host",
    errno.EMFILE: "generator out of files",
    errno.ENFILE: "generator out of files",
    errno.EADDRNOTAVAIL: "generator out of ports",
}


def cause_of(error: Exception) -> str:
    """A short name for what went wrong, the same for the same kind of failure."""
    if isinstance(error, HTTPConnectionClosed):
        return "connection closed"
    if isinstance(error, HTTPParseError):
        return "broken answer"
    if isinstance(error, plain.gaierror):
        return "name not resolved"
    if isinstance(error, ssl.SSLError):
        return "TLS error"
    if isinstance(error, OSError) and error.errno in _ERRNO:
        return _ERRNO[error.errno]
    return type(error).__name__
