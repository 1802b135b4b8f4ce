"""A server that answers each request with given bytes, whatever they are, on a thread of its own."""

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

Then = Literal["keep", "close", "hold"]


@dataclass
class Raw:
    """What to answer: pieces, each sent by itself, and what becomes of the connection afterwards.

    ``hold``: it stays open and nothing more is said. A request is answered as soon as it ends with ``end``.
    ``connections`` and ``requests`` are what came.
    """

    pieces: Iterable[bytes]
    then: Then = "keep"
    end: bytes = b""
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)


@contextmanager
def answering(address: str, raw: Raw) -> Iterator[str]:
    """The URL of a server that gives this answer."""
    with socket.create_server((address, 0), backlog=100) as listener:
        threading.Thread(target=_accept, args=(listener, raw), daemon=True).start()
        yield f"http://{address}:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, raw: Raw) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            raw.connections += 1
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_serve, args=(connection, raw), daemon=True).start()


def _serve(connection: socket.socket, raw: Raw) -> None:
    with suppress(OSError), connection:
        while request := connection.recv(65536):
            while not request.endswith(raw.end) and (more := connection.recv(65536)):
                request += more
            raw.requests.append(request)
            for piece in raw.pieces:
                connection.sendall(piece)
            if raw.then == "close":
                connection.shutdown(socket.SHUT_WR)
                return
            if raw.then == "hold":
                connection.recv(1)
                return
