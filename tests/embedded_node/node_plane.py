"""A real control plane for tests: pods are processes, periods are short; nothing may be left behind."""

import asyncio
import contextlib
import inspect
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from autoscale.embedded.addresses import claim_block
from autoscale.embedded.controlplane import ControlPlane
from autoscale.embedded.kubelet.reaper import is_alive, marked
from autoscale.embedded.settings import Image, Settings, quick
from autoscale.kube.kinds import Object
from autoscale.plane.store import Create, Store, Update

T = TypeVar("T")
DEADLINE_S = 30.0

SERVER = """
import http.server, os, signal, socket, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = os.environ["POD_NAME"].encode()
        if self.path == "/drop":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if self.path == "/work":
            sum(i * i for i in range(200_000))
        self.send_response(503 if os.path.exists(os.environ["HOME"] + "/unready") and self.path == "/ready" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        print("served", self.path, flush=True)
signal.signal(signal.SIGTERM, lambda *a: (print("told to end", flush=True), os._exit(0)))
print("listening", flush=True)
http.server.ThreadingHTTPServer((os.environ["POD_IP"], 8080), Handler).serve_forever()
"""


class Plane:
    """A running control plane and ways to wait for what it does."""

    def __init__(self, control: ControlPlane) -> None:
        self.control = control
        self.store = control.store

    @property
    def block_ip(self) -> str:
        """A cluster IP that is free."""
        assert self.control.block is not None
        return str(self.control.block.services[99])

    @property
    def mark(self) -> str:
        """What every process of this cluster carries in its environment."""
        kubelet = self.control._kubelet
        assert kubelet is not None
        return kubelet.node.cluster

    def create(self, obj: Object) -> None:
        """Create an object."""
        self.store.apply(Create(obj), time.time())

    def update(self, obj: Object) -> None:
        """Update an object."""
        self.store.apply(Update(obj), time.time())

    def pod(self, name: str) -> Object | None:
        """A pod of the default namespace."""
        return self.store.objects.get("Pod", "default", name)

    def events(self, reason: str) -> list[str]:
        """Messages of the events with that reason."""
        return [e["message"] for e in self.store.objects.list("Event") if e["reason"] == reason]

    async def until(
        self, what: Callable[[], T | bool | Awaitable[T | bool | None] | None], deadline_s: float = DEADLINE_S
    ) -> T:
        """Wait for something that is true; AssertionError with the pods' states after the deadline."""
        end = time.monotonic() + deadline_s
        while True:
            found = what()
            if inspect.isawaitable(found):
                found = await found
            if found:
                return found  # type: ignore[return-value]
            states = [(p["metadata"]["name"], p["status"]) for p in self.store.objects.list("Pod")]
            assert time.monotonic() < end, f"not in {deadline_s} s: {states}"
            await asyncio.sleep(0.02)

    async def until_ready(self, name: str) -> Object:
        """Wait for a pod to be ready."""
        await self.until(lambda: conditions(self.pod(name)).get("Ready") == "True")
        found = self.pod(name)
        assert found is not None
        return found

    async def until_ended(self, name: str) -> Object:
        """Wait for a pod's first container to have terminated; its state."""

        def ended() -> Object | None:
            found: Object | None = first(self.pod(name))["state"].get("terminated")
            return found

        return await self.until(ended)

    async def log(self, name: str, **selection: Any) -> bytes:
        """The log of a pod's container."""
        chunks = self.control.logs("default", name, "web", **selection)
        return b"".join([chunk async for chunk in chunks])

    def processes(self) -> list[int]:
        """Living processes of this cluster's pods and helpers."""
        return [pid for pid in marked(self.mark) if is_alive(pid)]


@contextlib.asynccontextmanager
async def plane(**settings: Any) -> AsyncIterator[Plane]:
    """Start a control plane; stop it, and see that no process and no folder of it is left."""
    block = claim_block()
    images = {"tiny": Image(path=os.path.dirname(os.sys.executable))}  # type: ignore[attr-defined]
    chosen = replace(quick(Settings(node_cpu="16", images=images)), **settings)
    with tempfile.TemporaryDirectory() as folder:
        control = ControlPlane(Store(), chosen, Path(folder), block)
        control.start()
        made = Plane(control)
        mark = made.mark
        try:
            yield made
            for task in control._tasks:
                assert not task.done(), task.exception()
        finally:
            await control.stop()
            block.release()
        assert [pid for pid in marked(mark) if is_alive(pid)] == []
        assert list(Path(folder).iterdir()) == []
    assert cgroups_of(mark) == []


def cgroups_of(mark: str) -> list[Path]:
    """The cgroups of a cluster. (Others come and go meanwhile: os.walk does not mind.)"""
    name = f"autoscale-embedded-{mark}"
    return [Path(at) / name for at, folders, _ in os.walk("/sys/fs/cgroup") if name in folders]


def pod(name: str = "p", command: list[str] | None = None, policy: str = "Always", **fields: Any) -> Object:
    """A pod of one container ``web``; by default the HTTP server. ``spec`` are more fields of the pod."""
    env = {"POD_NAME": "metadata.name", "POD_IP": "status.podIP"}
    container = {
        "name": "web",
        "image": "tiny:1",
        "command": command or ["python", "-S", "-c", SERVER],
        "env": [{"name": key, "valueFrom": {"fieldRef": {"fieldPath": path}}} for key, path in env.items()],
        **{key: value for key, value in fields.items() if key != "spec"},
    }
    spec = {
        "restartPolicy": policy,
        "containers": [container],
        "terminationGracePeriodSeconds": 5,
        **fields.get("spec", {}),
    }
    return {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name, "namespace": "default"}, "spec": spec}


def shell(name: str, script: str, policy: str = "Never", **fields: Any) -> Object:
    """A pod that runs a shell script."""
    return pod(name, ["sh", "-c", script], policy, **fields)


def conditions(obj: Object | None) -> dict[str, str]:
    """{type: status}"""
    return {c["type"]: c["status"] for c in (obj or {}).get("status", {}).get("conditions") or []}


def first(obj: Object | None) -> Object:
    """The status of the first container; empty states before there is one."""
    found = (obj or {}).get("status", {}).get("containerStatuses") or [
        {"state": {}, "lastState": {}, "restartCount": 0}
    ]
    return dict(found[0])


def http_probe(path: str = "/ready", **fields: Any) -> Object:
    """A probe of the server, every second."""
    return {"httpGet": {"path": path, "port": 8080}, "periodSeconds": 1, "failureThreshold": 1, **fields}
