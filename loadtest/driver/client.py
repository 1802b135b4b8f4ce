"""One HTTP request, sent exactly once: connections are pooled here, the answer is parsed by geventhttpclient.

geventhttpclient's own ``request`` sends idempotent requests again when a connection closes without an answer, which
hides lost requests; it is not used. A request that got no answer is a failed request.
"""

import errno
import json
import select
import socket as plain
import ssl
from collections import deque
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import gevent
import gevent.socket
import gevent.ssl
from gevent import monkey
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError, HTTPSocketResponse

IDLE_S = 4.0  # a connection idle for longer is not used again: servers close them at about this age
BLOCK = 65536
_poll = monkey.get_original("select", "poll")


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
    """Sends prepared requests to one address. At most as many connections are open as requests are in flight."""

    def __init__(self, url: str, tls: dict[str, Any], host_header: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._host = parts.hostname
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._literal = _family(self._host)
        self._context = _tls_context(tls) if parts.scheme == "https" else None
        self._server_name = tls["server_name"] or host_header.rsplit(":", 1)[0]
        self._idle: deque[tuple[Any, float]] = deque()

    def send(self, request: Prepared, *, close: bool) -> Outcome:
        """Send once and read the whole answer; never raises for what the network or the server does."""
        sock = None
        timeout = gevent.Timeout.start_new(request.timeout_s)
        try:
            sock = self._reuse() or self._connect()
            sock.sendall(request.close if close else request.keep)
            response = HTTPSocketResponse(sock, block_size=BLOCK, method=request.method)
            length = len(response.read())
            if close or response.should_close():
                sock.close()
            else:
                self._idle.append((sock, perf_counter()))
            return _outcome(response, request.expect, length)
        except gevent.Timeout as expired:
            if expired is not timeout:
                raise
            return _broken("timeout", sock)
        except (OSError, HTTPParseError) as error:
            return _broken(cause_of(error), sock)
        finally:
            timeout.close()

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.popleft()[0].close()

    def _reuse(self) -> Any:
        """The connection that has been idle longest and is still open: all of them stay in use, and so all pods."""
        oldest = perf_counter() - IDLE_S
        while self._idle:
            sock, since = self._idle.popleft()
            if since > oldest and not _readable(sock):
                return sock
            sock.close()
        return None

    def _connect(self) -> Any:
        if self._literal is None:
            sock = gevent.socket.create_connection((self._host, self._port))
        else:
            sock = gevent.socket.socket(self._literal, plain.SOCK_STREAM)
            try:
                sock.connect((self._host, self._port))
            except BaseException:
                sock.close()
                raise
        sock.setsockopt(plain.IPPROTO_TCP, plain.TCP_NODELAY, 1)
        if self._context is None:
            return sock
        try:
            return self._context.wrap_socket(sock, server_hostname=self._server_name)
        except BaseException:
            sock.close()
            raise


def _family(host: str) -> int | None:
    for family in (plain.AF_INET, plain.AF_INET6):
        try:
            plain.inet_pton(family, host)
            return family
        except OSError:
            continue
    return None


def _readable(sock: Any) -> bool:
    """An idle connection that can be read has been closed by the server, or holds what nobody asked for."""
    poll = _poll()
    poll.register(sock.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _tls_context(tls: dict[str, Any]) -> Any:
    context = gevent.ssl.create_default_context(cadata=tls["ca"])
    if not tls["verify"]:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _outcome(response: HTTPSocketResponse, expect: frozenset[str], length: int) -> Outcome:
    status = str(response.status_code)
    pod = response.get("x-pod")
    expected = status in expect or f"{status[0]}xx" in expect
    return Outcome(None if expected else f"status {status}", pod if isinstance(pod, str) else None, length)


def _broken(cause: str, sock: Any) -> Outcome:
    if sock is not None:
        sock.close()
    return Outcome(cause, None, 0)


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
