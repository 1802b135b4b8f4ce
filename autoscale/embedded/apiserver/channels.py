"""How a conversation with a container travels: stdin, stdout, stderr, the terminal's size and the end.

In a WebSocket the first byte of a message is its channel: 0 to 2 are stdin, stdout and stderr, 3 has the end as a
Status, 4 a terminal's size, and 255 (v5 only) closes another. By SPDY each is a stream of its own, named by its header
``streamType`` (k8s.io/apimachinery, pkg/util/remotecommand). kubectl speaks the first from 1.31 on, older ones and
most Go programs the second.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from aiohttp import WSMsgType, web

from autoscale.embedded.apiserver.events_out import wants_websocket
from autoscale.embedded.apiserver.query import flag
from autoscale.embedded.apiserver.spdy.session import Session, Stream
from autoscale.embedded.apiserver.spdy.wires import Upgraded, upgraded, wants_spdy
from autoscale.kube.kinds import Object
from autoscale.kube.statuses import bad_request

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
SPDY_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
STREAMS_S = 30.0
"""How long a client may take to open its streams (upstream's ``DefaultStreamCreationTimeout``)."""
_STDIN, _ERROR, _RESIZE, _CLOSE = 0, 3, 4, 255
_OUT = {1: "stdout", 2: "stderr"}


class Conversation(Protocol):
    """A running command, or a container that somebody listens to."""

    def output(self) -> AsyncIterator[tuple[int, bytes]]:
        """(1 for stdout or 2 for stderr, data) until its end."""

    async def write(self, data: bytes) -> None:
        """Give it input."""

    def end_input(self) -> None:
        """It gets no more input."""

    def resize(self, width: int, height: int) -> None:
        """Its terminal has another size."""

    async def wait(self) -> int:
        """Its exit code, once it has ended."""

    async def close(self) -> int:
        """End it, where it has not ended; its exit code."""


class Channels(Protocol):
    """A client's side of a conversation."""

    async def tell(self, channel: int, data: bytes) -> None:
        """Output: channel 1 or 2."""

    async def hear(self, running: Conversation) -> None:
        """Hand on what the client sends, until it goes."""

    async def end(self, status: Object) -> None:
        """How it ended."""

    @property
    def response(self) -> web.StreamResponse:
        """What the request is answered with."""


async def channels_of(request: web.Request) -> Channels:
    """The channels that the client asks for; 400 where it asks for none that there are."""
    if wants_spdy(request):
        return await _streams(request)
    if not wants_websocket(request):
        raise bad_request("Upgrade request required")
    socket = web.WebSocketResponse(protocols=PROTOCOLS)
    ready = socket.can_prepare(request)
    if not ready.ok or ready.protocol is None:
        raise bad_request(f"unable to negotiate a protocol; the embedded cluster speaks {', '.join(PROTOCOLS)}")
    await socket.prepare(request)
    return SocketChannels(socket)


class SocketChannels:
    """In the messages of a WebSocket."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.response = socket

    async def tell(self, channel: int, data: bytes) -> None:
        """One message."""
        await self.response.send_bytes(bytes([channel]) + data)

    async def hear(self, running: Conversation) -> None:
        """Until the socket is closed."""
        async for message in self.response:
            if message.type is not WSMsgType.BINARY or not message.data:
                continue
            channel, data = message.data[0], message.data[1:]
            if channel == _STDIN:
                await running.write(data)
            elif channel == _CLOSE and data == bytes([_STDIN]):
                running.end_input()
            elif channel == _RESIZE:
                _resized(running, data)

    async def end(self, status: Object) -> None:
        """On the channel for errors; then the socket is closed."""
        if not self.response.closed:
            await self.response.send_bytes(bytes([_ERROR]) + json.dumps(status).encode())
            await self.response.close()


def _resized(running: Conversation, data: bytes) -> None:
    try:
        found = json.loads(data)
        width, height = int(found["Width"]), int(found["Height"])
    except (ValueError, KeyError, TypeError):
        return
    if 0 < width < 65536 and 0 < height < 65536:
        running.resize(width, height)


async def _streams(request: web.Request) -> "SpdyChannels":
    """By SPDY: when all streams that the request announces are open."""
    wanted = {"error", *(name for name in ("stdin", "stdout", "stderr") if flag(request, name))}
    if flag(request, "tty"):
        wanted = (wanted | {"resize"}) - {"stderr"}
    wire = await upgraded(request, SPDY_PROTOCOLS)
    streams: dict[str, Stream] = {}
    complete = asyncio.Event()

    def opened(stream: Stream) -> None:
        streams[stream.headers.get("streamtype", "")] = stream
        if wanted <= streams.keys():
            complete.set()

    session = Session(wire, opened)
    running = asyncio.create_task(session.run())
    whole = asyncio.create_task(complete.wait())
    await asyncio.wait((running, whole), timeout=STREAMS_S, return_when=asyncio.FIRST_COMPLETED)
    whole.cancel()
    if not complete.is_set():
        running.cancel()
        raise ConnectionResetError("the client has not opened its streams")
    return SpdyChannels(wire, running, streams)


class SpdyChannels:
    """In streams, by the name of their type."""

    def __init__(self, wire: Upgraded, running: "asyncio.Task[None]", streams: Mapping[str, Stream]) -> None:
        self.response = wire.response
        self._running, self._streams = running, streams

    async def tell(self, channel: int, data: bytes) -> None:
        """On the stream of that name, where there is one."""
        if stream := self._streams.get(_OUT[channel]):
            await stream.write(data)

    async def hear(self, running: Conversation) -> None:
        """Until the connection is gone."""
        given = [asyncio.create_task(self._input(running)), asyncio.create_task(self._sizes(running))]
        try:
            await asyncio.shield(self._running)
        finally:
            for one in given:
                one.cancel()

    async def _input(self, running: Conversation) -> None:
        if stream := self._streams.get("stdin"):
            async for data in stream.read():
                await running.write(data)
            running.end_input()

    async def _sizes(self, running: Conversation) -> None:
        if stream := self._streams.get("resize"):
            async for data in stream.read():
                _resized(running, data)

    async def end(self, status: Object) -> None:
        """On the stream for errors; then all are closed. The client closes the connection."""
        if self._running.done():
            return
        await self._streams["error"].write(json.dumps(status).encode())
        for name in ("stdout", "stderr", "error"):
            if stream := self._streams.get(name):
                await stream.finish()
        await asyncio.wait((self._running,), timeout=STREAMS_S)
        self._running.cancel()
