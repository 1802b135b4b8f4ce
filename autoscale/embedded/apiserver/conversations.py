"""``pods/NAME/exec``, a command in a container, and ``attach``, the container itself from now on."""

import asyncio
import contextlib
from typing import Protocol

from aiohttp import web

from autoscale.embedded.apiserver.channels import Channels, Conversation, channels_of
from autoscale.embedded.apiserver.query import flag
from autoscale.embedded.apiserver.routes import Route
from autoscale.embedded.apiserver.streams import LogReader, container_of
from autoscale.kube.kinds import Object
from autoscale.kube.statuses import StatusError, bad_request, not_found
from autoscale.plane.store import Objects


class Executor(LogReader, Protocol):
    """Whoever runs commands in containers and has their output (the control plane)."""

    def execute(
        self, namespace: str, pod: str, container: str, argv: list[str], *, stdin: bool, terminal: bool
    ) -> Conversation:
        """Start a command; StatusError where it cannot be."""

    def attach(self, namespace: str, pod: str, container: str, *, stdin: bool) -> Conversation:
        """Come to a container; StatusError where it does not run."""


async def exec_answer(request: web.Request, route: Route, objects: Objects, node: Executor) -> web.StreamResponse:
    """Run a command until it ends or the client goes."""
    pod, argv = pod_of(route, objects), request.query.getall("command", [])
    container = container_of(pod, request.query.get("container", ""))
    if not argv:
        raise bad_request("you must specify at least one command for the container")
    channels = await channels_of(request)
    stdin, terminal = flag(request, "stdin"), flag(request, "tty")
    namespace = route.namespace or ""
    return await _held(
        channels, lambda: node.execute(namespace, route.name, container, argv, stdin=stdin, terminal=terminal)
    )


async def attach_answer(request: web.Request, route: Route, objects: Objects, node: Executor) -> web.StreamResponse:
    """What a container says from now on, and what it is given, until it ends or the client goes."""
    pod = pod_of(route, objects)
    container = container_of(pod, request.query.get("container", ""))
    channels = await channels_of(request)
    stdin = flag(request, "stdin")
    return await _held(channels, lambda: node.attach(route.namespace or "", route.name, container, stdin=stdin))


def pod_of(route: Route, objects: Objects) -> Object:
    """The pod of a route; 404 where there is none."""
    pod = objects.get("Pod", route.namespace or "", route.name)
    if pod is None:
        raise not_found(("Pod", route.namespace or "", route.name))
    return pod


async def _held(channels: Channels, start: "Start") -> web.StreamResponse:
    """A conversation from its start to its end.

    Refused before the upgrade, a client would try once more by SPDY and show that refusal instead: it is told after it.
    """
    try:
        status = await _converse(channels, start())
    except StatusError as error:
        status = error.to_dict()
    with contextlib.suppress(ConnectionError):
        await channels.end(status)
    return channels.response


class Start(Protocol):
    """Begins a conversation; StatusError where it cannot."""

    def __call__(self) -> Conversation:
        """The conversation."""


async def _converse(channels: Channels, running: Conversation) -> Object:
    """Carry what is said until the command has ended or the client has gone; how it ended."""
    hearing = asyncio.create_task(channels.hear(running))
    telling = asyncio.create_task(_tell(channels, running))
    try:
        await asyncio.wait((hearing, telling), return_when=asyncio.FIRST_COMPLETED)
    finally:
        hearing.cancel()
        telling.cancel()
        code = await running.close()
    if telling.done() and not telling.cancelled() and isinstance(error := telling.exception(), StatusError):
        raise error
    return _status(code)


async def _tell(channels: Channels, running: Conversation) -> None:
    async for channel, data in running.output():
        await channels.tell(channel, data)
    await running.wait()


def _status(code: int) -> Object:
    """How the command has ended, as kubectl takes its own exit code from it."""
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    text = f"command terminated with non-zero exit code: exit status {code}"
    causes = [{"reason": "ExitCode", "message": str(code)}]
    error = StatusError(500, "NonZeroExitCode", text, {"causes": causes})
    return {name: value for name, value in error.to_dict().items() if name != "code"}
