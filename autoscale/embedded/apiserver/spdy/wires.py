"""How the bytes of SPDY come: after an upgrade of the connection, or as the messages of a WebSocket (kubectl 1.31+)."""

import asyncio
from collections.abc import Sequence

from aiohttp import WSMsgType, web

from autoscale.kube.statuses import StatusError

PROTOCOL_HEADER = "X-Stream-Protocol-Version"
TUNNEL = "SPDY/3.1+"
"""How the name of a WebSocket's protocol begins whose messages are SPDY."""


def wants_spdy(request: web.Request) -> bool:
    """Whether the client asks to go on by SPDY."""
    return request.headers.get("Upgrade", "").lower() == "spdy/3.1"


class Upgraded:
    """A connection that is no HTTP any more."""

    def __init__(self, transport: asyncio.WriteTransport, response: web.StreamResponse) -> None:
        self._transport, self.response = transport, response
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue()

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """aiohttp hands on what comes."""
        self._pieces.put_nowait(data)
        return False, b""

    def feed_eof(self) -> None:
        """The client has gone."""
        self._pieces.put_nowait(b"")

    async def read(self) -> bytes:
        """The next bytes; none at the end."""
        return await self._pieces.get()

    async def write(self, data: bytes) -> None:
        """Send bytes, no faster than they are taken."""
        if self._transport.is_closing():
            raise ConnectionResetError
        self._transport.write(data)
        while self._transport.get_write_buffer_size() > 1 << 20 and not self._transport.is_closing():
            await asyncio.sleep(0.005)


async def upgraded(request: web.Request, protocols: Sequence[str]) -> Upgraded:
    """Go on by SPDY in the first of the client's protocols that is known; 403 where there is none."""
    asked = [one.strip() for text in request.headers.getall(PROTOCOL_HEADER, []) for one in text.split(",")]
    chosen = next((one for one in asked if one in protocols), "" if asked else protocols[-1])
    if not chosen:
        known = f"client supports {asked}, server accepts {[*protocols]}"
        text = f"unable to upgrade: unable to negotiate protocol: {known}"
        raise StatusError(403, "Forbidden", text)
    headers = {"Connection": "Upgrade", "Upgrade": "SPDY/3.1", PROTOCOL_HEADER: chosen}
    response = web.StreamResponse(status=101, headers=headers)
    assert isinstance(request.transport, asyncio.WriteTransport)
    wire = Upgraded(request.transport, response)
    # The client says nothing before it has read this answer.
    response.force_close()
    await response.prepare(request)
    request.protocol.set_parser(wire)  # type: ignore[arg-type]
    return wire


class Tunnel:
    """A WebSocket whose binary messages are the bytes."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket

    async def read(self) -> bytes:
        """The next message; none at the end."""
        while True:
            message = await self._socket.receive()
            if message.type is WSMsgType.BINARY:
                if message.data:
                    found: bytes = message.data
                    return found
            elif message.type is not WSMsgType.TEXT:
                return b""

    async def write(self, data: bytes) -> None:
        """One message."""
        await self._socket.send_bytes(data)
