"""How a connection to the target is opened.

A plain connection to an address needs no greenlet: it is begun and watched. Where a name has to be resolved or TLS to
be agreed on, a greenlet waits, with gevent's own sockets.
"""

import socket as plain
import ssl
from typing import Any
from urllib.parse import urlsplit

import gevent.socket
import gevent.ssl
from gevent import monkey

_Socket = monkey.get_original("socket", "socket")


class Dialing:
    """What is needed to open connections to ``url``."""

    def __init__(self, url: str, tls: dict[str, Any], host_header: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self.tls = parts.scheme == "https"
        self._address = (parts.hostname, parts.port or (443 if self.tls else 80))
        self._family = _family(parts.hostname)
        self._context = _tls_context(tls) if self.tls else None
        self._server_name = tls["server_name"] or host_header.rsplit(":", 1)[0]

    @property
    def direct(self) -> bool:
        """Whether ``begin`` will do: neither a name nor TLS."""
        return self._family is not None and not self.tls

    def begin(self) -> tuple[Any, bool]:
        """A socket that does not block, and whether it is connected already or becomes writable once it is."""
        sock = _Socket(self._family, plain.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(plain.IPPROTO_TCP, plain.TCP_NODELAY, 1)
        try:
            sock.connect(self._address)
        except BlockingIOError:
            return sock, False
        except OSError:
            sock.close()
            raise
        return sock, True

    def open(self) -> Any:
        """The same for names and TLS; the greenlet waits until it is connected."""
        if self._family is None:
            sock = gevent.socket.create_connection(self._address)
        else:
            sock = gevent.socket.socket(self._family, plain.SOCK_STREAM)
            _or_close(sock, sock.connect, self._address)
        sock.setsockopt(plain.IPPROTO_TCP, plain.TCP_NODELAY, 1)
        if self._context is None:
            sock = _Socket(fileno=sock.detach())
        else:
            sock = _or_close(sock, self._context.wrap_socket, sock, server_hostname=self._server_name)
        sock.setblocking(False)
        return sock


def _or_close(sock: Any, step: Any, *arguments: Any, **named: Any) -> Any:
    """Do a step of connecting; a socket whose step fails, or is cut short, is not left open."""
    try:
        return step(*arguments, **named)
    except BaseException:
        sock.close()
        raise


def _family(host: str) -> int | None:
    """The family of a literal address; None for a name."""
    for family in (plain.AF_INET, plain.AF_INET6):
        try:
            plain.inet_pton(family, host)
            return family
        except OSError:
            continue
    return None


def _tls_context(tls: dict[str, Any]) -> Any:
    """gevent's own, by name: what ``create_default_context`` makes waits for a silent target with the whole process."""
    context = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if tls["ca"]:
        context.load_verify_locations(cadata=tls["ca"])
    else:
        context.load_default_certs()
    if not tls["verify"]:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
