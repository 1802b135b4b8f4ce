"""How the events of a watch travel: as lines of one answer, or as the messages of a WebSocket (fabric8, browsers)."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from aiohttp import web

from autoscale.kube.statuses import bad_request

Tell = Callable[[list[bytes]], Awaitable[None]]
"""Hands events on, each a JSON object with a line's end."""

Send = Callable[[Tell], Coroutine[Any, Any, None]]
"""Tells all events of a watch, until its end."""


def wants_websocket(request: web.Request) -> bool:
    """Whether the client asks to go on in a WebSocket; other upgrades (h2c) are passed over, as HTTP allows. Where a
    proxy has lost ``Connection: Upgrade`` it is told so too: it would wait for an answer by HTTP for ever."""
    return request.headers.get("Upgrade", "").lower() == "websocket"


async def send_events(request: web.Request, send: Send) -> web.StreamResponse:
    """Send a watch in the way that the client asks for; it ends with the watch, or when the client goes."""
    return await (_as_messages if wants_websocket(request) else _as_lines)(request, send)


async def _as_lines(request: web.Request, send: Send) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.enable_chunked_encoding()
    await response.prepare(request)

    async def tell(events: list[bytes]) -> None:
        await response.write(b"".join(events))

    # The client going away is how watches usually end.
    with contextlib.suppress(ConnectionError, asyncio.CancelledError):
        await send(tell)
        await response.write_eof()
    return response


async def _as_messages(request: web.Request, send: Send) -> web.StreamResponse:
    socket = web.WebSocketResponse()
    if not socket.can_prepare(request).ok:
        raise bad_request("not a WebSocket handshake of version 13 (RFC 6455, section 4.2.1)")
    await socket.prepare(request)

    async def tell(events: list[bytes]) -> None:
        for event in events:
            await socket.send_str(event.rstrip().decode())

    sending = asyncio.create_task(send(tell))
    hearing = asyncio.create_task(_hear(socket))
    try:
        await asyncio.wait((sending, hearing), return_when=asyncio.FIRST_COMPLETED)
    finally:
        sending.cancel()
        hearing.cancel()
    with contextlib.suppress(ConnectionError, asyncio.CancelledError):
        await sending
    await socket.close()
    return socket


async def _hear(socket: web.WebSocketResponse) -> None:
    """Answer pings until the client closes; what else it says means nothing to a watch."""
    async for _ in socket:
        pass
