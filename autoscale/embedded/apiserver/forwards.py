"""``pods/NAME/portforward``: connections to a pod's ports, each a pair of streams (data, error).

kubectl speaks SPDY, from 1.31 on in the messages of a WebSocket; libraries for Python, Java and JavaScript the channels
of a WebSocket, two for each port (k8s.io/kubelet, pkg/cri/streaming/portforward).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import WSMsgType, web

from autoscale.embedded.apiserver.conversations import pod_of
from autoscale.embedded.apiserver.events_out import wants_websocket
from autoscale.embedded.apiserver.routes import Route
from autoscale.embedded.apiserver.spdy.session import Session, Stream, Wire
from autoscale.embedded.apiserver.spdy.wires import TUNNEL, Tunnel, upgraded, wants_spdy
from autoscale.kube.statuses import StatusError, bad_request
from autoscale.plane.store import Objects

SPDY_PROTOCOL = "portforward.k8s.io"
CHANNELS = "v4.channel.k8s.io"
_PIECE = 32 * 1024

Send = Callable[[bytes], Awaitable[None]]


async def forward_answer(request: web.Request, route: Route, objects: Objects) -> web.StreamResponse:
    """Connections to a pod, until the client goes."""
    pod = pod_of(route, objects)
    address = (pod.get("status") or {}).get("podIP")
    if not address or pod["status"].get("phase") != "Running":
        phase = (pod.get("status") or {}).get("phase", "Pending")
        raise bad_request(f"unable to forward port because pod is not running. Current status={phase}")
    if wants_spdy(request):
        wire = await upgraded(request, (SPDY_PROTOCOL,))
        await _session(wire, address, route.name)
        return wire.response
    if not wants_websocket(request):
        raise bad_request("Upgrade request required")
    socket = web.WebSocketResponse(protocols=(TUNNEL + SPDY_PROTOCOL, CHANNELS))
    ready = socket.can_prepare(request)
    if not ready.ok or (ready.protocol is None and "Sec-WebSocket-Protocol" in request.headers):
        raise bad_request(
            f"unable to negotiate a protocol; the embedded cluster speaks {TUNNEL}{SPDY_PROTOCOL}, {CHANNELS}"
        )
    ports = [] if ready.protocol and ready.protocol.startswith(TUNNEL) else _ports(request)
    await socket.prepare(request)
    if ports:
        await _channels(socket, address, route.name, ports)
    else:
        await _session(Tunnel(socket), address, route.name)
    await socket.close()
    return socket


def _ports(request: web.Request) -> list[int]:
    texts = [one for text in request.query.getall("ports", []) for one in text.split(",")]
    if not texts:
        raise bad_request('query parameter "ports" is required')
    for text in texts:
        if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
            raise bad_request(f'unable to parse "{text}" as a port')
    return [int(text) for text in texts]


async def _session(wire: Wire, address: str, pod: str) -> None:
    """Pairs of streams as the client opens them, by the number of their request."""
    waiting: dict[str, Stream] = {}
    tasks: set[asyncio.Task[None]] = set()

    def opened(stream: Stream) -> None:
        kind = stream.headers.get("streamtype", "")
        number = stream.headers.get("requestid") or str(stream.number - (2 if kind == "data" else 0))
        if number not in waiting:
            waiting[number] = stream
            return
        pair = {one.headers.get("streamtype", ""): one for one in (waiting.pop(number), stream)}
        if pair.keys() == {"data", "error"}:
            task = asyncio.create_task(_pair(pair["data"], pair["error"], address, pod))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    try:
        await Session(wire, opened).run()
    finally:
        await _stop([*tasks])


async def _pair(data: Stream, error: Stream, address: str, pod: str) -> None:
    """One connection; what goes wrong is said on the stream for errors, and both are broken off."""
    text = data.headers.get("port", "")
    port = int(text) if text.isascii() and text.isdigit() and int(text) < 65536 else 0
    with contextlib.suppress(ConnectionError):
        try:
            await _connected(address, port, pod, data.read(), data.write)
            await data.finish()
            await error.finish()
        except StatusError as fault:
            await error.write(fault.message.encode())
            await error.finish()
            await data.reset()
        finally:
            data.forget()
            error.forget()


async def _connected(address: str, port: int, pod: str, given: AsyncIterator[bytes], send: Send) -> None:
    """Carry bytes both ways until the pod's side has ended; StatusError where nothing listens."""
    try:
        reader, writer = await asyncio.open_connection(address, port)
    except (OSError, OverflowError) as error:
        why = f"failed to connect to {address}:{port} inside the pod: {error}"
        raise StatusError(500, "InternalError", f"error forwarding port {port} to pod {pod}: {why}") from None
    giving = asyncio.create_task(_give(given, writer))
    try:
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(_PIECE):
                await send(piece)
    finally:
        giving.cancel()
        writer.close()


async def _give(given: AsyncIterator[bytes], writer: asyncio.StreamWriter) -> None:
    """The client's bytes; its end is the end of what the pod hears."""
    with contextlib.suppress(ConnectionError):
        async for piece in given:
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


async def _channels(socket: web.WebSocketResponse, address: str, pod: str, ports: list[int]) -> None:
    """Two channels for each port, data and errors; each begins with the port as two bytes, the lower one first."""
    inputs: list[asyncio.Queue[bytes]] = [asyncio.Queue() for _ in ports]
    for channel in range(2 * len(ports)):
        await socket.send_bytes(bytes([channel]) + ports[channel // 2].to_bytes(2, "little"))
    tasks = [
        asyncio.create_task(_channel(socket, 2 * index, _queued(inputs[index]), address, port, pod))
        for index, port in enumerate(ports)
    ]
    hearing = asyncio.create_task(_hear(socket, inputs))
    ended = asyncio.create_task(_all(tasks))
    try:
        await asyncio.wait((hearing, ended), return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _stop([hearing, ended, *tasks])


async def _all(tasks: "list[asyncio.Task[None]]") -> None:
    await asyncio.wait(tasks)


async def _stop(tasks: "list[asyncio.Task[None]]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _channel(
    socket: web.WebSocketResponse, channel: int, given: AsyncIterator[bytes], address: str, port: int, pod: str
) -> None:
    try:
        await _connected(address, port, pod, given, lambda piece: socket.send_bytes(bytes([channel]) + piece))
    except StatusError as fault:
        await socket.send_bytes(bytes([channel + 1]) + fault.message.encode())


async def _queued(queue: "asyncio.Queue[bytes]") -> AsyncIterator[bytes]:
    while piece := await queue.get():
        yield piece


async def _hear(socket: web.WebSocketResponse, inputs: "list[asyncio.Queue[bytes]]") -> None:
    async for message in socket:
        if message.type is WSMsgType.BINARY and len(message.data) > 1:
            index, is_error = divmod(message.data[0], 2)
            if index < len(inputs) and not is_error:
                inputs[index].put_nowait(message.data[1:])
