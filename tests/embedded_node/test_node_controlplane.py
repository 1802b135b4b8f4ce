"""The whole control plane: a Deployment behind a Service, scaled by its HPA, and what happens when parts die."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from node_plane import Plane, first, http_probe, plane, pod

from autoscale.kube.kinds import Object
from autoscale.plane.controllers.endpointslice import NAME_LABEL
from autoscale.plane.store import Delete, Update
from tests.plane.world import World, deployment, job, pods_of, service


def run(test: Callable[[Plane], Awaitable[None]], **settings: object) -> None:
    """Run a test with a control plane of its own."""

    async def body() -> None:
        async with plane(**settings) as made:
            await test(made)

    asyncio.run(body())


def web(replicas: int = 2, **fields: Any) -> Object:
    """The test server as a Deployment; ``fields`` are more of its container."""
    made = deployment(replicas=replicas)
    limits = {"requests": {"cpu": "50m"}, "limits": {"cpu": "300m"}}
    made["spec"]["template"]["spec"] = pod(readinessProbe=http_probe(), resources=limits, **fields)["spec"]
    return made


async def get(host: str, path: str = "/") -> str | None:
    """One request on a connection of its own; None where it fails."""
    try:
        reader, writer = await asyncio.open_connection(host, 80)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
    except OSError:
        return None
    return answer.rpartition(b"\r\n\r\n")[2].decode() or None


async def served(made: Plane, replicas: int = 2, **fields: Any) -> str:
    """Set up Deployment and Service, wait until it answers; the cluster IP."""
    made.create(service(clusterIP=made.block_ip))
    made.create(web(replicas, **fields))
    await made.until(lambda: ready(made) == replicas)
    await made.until(lambda: get(made.block_ip))
    return made.block_ip


def ready(made: Plane) -> int:
    """Ready pods of the Deployment."""
    found = made.store.objects.get("Deployment", "default", "web") or {}
    return int(found.get("status", {}).get("readyReplicas", 0))


def test_a_service_leads_to_all_its_pods() -> None:
    """Requests to the cluster IP are answered by every pod."""

    async def body(made: Plane) -> None:
        host = await served(made)
        pods = {p["metadata"]["name"] for p in made.store.objects.list("Pod")}
        names: set[str | None] = set()

        async def all_asked() -> bool:
            names.add(await get(host))
            return names >= pods

        await made.until(all_asked)
        assert names == pods

    run(body)


def test_under_load_the_hpa_scales_up_and_afterwards_down() -> None:
    """Real CPU use, by the metrics pipeline and the rule, 1 -> more -> 1."""

    async def body(made: Plane) -> None:
        host = await served(made, 1)
        metric = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}
        spec = {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 1,
            "maxReplicas": 4,
            "metrics": [{"type": "Resource", "resource": metric}],
        }
        kind = {"kind": "HorizontalPodAutoscaler", "apiVersion": "autoscaling/v2"}
        made.create({**kind, "metadata": {"name": "web", "namespace": "default"}, "spec": spec})
        over = False

        async def load() -> None:
            while not over:
                await get(host, "/work")

        loads = [asyncio.create_task(load()) for _ in range(2)]
        await made.until(lambda: ready(made) >= 3)
        over = True
        await asyncio.gather(*loads)
        await made.until(lambda: ready(made) == 1)
        texts = made.events("SuccessfulRescale")
        assert texts[0].endswith("cpu resource utilization (percentage of request) above target")
        assert texts[-1] == "New size: 1; reason: All metrics below target"

    run(body, hpa_downscale_stabilization_s=3.0)


def test_no_request_is_lost_when_a_pod_with_pre_stop_ends() -> None:
    """The endpoint leaves before the process does: requests one after the other, none fails."""

    async def body(made: Plane) -> None:
        host = await served(made, lifecycle={"preStop": {"sleep": {"seconds": 1}}})
        answers: list[str | None] = []
        victim = made.store.objects.list("Pod")[0]["metadata"]["name"]
        made.store.apply(Delete("Pod", "default", victim), time.time())
        while made.pod(victim) is not None:
            answers.append(await get(host))
        assert len(answers) > 20
        assert None not in answers

    run(body)


def test_a_killed_pod_process_is_restarted_in_its_pod() -> None:
    """kill -9 from outside: the container says 137, restarts, and serves again."""

    async def body(made: Plane) -> None:
        host = await served(made, 1)
        kubelet = made.control._kubelet
        assert kubelet is not None
        ((_, worker),) = kubelet.running()
        assert worker.process is not None
        os.kill(worker.process.pid, signal.SIGKILL)
        await made.until(lambda: first(made.store.objects.list("Pod")[0])["restartCount"] == 1)
        status = first(made.store.objects.list("Pod")[0])
        assert status["lastState"]["terminated"]["exitCode"] == 137
        await made.until(lambda: ready(made) == 1)
        await made.until(lambda: get(host))

    run(body)


def test_a_killed_proxy_is_started_again() -> None:
    """The Service answers again, without anything else having changed."""

    async def body(made: Plane) -> None:
        host = await served(made, 1)
        proxy = made.control._proxy
        assert proxy is not None
        before = proxy.pid
        os.kill(before, signal.SIGKILL)
        await made.until(lambda: proxy.pid != before)
        await made.until(lambda: get(host))

    run(body)


def test_an_indexed_job_runs_its_shards() -> None:
    """Each pod prints its own index, all succeed, and the logs are there afterwards."""

    async def body(made: Plane) -> None:
        made_job = job(completions=3, parallelism=3, completionMode="Indexed", backoffLimit=0)
        container = made_job["spec"]["template"]["spec"]["containers"][0]
        container |= {"image": "tiny", "command": ["sh", "-c", "echo shard $JOB_COMPLETION_INDEX"]}
        made.create(made_job)
        await made.until(lambda: _job(made)["status"].get("succeeded") == 3)
        lines = [await made.log(p["metadata"]["name"]) for p in made.store.objects.list("Pod")]
        assert sorted(lines) == [b"shard 0\n", b"shard 1\n", b"shard 2\n"]

    run(body)


def _job(made: Plane) -> Object:
    return made.store.objects.get("Job", "default", "load") or {"status": {}}


def test_a_cluster_at_rest_writes_nothing() -> None:
    """Ready pods, nothing asked: there come three rounds of metrics, a second and more apart, without a change."""

    async def body(made: Plane) -> None:
        await served(made)
        rounds: dict[int, set[str]] = {}

        def at_rest() -> bool:
            seen = rounds.setdefault(made.store.version, set())
            seen.update(one["timestamp"] for one in made.control.pod_metrics())
            return len(seen) >= 3

        await made.until(at_rest)

    run(body)


def test_a_controllers_mistake_does_not_end_the_cluster() -> None:
    """An object that a controller cannot read is logged; others are served."""

    async def body(made: Plane) -> None:
        broken = deployment("broken")
        del broken["spec"]["template"]
        made.create(broken)
        made.create(pod("fine"))
        await made.until_ready("fine")
        found = made.store.objects.get("Deployment", "default", "broken") or {}
        made.store.apply(Update({**found, "spec": deployment("broken", 0)["spec"]}), time.time())

    run(body)


@pytest.mark.parametrize(
    ("made", "unreadable"),
    [(deployment("unreadable"), "template"), (job("unreadable"), "template"), (service("unreadable"), "selector")],
)
def test_one_unreadable_object_does_not_stop_others_of_its_kind(
    made: Object, unreadable: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The controller serves what comes after it in the list, and says once what it could not read."""
    world = World()
    world.create({**made, "spec": {**made["spec"], unreadable: 3}})
    world.create(deployment("web", replicas=1))
    world.create(job("load"))
    world.create(service("web"))
    world.run(5)
    assert len(pods_of(world, app="web")) == 1
    assert len(pods_of(world, **{"job-name": "load"})) == 1
    (found,) = [s for s in world.all("EndpointSlice") if s["metadata"]["labels"][NAME_LABEL] == "web"]
    assert len(found["endpoints"]) == 1
    assert [record.message for record in caplog.records if f"{made['kind']} default/unreadable" in record.message] != []
    assert len({record.message for record in caplog.records}) == len(caplog.records)
