"""Containers that somebody talks to: their input, their terminals, and containers that are added for debugging."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from autoscale.embedded.kubelet.attachment import Attachment
from autoscale.kube.kinds import Object
from autoscale.kube.statuses import StatusError
from tests.embedded_node.node_plane import Plane, first, plane, shell


def run(obj: Object, body: Callable[[Plane], Awaitable[None]]) -> None:
    """Run a test with a control plane of its own and that pod, once its container runs (or has run)."""

    async def scenario() -> None:
        async with plane() as made:
            made.create(obj)
            await made.until(lambda: first(made.pod("p"))["state"].keys() & {"running", "terminated"})
            await body(made)

    asyncio.run(scenario())


def attached(made: Plane, *, stdin: bool = True) -> Attachment:
    """Somebody at the pod's container."""
    return made.control.attach("default", "p", "web", stdin=stdin)


async def heard(one: Attachment, wanted: bytes) -> bytes:
    """What is said until ``wanted`` has been."""
    said = b""
    async for _, data in one.output():
        said += data
        if wanted in said:
            return said
    raise AssertionError(f"it ended after {said!r}")


def test_who_is_attached_types_and_hears_and_the_log_has_it_too() -> None:
    """With stdinOnce the end of the first client's input is the end of the container's."""

    async def body(made: Plane) -> None:
        one = attached(made)
        await one.write(b"typed\n")
        assert await heard(one, b"typed") == b"got typed\n"
        one.end_input()
        assert await heard(one, b"over") == b"over\n"
        assert (await made.until_ended("p"))["exitCode"] == 0
        assert await made.log("p") == b"got typed\nover\n"

    run(shell("p", "while read line; do echo got $line; done; echo over", stdin=True, stdinOnce=True), body)


def test_without_stdinonce_the_next_client_types_on() -> None:
    """One that comes and goes ends nothing, nor does one that only listens."""

    async def body(made: Plane) -> None:
        for word in (b"one", b"two"):
            listener, typist = attached(made, stdin=False), attached(made)
            await typist.write(word + b"\n")
            assert await heard(listener, b"\n") == await heard(typist, b"\n") == b"got " + word + b"\n"
            for who in (listener, typist):
                who.end_input()
                await who.close()
        assert "running" in first(made.pod("p"))["state"]

    run(shell("p", "while read line; do echo got $line; done", stdin=True), body)


def test_a_container_without_input_reads_its_end() -> None:
    """Whoever types at it is not heard; what it says is."""

    async def body(made: Plane) -> None:
        assert (await made.until_ended("p"))["exitCode"] == 0
        assert await made.log("p") == b"nothing to read\n"
        with pytest.raises(StatusError, match="cannot attach a container in a completed pod"):
            attached(made)

    run(shell("p", "read line || echo nothing to read"), body)


def test_a_container_with_a_terminal_has_one() -> None:
    """Its prompt comes without a line's end, it has the client's size, and what is typed is echoed."""

    async def body(made: Plane) -> None:
        one = attached(made)
        one.resize(100, 30)
        await one.write(b"x\n")
        said = await heard(one, b"name? ")
        assert b"30 100" in said
        await one.write(b"me\n")
        assert b"hello me" in await heard(one, b"hello me")
        assert (await made.until_ended("p"))["exitCode"] == 0

    script = "read go; stty size; test -t 1 || exit 1; printf 'name? '; read name; echo hello $name"
    run(shell("p", script, stdin=True, tty=True), body)


def debugging(made: Plane, *containers: Object) -> None:
    """Add ephemeral containers, as the API server's subresource does."""
    found = made.pod("p")
    assert found is not None
    held = found["spec"].get("ephemeralContainers") or []
    made.update({**found, "spec": {**found["spec"], "ephemeralContainers": [*held, *containers]}})


def ephemeral(made: Plane, name: str) -> Object:
    """The state of an ephemeral container."""
    listed = (made.pod("p") or {})["status"].get("ephemeralContainerStatuses") or []
    state: Object = next((one["state"] for one in listed if one["name"] == name), {})
    return state


def test_containers_for_debugging_come_to_a_pod_that_runs() -> None:
    """Each runs once beside the others and can be talked to; the pod stays ready, and they end with it."""

    async def body(made: Plane) -> None:
        look = {"name": "look", "image": "tiny:1", "command": ["sh", "-c", "echo seen; exit 3"]}
        debugging(made, look)
        await made.until(lambda: ephemeral(made, "look").get("terminated"))
        assert ephemeral(made, "look")["terminated"]["exitCode"] == 3
        chunks = made.control.logs("default", "p", "look")
        assert b"".join([chunk async for chunk in chunks]) == b"seen\n"
        debugging(made, {**look, "name": "stay", "command": ["sh"], "stdin": True})
        await made.until(lambda: "running" in ephemeral(made, "stay"))
        one = made.control.attach("default", "p", "stay", stdin=True)
        await one.write(b"echo hello\n")
        assert await heard(one, b"hello\n") == b"hello\n"
        assert (made.pod("p") or {})["status"]["phase"] == "Running"
        assert first(made.pod("p"))["ready"]

    run(shell("p", "exec sleep 1000", "Always"), body)


def test_a_pod_ends_though_somebody_debugs_it() -> None:
    """Its own containers decide: the others are ended with the last of them."""

    async def body(made: Plane) -> None:
        debugging(made, {"name": "stay", "image": "tiny:1", "command": ["sleep", "1000"]})
        await made.until(lambda: "running" in ephemeral(made, "stay"))
        one = attached(made)
        await one.write(b"end\n")
        await made.until(lambda: (made.pod("p") or {})["status"]["phase"] == "Succeeded")
        await made.until(lambda: "terminated" in ephemeral(made, "stay"))

    run(shell("p", "read line", stdin=True), body)


def test_a_client_that_takes_nothing_is_let_go() -> None:
    """The container does not wait for it, and what it takes later is what had been kept."""

    async def body(made: Plane) -> None:
        process = attached(made).process
        one = Attachment(process, once=False, ahead=2)
        for data in (b"a", b"b", b"c"):
            one.hear(data)
        assert [data async for _, data in one.output()] == [b"a", b"b"]

    run(shell("p", "exec sleep 1000"), body)
