"""The embedded cluster's speed: from nothing to two ready pods, and its own CPU while it holds 30 idle pods."""

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from autoscale.base.resources import manifests
from autoscale.cluster.apply import apply, run_labels
from autoscale.cluster.client import connect
from autoscale.cluster.kustomize.render import render
from autoscale.cluster.readiness import ready_replicas
from autoscale.cluster.resources import resource_of
from autoscale.embedded.addresses import claim_block
from autoscale.embedded.controlplane import ControlPlane
from autoscale.embedded.launch import process
from autoscale.embedded.settings import Settings
from autoscale.kube.kinds import Object
from autoscale.plane.store import Create, Store
from tests.conftest import eventually

HELD_S = 10.0
IDLE_PODS = 30


def run() -> list[tuple[str, str]]:
    """Rows of (what, figure)."""
    return [*_from_nothing(), *asyncio.run(_with_plane(_start)), *asyncio.run(_with_plane(_hold))]


def _from_nothing() -> list[tuple[str, str]]:
    """As a run does it: a process for the cluster, ``k8s/base`` applied through its API, until two pods are ready."""
    begin = time.monotonic()
    running = process.start(f"bench-{os.getpid()}")
    try:
        answers = time.monotonic() - begin
        with connect("embedded", running.kubeconfig) as cluster:
            objects = render(manifests() / "base", labels=run_labels("bench"), namespace="default")
            apply(cluster, objects, "default")
            web = resource_of("Deployment").path("default", "web")
            eventually(lambda: ready_replicas(cluster.get(web)) == 2, "two ready pods", every_s=0.02)
        ready = time.monotonic() - begin
    finally:
        running.stop()
    what = "embedded cluster: from nothing to 2 ready app pods of k8s/base"
    return [(what, f"{ready:.2f} s ({answers:.2f} s until the API answers)")]


async def _with_plane(measure: Callable[[ControlPlane], Awaitable[list[tuple[str, str]]]]) -> list[tuple[str, str]]:
    block = claim_block()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(node_cpu="64", node_memory="64Gi")
        plane = ControlPlane(Store(), settings, Path(folder), block)
        running = asyncio.create_task(plane.run())
        try:
            return await measure(plane)
        finally:
            running.cancel()
            await plane.stop()
            block.release()


async def _start(plane: ControlPlane) -> list[tuple[str, str]]:
    begin = time.monotonic()
    await _ready(plane, _deployment(2, ["python", "-m", "app"], admin=8081))
    return [("embedded cluster: Deployment applied to 2 ready app pods", f"{time.monotonic() - begin:.2f} s")]


async def _hold(plane: ControlPlane) -> list[tuple[str, str]]:
    """Idle pods that answer their probes (every 2 s) with the smallest of servers."""
    await _ready(plane, _deployment(IDLE_PODS, ["python", "-S", "-c", _SERVER], admin=8080))
    await asyncio.sleep(2)
    cpu, begin = time.process_time(), time.monotonic()
    await asyncio.sleep(HELD_S)
    share = (time.process_time() - cpu) / (time.monotonic() - begin)
    what = f"embedded cluster: own CPU with {IDLE_PODS} idle pods, probed every 2 s"
    return [(what, f"{100 * share:.1f} % of a core ({os.cpu_count()} cores)")]


async def _ready(plane: ControlPlane, deployment: Object) -> None:
    store, wanted = plane.store, deployment["spec"]["replicas"]
    store.apply(Create(deployment), time.time())
    while True:
        found = store.objects.get("Deployment", "default", "web")
        if found and found["status"].get("readyReplicas") == wanted:
            return
        await store.wait_change(store.version, 5)


def _deployment(replicas: int, command: list[str], admin: int) -> Object:
    fields = {"POD_IP": "status.podIP", "POD_NAME": "metadata.name"}
    probe = {"httpGet": {"path": "/healthz", "port": admin}, "periodSeconds": 2, "failureThreshold": 60}
    container = {
        "name": "web",
        "image": "autoscale-app:dev",
        "command": command,
        "env": [{"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in fields.items()],
        "resources": {"requests": {"cpu": "100m"}, "limits": {"cpu": "1"}},
        "startupProbe": {**probe, "periodSeconds": 1},
        "readinessProbe": probe,
    }
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
    }


_SERVER = """
import os, socket
listener = socket.create_server((os.environ["POD_IP"], 8080))
while True:
    connection, _ = listener.accept()
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n")
    connection.close()
"""
