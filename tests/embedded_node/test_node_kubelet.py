"""Pods as processes: start, probes, restarts, hooks, limits, ends. Everything here runs for real."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from node_plane import Plane, conditions, first, http_probe, plane, pod, shell

from autoscale.base.times import parse_time
from autoscale.embedded.kubelet.limiter import cpu_time_s
from autoscale.kube.statuses import StatusError
from autoscale.plane.store import Delete

pytestmark = pytest.mark.long


def run(test: Callable[[Plane], Awaitable[None]], **settings: object) -> None:
    """Run a test with a control plane of its own."""

    async def body() -> None:
        async with plane(**settings) as made:
            await test(made)

    asyncio.run(body())


def test_a_pod_runs_with_its_own_address_and_says_so() -> None:
    """Phase, conditions, address, events and log of a pod that is ready."""

    async def body(made: Plane) -> None:
        made.create(pod(readinessProbe=http_probe()))
        found = await made.until_ready("p")
        assert found["status"]["phase"] == "Running"
        assert found["status"]["podIP"].startswith(f"127.{made.control.block.octet}.128.")  # type: ignore[union-attr]
        assert set(conditions(found).values()) == {"True"}
        status = first(found)
        assert (status["ready"], status["started"], status["restartCount"]) == (True, True, 0)
        assert status["imageID"].startswith("sha256:")
        assert made.events("Started") == ["Container started"]
        assert made.events("Scheduled") == ["Successfully assigned default/p to embedded"]
        assert (await made.log("p")).startswith(b"listening\nserved /ready\n")

    run(body)


def test_environment_and_exit_code_reach_the_status() -> None:
    """A container that ends well has Completed, one that does not has Error and its code; the pod follows."""

    async def body(made: Plane) -> None:
        made.create(shell("good", "echo $POD_NAME in $HOME"))
        made.create(shell("bad", "exit 3"))
        made.create(shell("killed", "kill -9 $$$$"))
        good, bad, killed = [await made.until_ended(name) for name in ("good", "bad", "killed")]
        assert (good["exitCode"], good["reason"]) == (0, "Completed")
        assert (bad["exitCode"], bad["reason"]) == (3, "Error")
        assert killed["exitCode"] == 137
        phases = {name: (made.pod(name) or {})["status"]["phase"] for name in ("good", "bad", "killed")}
        assert phases == {"good": "Succeeded", "bad": "Failed", "killed": "Failed"}
        assert (await made.log("good")).startswith(b"good in /")

    run(body)


def test_a_crashing_container_is_restarted_with_back_off() -> None:
    """The first restart comes at once, then CrashLoopBackOff; last state, count and previous log are there."""

    async def body(made: Plane) -> None:
        # The third run stays, so that nothing moves on while its log and the one before are read.
        script = "echo run $$$$; test -e two && exec sleep 1000; test -e one && touch two; touch one; exit 1"
        made.create(shell("p", f"cd $HOME; {script}", "Always"))
        await made.until(lambda: first(made.pod("p"))["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff")
        status = first(made.pod("p"))
        assert (status["restartCount"], status["lastState"]["terminated"]["exitCode"]) == (1, 1)
        assert (made.pod("p") or {})["status"]["phase"] == "Running"
        assert made.events("BackOff")[0].startswith("Back-off restarting failed container web in pod p_default(")
        await made.until(
            lambda: first(made.pod("p"))["restartCount"] == 2 and "running" in first(made.pod("p"))["state"]
        )
        assert first(made.pod("p"))["lastState"]["terminated"]["exitCode"] == 1
        now = await anext(aiter(made.control.logs("default", "p", "web", follow=True)))
        before = await made.log("p", previous=True)
        assert now.startswith(b"run ")
        assert before.startswith(b"run ")
        assert now != before

    run(body, restart_backoff_s=0.3)


def test_a_failing_readiness_probe_takes_the_pod_out_and_a_passing_one_back() -> None:
    """The process runs on; Unhealthy says why in the kubelet's words."""

    async def body(made: Plane) -> None:
        made.create(pod(readinessProbe=http_probe()))
        found = await made.until_ready("p")
        flag = Path(made.control.state_dir) / found["metadata"]["uid"] / "web" / "home" / "unready"
        flag.touch()
        await made.until(lambda: conditions(made.pod("p")).get("Ready") == "False")
        assert made.events("Unhealthy")[-1] == "Readiness probe failed: HTTP probe failed with statuscode: 503"
        flag.unlink()
        await made.until_ready("p")
        assert first(made.pod("p"))["restartCount"] == 0

    run(body)


def test_a_failing_liveness_probe_restarts_the_container() -> None:
    """Killing names the probe; the container ends in good order and starts again."""

    async def body(made: Plane) -> None:
        made.create(pod(livenessProbe=http_probe("/ready"), readinessProbe=http_probe("/")))
        found = await made.until_ready("p")
        flag = Path(made.control.state_dir) / found["metadata"]["uid"] / "web" / "home" / "unready"
        flag.touch()
        await made.until(lambda: first(made.pod("p"))["restartCount"] == 1)
        flag.unlink()
        assert made.events("Killing") == ["Container web failed liveness probe, will be restarted"]
        assert (await made.log("p", previous=True)).endswith(b"told to end\n")
        await made.until_ready("p")

    run(body)


def test_other_probes_wait_for_the_startup_probe() -> None:
    """Until it passes the container is not started and not ready, and liveness does not kill it."""

    async def body(made: Plane) -> None:
        startup = {"exec": {"command": ["sh", "-c", "test -e $HOME/up"]}, "periodSeconds": 1, "failureThreshold": 60}
        never = {"tcpSocket": {"port": 9}, "periodSeconds": 1, "failureThreshold": 1}
        made.create(shell("p", "sleep 100", "Always", startupProbe=startup, livenessProbe=never))
        await made.until(lambda: len(made.events("Unhealthy")) > 0)
        assert first(made.pod("p"))["started"] is False
        assert conditions(made.pod("p"))["Ready"] == "False"
        assert made.events("Killing") == []
        uid = (made.pod("p") or {})["metadata"]["uid"]
        (Path(made.control.state_dir) / uid / "web" / "home" / "up").touch()
        await made.until(lambda: first(made.pod("p")).get("started"))
        await made.until(lambda: made.events("Killing"))
        found = [m for m in made.events("Unhealthy") if m.startswith("Liveness")]
        address = (made.pod("p") or {})["status"]["podIP"]
        assert found[0] == f"Liveness probe failed: dial tcp {address}:9: connect: connection refused"

    run(body)


def test_deletion_runs_pre_stop_then_sigterm_and_the_pod_is_gone() -> None:
    """In this order, within the grace; while it ends, the pod is there with its deletion time."""

    async def body(made: Plane) -> None:
        hook = {"preStop": {"exec": {"command": ["sh", "-c", "sleep 0.3; echo hook > $HOME/hook"]}}}
        script = "trap 'cat $HOME/hook; echo got TERM; exit 0' TERM; echo up; while :; do sleep 0.05; done"
        made.create(shell("p", script, "Always", lifecycle=hook))
        await made.until(lambda: conditions(made.pod("p")).get("Ready") == "True")
        follower = asyncio.create_task(made.log("p", follow=True))
        await asyncio.sleep(0)
        made.store.apply(Delete("Pod", "default", "p"), time.time())
        assert (made.pod("p") or {})["metadata"]["deletionTimestamp"]
        await made.until(lambda: made.pod("p") is None)
        assert await follower == b"up\nhook\ngot TERM\n"
        assert made.events("Killing") == ["Stopping container web"]

    run(body)


def test_what_ignores_sigterm_is_killed_when_its_grace_is_over() -> None:
    """With all that it started, in its own session or not."""

    async def body(made: Plane) -> None:
        helpers = len(made.processes())
        script = "trap '' TERM; sleep 1000 & setsid sleep 1000 & while :; do sleep 0.05; done"
        made.create(shell("p", script, "Always", spec={"terminationGracePeriodSeconds": 1}))
        await made.until(lambda: len(made.processes()) >= helpers + 3)
        made.store.apply(Delete("Pod", "default", "p"), time.time())
        await made.until(lambda: made.pod("p") is None)
        assert len(made.processes()) == helpers

    run(body)


def test_a_second_delete_can_hurry_the_end() -> None:
    """Grace 0 removes the pod from the API at once, and its processes follow."""

    async def body(made: Plane) -> None:
        helpers = len(made.processes())
        made.create(shell("p", "trap '' TERM; while :; do sleep 0.05; done", "Always"))
        await made.until(lambda: len(made.processes()) > helpers)
        made.store.apply(Delete("Pod", "default", "p", 60), time.time())
        made.store.apply(Delete("Pod", "default", "p", 0), time.time())
        await made.until(lambda: made.pod("p") is None and len(made.processes()) == helpers)

    run(body)


def test_unknown_images_are_refused_with_the_kubelets_reasons() -> None:
    """ErrImagePull, then ImagePullBackOff; the message names what can be run."""

    async def body(made: Plane) -> None:
        made.create(pod(image="nginx:1"))
        seen: set[str] = set()

        def both() -> bool:
            seen.add(first(made.pod("p"))["state"].get("waiting", {}).get("reason", ""))
            return {"ErrImagePull", "ImagePullBackOff"} <= seen

        await made.until(both)
        assert "autoscale-app" in made.events("Failed")[0]
        assert (made.pod("p") or {})["status"]["phase"] == "Pending"
        with pytest.raises(StatusError, match="waiting to start"):
            made.control.logs("default", "p", "web")

    run(body, restart_backoff_s=1.2)


def test_a_command_that_is_not_there_is_told() -> None:
    """StartError with exit code 128, as container runtimes report it."""

    async def body(made: Plane) -> None:
        made.create(pod("p", ["no-such-program"], "Never"))
        ended = await made.until_ended("p")
        assert (ended["exitCode"], ended["reason"]) == (128, "StartError")
        assert ended["message"] == 'exec: "no-such-program": executable file not found in $PATH'

    run(body)


def test_a_missing_config_map_is_waited_for() -> None:
    """CreateContainerConfigError until it is there."""

    async def body(made: Plane) -> None:
        source = {"configMapKeyRef": {"name": "m", "key": "k"}}
        made.create(shell("p", "echo got $V", env=[{"name": "V", "valueFrom": source}]))
        reason = "CreateContainerConfigError"
        await made.until(lambda: first(made.pod("p"))["state"].get("waiting", {}).get("reason") == reason)
        metadata = {"name": "m", "namespace": "default"}
        made.create({"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata, "data": {"k": "v"}})
        await made.until_ended("p")
        assert await made.log("p") == b"got v\n"

    run(body)


def test_init_containers_run_before_the_others() -> None:
    """One after the other; the app starts when they have ended well."""

    async def body(made: Plane) -> None:
        def init(name: str) -> dict[str, object]:
            return {"name": name, "image": "tiny", "command": ["sh", "-c", f"echo {name} >> $OUT"], "env": env}

        env = [{"name": "OUT", "value": str(Path(made.control.state_dir) / "order")}]
        made.create(shell("p", "cat $OUT; rm $OUT", env=env, spec={"initContainers": [init("one"), init("two")]}))
        await made.until_ended("p")
        assert await made.log("p") == b"one\ntwo\n"
        assert conditions(made.pod("p"))["Initialized"] == "True"

    run(body)


def test_a_failed_init_container_fails_a_pod_that_is_never_restarted() -> None:
    """The app never starts."""

    async def body(made: Plane) -> None:
        init = {"name": "init", "image": "tiny", "command": ["sh", "-c", "exit 4"]}
        made.create(shell("p", "echo app", spec={"initContainers": [init]}))
        await made.until(lambda: (made.pod("p") or {}).get("status", {}).get("phase") == "Failed")
        assert made.events("Started") == ["Container started"]

    run(body)


def test_two_containers_share_an_address() -> None:
    """Each has its own port, log and state; the pod is ready when both are."""

    async def body(made: Plane) -> None:
        made.create(pod())
        both = pod("two")
        second = {**both["spec"]["containers"][0], "name": "second", "command": ["sh", "-c", "echo $POD_IP; sleep 100"]}
        both["spec"]["containers"].append(second)
        both["spec"]["terminationGracePeriodSeconds"] = 0
        made.create(both)
        found = await made.until_ready("two")
        assert [s["name"] for s in found["status"]["containerStatuses"]] == ["web", "second"]
        chunks = made.control.logs("default", "two", "second", follow=True)
        assert await anext(aiter(chunks)) == found["status"]["podIP"].encode() + b"\n"
        assert found["status"]["podIP"] != (await made.until_ready("p"))["status"]["podIP"]

    run(body)


def test_a_pod_over_its_deadline_is_ended() -> None:
    """activeDeadlineSeconds of the pod itself."""

    async def body(made: Plane) -> None:
        made.create(shell("p", "sleep 100", spec={"activeDeadlineSeconds": 1, "terminationGracePeriodSeconds": 1}))
        ended = await made.until_ended("p")
        assert ended["exitCode"] == 128 + signal.SIGTERM

    run(body)


@pytest.mark.parametrize("use_cgroups", [True, False])
def test_a_cpu_limit_is_enforced_and_can_be_changed_in_place(use_cgroups: bool) -> None:
    """A busy container stays near its limit; a resize without restart lets it use more (cgroup or not)."""

    async def body(made: Plane) -> None:
        limits = {"limits": {"cpu": "100m"}, "requests": {"cpu": "100m"}}
        made.create(pod("p", ["python", "-S", "-c", "while True: pass"], resources=limits))
        await made.until_ready("p")
        before = await _usage_m(made, lambda used: used > 0)
        assert before < 200
        found = made.pod("p") or {}
        container = {**found["spec"]["containers"][0], "resources": {**limits, "limits": {"cpu": "700m"}}}
        made.update({**found, "spec": {**found["spec"], "containers": [container]}})
        await _usage_m(made, lambda used: used > 1.5 * max(100.0, before))
        assert first(made.pod("p"))["resources"]["limits"] == {"cpu": "700m"}
        assert first(made.pod("p"))["restartCount"] == 0

    run(body, use_cgroups=use_cgroups)


def test_a_killed_limiter_is_started_again() -> None:
    """A pod that was stopped at that moment goes on, and is limited again."""

    async def body(made: Plane) -> None:
        limits = {"limits": {"cpu": "50m"}}
        made.create(pod("p", ["python", "-S", "-c", "while True: pass"], resources=limits))
        await made.until_ready("p")
        kubelet = made.control._kubelet
        assert kubelet is not None
        ((_, worker),) = kubelet.running()
        before = kubelet.node.limiter
        assert worker.process is not None
        assert before is not None
        pid = worker.process.pid
        stat = Path(f"/proc/{pid}/stat")
        await made.until(lambda: stat.read_text().split()[2] == "T")
        before.process.kill()
        await made.until(lambda: kubelet.node.limiter is not before)
        used = cpu_time_s(pid)
        await made.until(lambda: cpu_time_s(pid) > used)
        await made.until(lambda: stat.read_text().split()[2] == "T")

    run(body, use_cgroups=False)


async def _usage_m(made: Plane, good: Callable[[float], bool]) -> float:
    """The pod's CPU in millicores by metrics.k8s.io, once it is as wanted."""

    def used() -> float:
        items = made.control.pod_metrics()
        return int(items[0]["containers"][0]["usage"]["cpu"].removesuffix("n")) / 1e6 if items else 0.0

    await made.until(lambda: good(used()))
    return used()


def test_usage_and_start_times_are_told_by_the_metrics() -> None:
    """An idle pod's usage is there after two samples, with window, memory and a time after its start."""

    async def body(made: Plane) -> None:
        made.create(pod())
        found = await made.until_ready("p")
        (item,) = await made.until(made.control.pod_metrics)
        assert item["metadata"]["name"] == "p"
        assert parse_time(item["timestamp"]) >= parse_time(found["status"]["startTime"])
        assert item["window"].endswith("s")
        assert int(item["containers"][0]["usage"]["memory"].removesuffix("Ki")) > 1000
        (node,) = await made.until(made.control.node_metrics)
        assert node["metadata"]["name"] == "embedded"

    run(body)


def test_samples_of_one_scrape_are_of_one_moment_and_one_period_wide() -> None:
    """Two pods begun at different times share their timestamp, and their windows are the scrape's period."""

    async def body(made: Plane) -> None:
        made.create(pod("early"))
        await made.until_ready("early")
        made.create(pod("late"))
        await made.until_ready("late")

        def settled() -> bool:
            items = made.control.pod_metrics()
            windows = [float(item["window"].removesuffix("s")) for item in items]
            alike = len({item["timestamp"] for item in items}) == 1
            return len(items) == 2 and alike and all(0.9 <= window <= 1.2 for window in windows)

        await made.until(settled)

    run(body)


def test_nothing_runs_after_a_stop_in_the_middle_of_everything() -> None:
    """Pods that are starting, ending and crashing when the cluster stops are all gone (the fixture looks)."""

    async def body(made: Plane) -> None:
        made.create(shell("crash", "exit 1", "Always"))
        made.create(shell("stubborn", "trap '' TERM; sleep 1000 & while :; do sleep 0.05; done", "Always"))
        made.create(pod("server"))
        await made.until(lambda: "running" in first(made.pod("stubborn"))["state"])
        made.store.apply(Delete("Pod", "default", "stubborn"), time.time())
        made.create(pod("late"))
        await asyncio.sleep(0)

    run(body)
