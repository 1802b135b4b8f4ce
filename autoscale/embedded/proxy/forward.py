"""The service proxy (kube-proxy's part): one process, TCP from cluster IPs to pods.

A new connection goes to a random ready endpoint and stays there; a Service without endpoints refuses connections.
Tables of Services come as JSON lines on standard input, each one replacing the last; its end is the proxy's end:

    [{"host": "127.40.0.2", "port": 80, "backends": [["127.40.128.1", 8080], ...]}, ...]

This module is the program of that process and imports nothing of ours.
"""

import asyncio
import contextlib
import json
import random
import resource
import signal
import socket
import struct
import sys
from typing import Any, cast

Address = tuple[str, int]

_LINGER_RESET = struct.pack("ii", 1, 0)
_BACKLOG = 4096


class Half(asyncio.Protocol):
    """One side of a proxied connection; what it receives goes to its ``peer``."""

    def __init__(self, peer: "Half | None" = None) -> None:
        self.peer = peer
        self.transport: asyncio.Transport | None = None
        self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        if self.peer and self.peer.transport:
            self.peer.transport.write(data)

    def eof_received(self) -> bool:
        """Pass the end on; the other direction stays open until it ends too."""
        self._ended = True
        peer = self.peer
        if peer is None or peer.transport is None:
            return True
        if peer.transport.is_closing():
            return False
        if peer._ended:
            peer.transport.close()
            return False
        with contextlib.suppress(OSError, RuntimeError):
            peer.transport.write_eof()
        return True

    def pause_writing(self) -> None:
        """This side is slow: stop reading from the other."""
        if self.peer and self.peer.transport and not self.peer.transport.is_closing():
            self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        """This side has caught up."""
        if self.peer and self.peer.transport and not self.peer.transport.is_closing():
            self.peer.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """A side that broke breaks the other; one that closed lets the rest flow out first."""
        peer, self.peer = self.peer, None
        if peer and peer.transport and not peer.transport.is_closing():
            if exc is None:
                peer.transport.close()
            else:
                reset(peer.transport)


class Accepted(Half):
    """The client's side: chooses an endpoint as soon as it is there, and keeps what comes before it answers."""

    def __init__(self, service: "Service") -> None:
        super().__init__()
        self._service = service
        self._early: list[bytes] = []
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connect to an endpoint."""
        super().connection_made(transport)
        self._task = asyncio.get_running_loop().create_task(self._connect())

    def data_received(self, data: bytes) -> None:
        """Pass it on, or keep it for the endpoint (what is more than a chunk waits in the socket)."""
        if self.peer:
            super().data_received(data)
            return
        if not self._early and self.transport:
            self.transport.pause_reading()
        self._early.append(data)

    async def _connect(self) -> None:
        transport, backends = self.transport, self._service.backends
        assert transport is not None
        try:
            host, port = random.choice(backends)
            _, half = await asyncio.get_running_loop().create_connection(lambda: Half(self), host, port)
        except (OSError, IndexError):
            reset(transport)
            return
        assert half.transport is not None
        if transport.is_closing():
            half.transport.close()
            return
        self.peer = half
        half.transport.writelines(self._early)
        if self._ended:
            half.transport.write_eof()
        if self._early:
            transport.resume_reading()


def reset(transport: asyncio.Transport) -> None:
    """Close at once with RST, as when nobody listens."""
    sock = transport.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
    transport.abort()


class Service:
    """One address and port of a Service; it listens only while there is an endpoint."""

    def __init__(self) -> None:
        self.backends: list[Address] = []
        self._server: asyncio.Server | None = None

    async def follow(self, at: Address, backends: list[Address]) -> None:
        """Take the present endpoints. OSError where the address cannot be had."""
        self.backends = backends
        if backends and self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: Accepted(self), *at, backlog=_BACKLOG)
        elif not backends and self._server is not None:
            self._server.close()
            self._server = None


class Proxy:
    """All Services."""

    def __init__(self) -> None:
        self._services: dict[Address, Service] = {}

    async def update(self, table: list[dict[str, Any]]) -> None:
        """Replace the table; connections that are established stay."""
        wanted = {(row["host"], row["port"]): [(host, port) for host, port in row["backends"]] for row in table}
        for at in set(self._services) - set(wanted):
            await self._services.pop(at).follow(at, [])
        for at, backends in wanted.items():
            try:
                await self._services.setdefault(at, Service()).follow(at, backends)
            except OSError as error:
                print(f"service proxy: cannot listen on {at[0]}:{at[1]}: {error}", file=sys.stderr)  # noqa: T201


async def serve() -> None:
    """Follow the tables on standard input until it ends."""
    reader = asyncio.StreamReader(limit=64 * 1024 * 1024)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    proxy = Proxy()
    while line := await reader.readline():
        await proxy.update(json.loads(line))


def raise_open_files() -> None:
    """As many open files as this process may have: each connection takes two, and soft limits are often 1024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> None:
    """Run the proxy, on uvloop where there is one."""
    raise_open_files()
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        import uvloop
    except ImportError:
        asyncio.run(serve())
    else:
        uvloop.run(serve())


if __name__ == "__main__":
    main()
