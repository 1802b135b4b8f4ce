"""A cluster for runs in the tests' own process: the embedded API server and controllers, and pods that are imagined.

What a run does to it goes through the real door, over HTTP. Pods only say that they run; those of the load generator
say in their logs what a load of ten requests says. It stands where the embedded cluster stands (``Folder``), so that a
run takes it for the one that is running; a kubeconfig of another name makes it somebody's cluster.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

from autoscale.base.times import format_micro_time
from autoscale.embedded.apiserver.registry import Registry
from autoscale.embedded.apiserver.server import ApiServer
from autoscale.embedded.controlplane import config_of
from autoscale.embedded.launch.folder import Facts, Folder, make_folder, take_lock
from autoscale.embedded.settings import Settings
from autoscale.kube.kinds import Object
from autoscale.kube.statuses import StatusError
from autoscale.plane.loop import Loop
from autoscale.plane.store import Create
from autoscale.run.loadjobs import COMPONENT
from loadtest.histogram import bucket
from tests.embedded_api.harness import TOKEN, serving
from tests.plane.world import BLOCK, World

SECONDS, RATE = 2, 5
SCENARIO = f"""
name: short
load: {{plan: [{{name: only, duration: {SECONDS}s, rate: {RATE}}}]}}
requests: [{{name: work, path: /}}]
objectives: [errors < 1%]
embedded:
  preset: quick
  settings: {{hpa_sync_s: 0.1, hpa_cpu_initialization_s: 0, hpa_downscale_stabilization_s: 0, metric_resolution_s: 0.2}}
"""


class Imagined(World):
    """The cluster's inside, to be touched in its own thread only (``Door.inside``).

    ``going``: the load goes on until this is false, and ends at that moment. ``code``: what the load's containers exit
    with. ``silent``: the load generator never begins. ``metrics``: whether there are samples of the app's pods.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(start_s=0.0, end_s=0.0)
        self.loop = Loop(self.store, config_of(settings), self._kubelet, self.pod_metrics)
        self.outcome = self._load
        self.going = self.held = self.silent = False
        self.metrics = True
        self.code = 0
        self.begun = 0.0
        self.written: dict[str, list[bytes]] = {}
        self.over: set[str] = set()
        self.grown = asyncio.Event()
        self.now = time.time()
        for name in ("default", "shop"):
            self.create({"kind": "Namespace", "metadata": {"name": name}})

    async def drive(self) -> None:
        """Controllers and kubelet, on every change and now and again."""
        while True:
            self.now = time.time()
            self.loop.run(self.now)
            await self.store.wait_change(self.store.version, 0.05)

    def _load(self, pod: Object) -> int | None:
        """The load generator: it says that it begins, and once nothing holds it, that it ends."""
        role = (pod["metadata"].get("labels") or {}).get(COMPONENT)
        name = pod["metadata"]["name"]
        if role not in ("master", "worker"):
            return None
        if name not in self.written:
            self.begun = self.begun or self.now
            self.say(name, *([] if self.silent else rows(role, self.begun, name)))
            return None
        if self.going:
            self.held = True
            return None
        if name not in self.over and role == "master" and not self.code and not self.silent:
            self.say(name, mark("load-end", self.now if self.held else self.begun + SECONDS, name, 1))
        self.over.add(name)
        self._wake()
        return self.code

    def _end(self, pod: Object, code: int) -> None:
        self.over.add(pod["metadata"]["name"])
        self._wake()
        super()._end(pod, code)

    def say(self, pod: str, *said: dict[str, Any] | str) -> None:
        """Lines of a pod's log."""
        lines = self.written.setdefault(pod, [])
        for one in said:
            stamp = format_micro_time(self.now + len(lines) * 1e-5)
            lines.append(f"{stamp} {one if isinstance(one, str) else json.dumps(one)}\n".encode())
        self._wake()

    def _wake(self) -> None:
        self.grown.set()
        self.grown = asyncio.Event()

    async def logs(self, namespace: str, pod: str, container: str, *, follow: bool, **_: Any) -> AsyncIterator[bytes]:
        """What a pod has said; with ``follow`` until it has ended."""
        read = 0
        while True:
            grown = self.grown
            for line in self.written.get(pod, [])[read:]:
                read += 1
                yield line
            if not follow or pod in self.over:
                return
            await grown.wait()

    def pod_metrics(self) -> list[Object]:
        """Each app pod uses 10m of CPU."""
        pods = [pod for pod in self.all("Pod") if self.metrics and pod["status"]["phase"] == "Running"]
        usage = {"cpu": "10m", "memory": "10Mi"}
        return [
            {
                "kind": "PodMetrics",
                "metadata": {name: pod["metadata"].get(name) for name in ("name", "namespace", "labels")},
                "timestamp": format_micro_time(self.now),
                "window": "0.1s",
                "containers": [{"name": one["name"], "usage": usage} for one in pod["spec"]["containers"]],
            }
            for pod in pods
        ]

    def node_metrics(self) -> list[Object]:
        """Nobody asks."""
        return []


class Guarded(ApiServer):
    """The API server with faults: ``denied`` are rights (``list events``) that nobody has, ``away`` answers 503 to
    all, and what ``refuses(method, path)`` is refused."""

    def __init__(self, registry: Registry, node: Any) -> None:
        super().__init__(registry, node, TOKEN)
        self.denied: set[str] = set()
        self.refuses: Callable[[str, str], int | None] = lambda _method, _path: None
        self.asked: list[tuple[str, str]] = []

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.path))
        if code := self.refuses(request.method, request.path):
            raise StatusError(code, {403: "Forbidden", 404: "NotFound"}.get(code, "Refused"), f"no {request.path}")
        if request.path.endswith("/selfsubjectaccessreviews"):
            review = await request.json()
            what = review["spec"]["resourceAttributes"]
            if f"{what['verb']} {what['resource']}" in self.denied:
                return web.json_response({**review, "status": {"allowed": False}}, status=201)
        return await super()._handle(request)


@dataclass
class Door:
    """A running imagined cluster, from outside."""

    folder: Folder
    cluster: Imagined
    api: Guarded
    loop: asyncio.AbstractEventLoop
    lock: int

    @property
    def kubeconfig(self) -> Path:
        """Its kubeconfig; the context is ``embedded``."""
        return self.folder.kubeconfig

    def inside(self, act: Callable[[Imagined], Any]) -> Any:
        """Do something in the cluster's thread; what it returns."""

        async def do() -> Any:
            return act(self.cluster)

        return asyncio.run_coroutine_threadsafe(do(), self.loop).result(60)

    def create(self, *objects: Object) -> None:
        """Objects of somebody's."""
        for obj in objects:
            self.inside(lambda cluster, obj=obj: cluster.store.apply(Create(obj), cluster.now))

    def names(self, kind: str, namespace: str = "default") -> list[str]:
        """Names of the objects of a kind."""
        found = self.inside(lambda cluster: cluster.store.objects.list(kind, namespace))
        return [obj["metadata"]["name"] for obj in found]

    def status(self, kind: str, name: str, namespace: str = "default") -> Object:
        """The status of an object."""
        found = self.inside(lambda cluster: cluster.store.objects.get(kind, namespace, name))
        return dict((found or {}).get("status") or {})

    def die(self) -> None:
        """From now on the embedded cluster counts as dead."""
        os.close(self.lock)
        self.lock = -1

    def named(self, name: str) -> Path:
        """A kubeconfig in which it is somebody's cluster, of this name."""
        config = yaml.safe_load(self.kubeconfig.read_text())
        config["contexts"][0]["name"] = config["current-context"] = name
        path = self.folder.path / f"{name}.yaml"
        path.write_text(yaml.safe_dump(config))
        return path


@contextmanager
def imagined(
    folder: Folder, settings: Settings, *, bound: bool = False, kind: type[Guarded] = Guarded
) -> Iterator[Door]:
    """An imagined cluster that holds the folder of an embedded one. ``kind``: what its API server is."""
    make_folder(folder)
    lock = take_lock(folder)
    assert lock is not None
    folder.settings.write_text(settings.to_json())
    cluster = Imagined(settings)
    api = kind(Registry(cluster.store, BLOCK), cluster)
    with serving(folder, api) as (url, loop, _):
        folder.write_facts(Facts(os.getpid(), url, cluster.now, "127.99.0.0/16", bound))
        driving = asyncio.run_coroutine_threadsafe(cluster.drive(), loop)
        try:
            yield (door := Door(folder, cluster, api, loop, lock))
            assert not driving.done(), driving.exception()
        finally:
            driving.cancel()
            if door.lock >= 0:
                door.die()


def mark(name: str, at: float, clk: str, seq: int, **about: Any) -> dict[str, Any]:
    """A moment, as the load master tells it."""
    return {"k": "mark", "name": name, "at": at, "clk": clk, "seq": seq, **about}


def rows(role: str, now: float, clk: str) -> list[dict[str, Any]]:
    """What a pod of the load generator says as the load begins: the master its beginning, the worker each second."""
    if role == "master":
        return [mark("load-start", now, clk, 0)]
    one = {"planned": RATE, "sent": RATE, "answered": RATE, "failed": {}, "dropped": 0, "in_flight": 0, "cpu_s": 0.1}
    answers = {"0": {str(bucket(0.02)): RATE}}
    more = {"shard": 0, "clk": clk, "pod": clk, "lag": {str(bucket(0.001)): RATE}, "by_pod": {}}
    return [
        {"k": "load", "seq": second, "at": now + second, **one, **more, "response": answers, "service": answers}
        for second in range(SECONDS)
    ]
