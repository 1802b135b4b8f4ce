"""A pod on its node: no change is lost, and what must end it ends it."""

import asyncio
import resource
import time
from collections.abc import Awaitable, Callable

import pytest
from node_plane import Plane, first, http_probe, plane, pod, shell

from autoscale.embedded.kubelet import process
from autoscale.embedded.kubelet.pod import PodWorker
from autoscale.embedded.kubelet.probes import Outcome, checked
from autoscale.plane.store import Delete


def run(test: Callable[[Plane], Awaitable[None]], **settings: object) -> None:
    """Run a test with a control plane of its own."""

    async def body() -> None:
        async with plane(**settings) as made:
            await test(made)

    asyncio.run(body())


TALKER = """
import os, socket, sys
listener = socket.create_server((os.environ["POD_IP"], 8080))
while True:
    connection, _ = listener.accept()
    good = os.path.exists(os.environ["HOME"] + "/good")
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n" if good else b"x" * 100_000)
    connection.close()
"""
"""A server whose answer is one line without an end, until ``good`` is in its home."""


async def started(made: Plane, name: str) -> PodWorker:
    """The worker of a pod whose first container runs."""
    await made.until(lambda: "running" in first(made.pod(name))["state"])
    kubelet = made.control._kubelet
    assert kubelet is not None
    return kubelet.pods[(made.pod(name) or {})["metadata"]["uid"]]


def test_a_deletion_just_before_a_status_write_is_not_lost() -> None:
    """The kubelet writes a status onto the version with the deletion time, and ends the pod nevertheless."""

    async def body(made: Plane) -> None:
        made.create(shell("p", "sleep 1000", "Always", spec={"terminationGracePeriodSeconds": 1}))
        worker = await started(made, "p")
        made.store.apply(Delete("Pod", "default", "p"), time.time())
        worker.tell()
        assert (made.pod("p") or {})["metadata"]["deletionTimestamp"]
        await made.until(lambda: made.pod("p") is None)

    run(body)


def test_a_resize_just_before_a_status_write_is_not_lost() -> None:
    """The container gets its new limit, although the version with it was overtaken by a status; once."""

    async def body(made: Plane) -> None:
        limits = {"limits": {"cpu": "100m"}, "requests": {"cpu": "100m"}}
        made.create(shell("p", "sleep 1000", "Always", resources=limits))
        worker = await started(made, "p")
        found = made.pod("p") or {}
        more = {**limits, "limits": {"cpu": "700m"}}
        container = {**found["spec"]["containers"][0], "resources": more}
        made.update({**found, "spec": {**found["spec"], "containers": [container]}})
        worker.tell()
        await made.until(lambda: worker.containers[0].spec["resources"] == more)
        assert first(made.pod("p"))["restartCount"] == 0

    run(body)


def test_a_pod_has_the_limit_of_open_files_that_the_cluster_began_with() -> None:
    """Whatever the cluster's process sets for itself later, its pods do not inherit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def body(made: Plane) -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, process._OPEN_FILES[0]) - 8, hard))
        made.create(shell("p", "ulimit -Sn; ulimit -Hn"))
        await made.until_ended("p")
        assert (await made.log("p")).split() == [str(limit).encode() for limit in process._OPEN_FILES]

    try:
        run(body)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_an_endless_line_is_a_failed_probe_and_the_next_one_is_made() -> None:
    """More than 64 KiB without an end of line is no HTTP; a good answer later makes the pod ready."""

    async def body(made: Plane) -> None:
        made.create(pod(command=["python", "-S", "-c", TALKER], readinessProbe=http_probe("/")))
        await started(made, "p")
        await made.until(lambda: any("malformed HTTP response" in text for text in made.events("Unhealthy")))
        uid = (made.pod("p") or {})["metadata"]["uid"]
        (made.control.state_dir / uid / "web" / "home" / "good").touch()
        await made.until_ready("p")

    run(body)


def test_an_exception_is_a_failed_outcome() -> None:
    """Of any kind, and with its words; an outcome is handed on, and a cancellation stays one."""

    async def outcome(error: BaseException | None) -> Outcome:
        if error:
            raise error
        return Outcome(True, "fine")

    assert asyncio.run(checked(outcome(None))) == Outcome(True, "fine")
    assert asyncio.run(checked(outcome(KeyError("name")))) == Outcome(False, "KeyError: 'name'")
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(checked(outcome(asyncio.CancelledError())))


def test_a_pre_stop_hook_that_cannot_be_done_does_not_stop_the_end() -> None:
    """It is told, and SIGTERM follows at once. (Validation refuses such a hook; here none is between.)"""

    async def body(made: Plane) -> None:
        script = "trap 'echo got TERM; exit 0' TERM; echo up; while :; do sleep 0.05; done"
        made.create(shell("p", script, "Always", lifecycle={"preStop": {"sleep": {"seconds": "soon"}}}))
        await started(made, "p")
        lines = aiter(made.control.logs("default", "p", "web", follow=True))
        assert await anext(lines) == b"up\n"
        made.store.apply(Delete("Pod", "default", "p"), time.time())
        assert b"".join([line async for line in lines]) == b"got TERM\n"
        await made.until(lambda: made.pod("p") is None)
        assert made.events("FailedPreStopHook") == ["PreStopHook failed"]

    run(body)


@pytest.mark.parametrize(
    ("policy", "script"),
    [("Always", "sleep 1000"), ("OnFailure", "trap 'exit 0' TERM; while :; do sleep 0.05; done"), ("Never", "exit 3")],
)
@pytest.mark.parametrize("within", ["containers", "initContainers"])
def test_a_pod_over_its_deadline_has_failed_whatever_its_containers_say(policy: str, script: str, within: str) -> None:
    """Restart policy and exit code do not matter, nor does an init container that is not done; what failed before
    failed for its own reason."""

    async def body(made: Plane) -> None:
        own = shell("p", script, policy)["spec"]["containers"][0]
        spec = {"activeDeadlineSeconds": 1, "terminationGracePeriodSeconds": 1}
        inits = {"initContainers": [{**own, "name": "init"}]} if within == "initContainers" else {}
        made.create(shell("p", "sleep 1000" if inits else script, policy, spec={**spec, **inits}))
        await made.until(lambda: (made.pod("p") or {})["status"]["phase"] == "Failed")
        status = (made.pod("p") or {})["status"]
        assert status.get("reason") == ("DeadlineExceeded" if policy != "Never" else None)
        assert (policy != "Never") == ("deadline" in status.get("message", ""))
        ready = next(c for c in status["conditions"] if c["type"] == "Ready")
        assert (ready["status"], ready["reason"]) == ("False", "PodFailed")

    run(body)


def test_a_pod_that_is_done_before_its_deadline_has_succeeded() -> None:
    """The deadline ends with what it watched."""

    async def body(made: Plane) -> None:
        made.create(shell("p", "exit 0", spec={"activeDeadlineSeconds": 1}))
        await made.until(lambda: (made.pod("p") or {})["status"]["phase"] == "Succeeded")
        before = (made.pod("p") or {})["status"]
        made.create(shell("later", "sleep 1000", spec={"activeDeadlineSeconds": 1, "terminationGracePeriodSeconds": 1}))
        await made.until(lambda: (made.pod("later") or {})["status"]["phase"] == "Failed")
        assert (made.pod("p") or {})["status"] == before

    run(body)
