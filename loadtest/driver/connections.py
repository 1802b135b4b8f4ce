"""The open connections to the target: kept, spread and renewed as by many independent clients.

A balancer in front of pods chooses a pod for each connection, not for each request. So a number of connections is
held open even where fewer would do, and they are used in turn: with a single one, each pod would get all requests
for a while and then none.
"""

import select
import socket as plain
import ssl
from collections import deque
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import gevent.socket
import gevent.ssl
from gevent import monkey

IDLE_S = 30.0  # a connection idle for longer is not used again
_poll = monkey.get_original("select", "poll")


class Connections:
    """Connections to one URL; ``wanted`` of them are opened before one is used again."""

    def __init__(self, url: str, tls: dict[str, Any], host_header: str, wanted: int) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._host = parts.hostname
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._literal = _family(self._host)
        self._context = _tls_context(tls) if parts.scheme == "https" else None
        self._server_name = tls["server_name"] or host_header.rsplit(":", 1)[0]
        self._wanted = wanted
        self._open = 0
        self._idle: deque[tuple[Any, float]] = deque()

    def take(self) -> Any:
        """A connected socket: a new one as long as there are too few, then the one that has been idle longest."""
        oldest = perf_counter() - IDLE_S
        while self._idle and self._open >= self._wanted:
            sock, since = self._idle.popleft()
            if since > oldest and not _readable(sock):
                return sock
            self._close(sock)
        sock = self._connect()
        self._open += 1
        return sock

    def give_back(self, sock: Any, *, keep: bool) -> None:
        """A request is over: keep its connection for another one, or close it."""
        if keep:
            self._idle.append((sock, perf_counter()))
        else:
            self._close(sock)

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._close(self._idle.popleft()[0])

    def _close(self, sock: Any) -> None:
        self._open -= 1
        sock.close()

    def _connect(self) -> Any:
        if self._literal is None:
            sock = gevent.socket.create_connection((self._host, self._port))
        else:  # no resolver between the request and its connection
            sock = gevent.socket.socket(self._literal, plain.SOCK_STREAM)
            _or_close(sock, sock.connect, (self._host, self._port))
        sock.setsockopt(plain.IPPROTO_TCP, plain.TCP_NODELAY, 1)
        if self._context is None:
            return sock
        return _or_close(sock, self._context.wrap_socket, sock, server_hostname=self._server_name)


def _or_close(sock: Any, step: Any, *arguments: Any, **named: Any) -> Any:
    """Do a step of connecting; a socket whose step fails, or is cut short by a timeout, is not left open."""
    try:
        return step(*arguments, **named)
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
