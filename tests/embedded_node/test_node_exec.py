"""Commands in containers: where they run, and that they end with them."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from autoscale.embedded.kubelet.execution import Execution
from autoscale.kube.statuses import StatusError
from tests.embedded_node.node_plane import Plane, first, plane, shell


def run(body: Callable[[Plane], Awaitable[None]]) -> None:
    """Run a test with a control plane of its own and a pod ``p`` that runs on."""

    async def scenario() -> None:
        async with plane() as made:
            made.create(shell("p", "exec sleep 1000", "Always", env=[{"name": "COLOUR", "value": "red"}]))
            await made.until(lambda: "running" in first(made.pod("p"))["state"])
            await body(made)

    asyncio.run(scenario())


async def all_of(running: Execution) -> tuple[bytes, bytes, int]:
    """What a command writes to stdout and stderr until it ends, and its exit code."""
    said = {1: b"", 2: b""}
    async for channel, data in running.output():
        said[channel] += data
    await running.wait()
    return said[1], said[2], await running.close()


def test_a_command_runs_with_its_containers_variables_and_has_its_own_exit_code() -> None:
    """Output and errors come apart, input is read until it is ended."""

    async def body(made: Plane) -> None:
        argv = ["sh", "-c", "cat; echo $COLOUR; echo bad >&2; exit 3"]
        running = made.control.execute("default", "p", "web", argv, stdin=True, terminal=False)
        await running.write(b"given\n")
        running.end_input()
        assert await all_of(running) == (b"given\nred\n", b"bad\n", 3)

    run(body)


def test_a_command_with_a_terminal_has_one() -> None:
    """It is a terminal of the size that was asked for, and what is typed is echoed."""

    async def body(made: Plane) -> None:
        argv = ["sh", "-c", "read line; stty size; test -t 0 && echo tty"]
        running = made.control.execute("default", "p", "web", argv, stdin=True, terminal=True)
        running.resize(100, 30)
        await running.write(b"x\n")
        said, _, code = await all_of(running)
        assert (said.split(), code) == ([b"x", b"30", b"100", b"tty"], 0)

    run(body)


def test_a_command_ends_with_its_container() -> None:
    """What runs in a container that ends is killed, also where it minds no signal."""

    async def body(made: Plane) -> None:
        argv = ["sh", "-c", "trap '' TERM HUP; echo on; while :; do sleep 1000; done"]
        running = made.control.execute("default", "p", "web", argv, stdin=False, terminal=False)
        assert await anext(running.output()) == (1, b"on\n")
        kubelet = made.control._kubelet
        assert kubelet is not None
        for _, worker in kubelet.running():
            assert worker.process
            worker.process.kill()
        assert await running.wait() == 137
        await running.close()

    run(body)


def test_no_command_runs_where_no_container_does() -> None:
    """A container that is not there, and a command that is not there, are said in upstream's words."""

    async def body(made: Plane) -> None:
        with pytest.raises(StatusError, match=r'unable to upgrade connection: container not found \("db"\)'):
            made.control.execute("default", "p", "db", ["true"], stdin=False, terminal=False)
        with pytest.raises(StatusError, match="failed to exec in container"):
            made.control.execute("default", "p", "web", ["/no/such/program"], stdin=False, terminal=False)

    run(body)
