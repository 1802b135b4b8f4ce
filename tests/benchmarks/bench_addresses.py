"""What addresses of pods' own cost (``Settings.own_addresses``): the same with and without them, in turns."""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from autoscale.embedded.addresses import claim_block
from autoscale.embedded.controlplane import ControlPlane
from autoscale.embedded.settings import Settings
from autoscale.kube.kinds import Object
from autoscale.plane.store import Create, Store

TURNS, PODS, KEPT, NEW = 5, 16, 4000, 800
_BINDS = 'import os, socket; socket.create_server((os.environ["POD_IP"], 8080))'
_SERVES = """
import os, socket, threading
listener = socket.create_server((os.environ["POD_IP"], 8080), backlog=512)
def serve(connection):
    while connection.recv(4096):
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""
_ASKS = f"""
import socket, sys, time
def ask(connection):
    connection.sendall(b"GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
    connection.recv(4096)
place = sys.argv[1], 80
while True:
    try:
        one = socket.create_connection(place)
        break
    except OSError:
        time.sleep(0.05)
begin = time.perf_counter()
for _ in range({KEPT}):
    ask(one)
between = time.perf_counter()
for _ in range({NEW}):
    with socket.create_connection(place) as other:
        ask(other)
print({KEPT} / (between - begin), {NEW} / (time.perf_counter() - between))
"""
Figures = dict[str, float]


def run() -> list[tuple[str, str]]:
    """Rows of (what, figure): the median of the turns' ratios, with the medians of both sides."""
    turns = [(asyncio.run(_turn(own=True)), asyncio.run(_turn(own=False))) for _ in range(TURNS)]
    return [(f"own addresses against shared ones: {what}", _shown(what, turns)) for what in turns[0][0]]


def _shown(what: str, turns: list[tuple[Figures, Figures]]) -> str:
    with_, without = (statistics.median(side[what] for side in sides) for sides in zip(*turns, strict=True))
    ratio = statistics.median(own[what] / shared[what] for own, shared in turns)
    return f"{ratio:.2f} ({with_:,.4g} against {without:,.4g})"


async def _turn(*, own: bool) -> Figures:
    """All figures, each part on a cluster of its own; the CPU of a part is that of all its processes."""
    found: Figures = {}
    for name, part in ((f"{PODS} pods that bind", _bind), (f"{2 * (KEPT + NEW)} requests", _ask)):
        before = sum(os.times()[:4])
        async with _plane(own=own) as plane:
            found |= await part(plane)
        found[f"CPU of everything for {name}, s"] = sum(os.times()[:4]) - before
    return found


async def _bind(plane: ControlPlane) -> Figures:
    """Pods from their creation to their end."""
    begin, cpu = time.monotonic(), time.process_time()
    for number in range(PODS):
        _create(plane, _pod(f"binds-{number}", _BINDS, "Never"))
    await _until(plane, lambda: _ended(plane) == PODS)
    return {
        f"start to end of {PODS} pods that bind, s": time.monotonic() - begin,
        f"the cluster's own CPU for {PODS} pods that bind, s": time.process_time() - cpu,
    }


async def _ask(plane: ControlPlane) -> Figures:
    """Requests through a Service to a pod, from outside and from another pod."""
    assert plane.block is not None
    address = str(plane.block.services[99])
    ports = [{"port": 80, "targetPort": 8080, "protocol": "TCP"}]
    spec = {"clusterIP": address, "selector": {"app": "web"}, "ports": ports}
    _create(plane, {"kind": "Service", "metadata": {"name": "web", "namespace": "default"}, "spec": spec})
    _create(plane, _pod("web", _SERVES, "Always", app="web"))
    await _until(plane, lambda: plane.store.objects.list("EndpointSlice") != [])
    asking = await asyncio.create_subprocess_exec(
        sys.executable, "-S", "-c", _ASKS, address, stdout=asyncio.subprocess.PIPE
    )
    outside = [float(one) for one in (await asking.communicate())[0].split()]
    _create(plane, _pod("asks", _ASKS, "Never", address))
    await _until(plane, lambda: _phase(plane, "asks") == "Succeeded")
    inside = [float(one) async for chunk in plane.logs("default", "asks", "web") for one in chunk.split()]
    return {
        "requests/s through a Service, kept connection": outside[0],
        "requests/s through a Service, new connections": outside[1],
        "requests/s from a pod, kept connection": inside[0],
        "requests/s from a pod, new connections": inside[1],
    }


@asynccontextmanager
async def _plane(*, own: bool) -> AsyncIterator[ControlPlane]:
    block = claim_block()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(node_cpu="64", node_memory="64Gi", own_addresses=own)
        plane = ControlPlane(Store(), settings, Path(folder), block)
        running = asyncio.create_task(plane.run())
        try:
            await _until(plane, lambda: plane.store.objects.list("Node") != [])
            yield plane
        finally:
            running.cancel()
            await plane.stop()
            block.release()


async def _until(plane: ControlPlane, holds: Callable[[], bool]) -> None:
    while not holds():
        await plane.store.wait_change(plane.store.version, 5)


def _ended(plane: ControlPlane) -> int:
    return sum(one["status"].get("phase") == "Succeeded" for one in plane.store.objects.list("Pod"))


def _phase(plane: ControlPlane, name: str) -> str | None:
    found = plane.store.objects.get("Pod", "default", name)
    return found["status"].get("phase") if found else None


def _create(plane: ControlPlane, obj: Object) -> None:
    plane.store.apply(Create(obj), time.time())


def _pod(name: str, program: str, policy: str, *arguments: str, **labels: str) -> Object:
    env = [{"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]
    command = ["python", "-S", "-c", program, *arguments]
    container = {"name": "web", "image": "autoscale-app:dev", "command": command, "env": env}
    spec = {"containers": [container], "restartPolicy": policy, "terminationGracePeriodSeconds": 0}
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "default", "labels": labels},
        "spec": spec,
    }
