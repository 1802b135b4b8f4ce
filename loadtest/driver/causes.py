"""Short names for what went wrong, the same for the same kind of failure."""

import errno
import socket
import ssl

CLOSED = "connection closed"
BROKEN_ANSWER = "broken answer"
TIMEOUT = "timeout"

_ERRNO = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EPIPE: "connection reset",
    errno.ECONNABORTED: "connection reset",
    errno.ETIMEDOUT: TIMEOUT,
    errno.EHOSTUNREACH: "no route to host",
    errno.ENETUNREACH: "no route to host",
    errno.EMFILE: "generator out of files",
    errno.ENFILE: "generator out of files",
    errno.EADDRNOTAVAIL: "generator out of ports",
}


def cause_of(error: OSError) -> str:
    """What a failed step of connecting, sending or receiving is called."""
    if isinstance(error, socket.gaierror):
        return "name not resolved"
    if isinstance(error, ssl.SSLError):
        return "TLS error"
    return _ERRNO.get(error.errno or 0, type(error).__name__)
