"""``pods/NAME/exec``: a command in a container, by the channels of a WebSocket.

The first byte of a message is its channel: 0 to 2 are stdin, stdout and stderr, 3 has the end as a Status, 4 a
terminal's size, and 255 (v5 only) closes another (k8s.io/apimachinery, pkg/util/remotecommand). kubectl speaks this
from 1.31 on.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Protocol

from aiohttp import WSMsgType, web

from autoscale.embedded.apiserver.events_out import wants_websocket
from autoscale.embedded.apiserver.query import flag
from autoscale.embedded.apiserver.routes import Route
from autoscale.embedded.apiserver.streams import container_of
from autoscale.kube.kinds import Object
from autoscale.kube.statuses import StatusError, bad_request, not_found
from autoscale.plane.store import Objects

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_STDIN, _ERROR, _RESIZE, _CLOSE = 0, 3, 4, 255
_NO_SPDY = "the embedded cluster talks by WebSocket, not by SPDY: use kubectl 1.31 or newer"


class Conversation(Protocol):
    """A running command."""

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


class Executor(Protocol):
    """Whoever runs commands in containers (the control plane)."""

    def execute(
        self, namespace: str, pod: str, container: str, argv: list[str], *, stdin: bool, terminal: bool
    ) -> Conversation:
        """Start a command; StatusError where it cannot be."""


async def exec_answer(request: web.Request, route: Route, objects: Objects, node: Executor) -> web.StreamResponse:
    """Run a command until it ends or the client goes."""
    query, namespace = request.query, route.namespace or ""
    pod = objects.get("Pod", namespace, route.name)
    if pod is None:
        raise not_found(("Pod", namespace, route.name))
    container, argv = container_of(pod, query.get("container", "")), query.getall("command", [])
    if not argv:
        raise bad_request("you must specify at least one command for the container")
    if not wants_websocket(request):
        raise bad_request(_NO_SPDY if request.headers.get("Upgrade") else "Upgrade request required")
    socket = web.WebSocketResponse(protocols=PROTOCOLS)
    ready = socket.can_prepare(request)
    if not ready.ok or ready.protocol is None:
        raise bad_request(f"unable to negotiate a protocol; the embedded cluster speaks {', '.join(PROTOCOLS)}")
    await socket.prepare(request)
    try:
        stdin, terminal = flag(request, "stdin"), flag(request, "tty")
        running = node.execute(namespace, route.name, container, argv, stdin=stdin, terminal=terminal)
        status = await _converse(socket, running)
    except StatusError as error:
        # Refused before the upgrade, a client would try once more by SPDY and show that refusal instead.
        status = error.to_dict()
    if not socket.closed:
        await socket.send_bytes(bytes([_ERROR]) + json.dumps(status).encode())
        await socket.close()
    return socket


async def _converse(socket: web.WebSocketResponse, running: Conversation) -> Object:
    """Carry what is said until the command has ended or the client has gone; how it ended."""
    hearing = asyncio.create_task(_hear(socket, running))
    telling = asyncio.create_task(_tell(socket, running))
    try:
        await asyncio.wait((hearing, telling), return_when=asyncio.FIRST_COMPLETED)
    finally:
        hearing.cancel()
        telling.cancel()
        code = await running.close()
    return _status(code)


async def _tell(socket: web.WebSocketResponse, running: Conversation) -> None:
    async for channel, data in running.output():
        await socket.send_bytes(bytes([channel]) + data)
    await running.wait()


async def _hear(socket: web.WebSocketResponse, running: Conversation) -> None:
    """Hand on what the client sends, until it goes."""
    async for message in socket:
        if message.type is not WSMsgType.BINARY or not message.data:
            continue
        channel, data = message.data[0], message.data[1:]
        if channel == _STDIN:
            await running.write(data)
        elif channel == _CLOSE and data == bytes([_STDIN]):
            running.end_input()
        elif channel == _RESIZE and (size := _size(data)):
            running.resize(*size)


def _size(data: bytes) -> tuple[int, int] | None:
    try:
        found = json.loads(data)
        width, height = int(found["Width"]), int(found["Height"])
    except (ValueError, KeyError, TypeError):
        return None
    return (width, height) if 0 < width < 65536 and 0 < height < 65536 else None


def _status(code: int) -> Object:
    """How the command has ended, as kubectl takes its own exit code from it."""
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    text = f"command terminated with non-zero exit code: exit status {code}"
    causes = [{"reason": "ExitCode", "message": str(code)}]
    error = StatusError(500, "NonZeroExitCode", text, {"causes": causes})
    return {name: value for name, value in error.to_dict().items() if name != "code"}
