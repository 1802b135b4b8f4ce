"""One cluster with the contract's workloads in a namespace of their own, watched from the first object on."""

import queue
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from autoscale.cluster.apply import fetch
from autoscale.cluster.client import Cluster, connect
from autoscale.cluster.kubeconfig import EMBEDDED
from autoscale.cluster.resources import path_of, resource_of
from autoscale.cluster.watch import Change, Watch
from tests.conftest import eventually

Object = dict[str, Any]
Found = TypeVar("Found")

WATCHED = ("Pod", "EndpointSlice", "HorizontalPodAutoscaler", "Event")
# The slowest point needs two rounds of housekeeping, scrape and sync; a busy machine doubles that.
PATIENCE_S = 240.0


@dataclass
class World:
    """``changes``: everything the watches heard so far, in order of arrival, per kind."""

    cluster: Cluster
    namespace: str
    changes: dict[str, list[Change]] = field(default_factory=lambda: {kind: [] for kind in WATCHED})

    def apply(self, *objects: Object) -> None:
        """Server-side apply."""
        for obj in objects:
            self.cluster.send(
                "PATCH",
                path_of(obj, self.namespace),
                obj,
                query={"fieldManager": "contract", "force": True},
                content_type="application/apply-patch+yaml",
            )

    def get(self, kind: str, name: str) -> Object:
        """One object."""
        return self.cluster.get(resource_of(kind).path(self.namespace, name))

    def pods(self, app: str) -> list[Object]:
        """The pods of one workload, oldest first."""
        items = self.cluster.list(resource_of("Pod").path(self.namespace), labelSelector=f"app={app}")["items"]
        return sorted(items, key=lambda pod: (pod["metadata"]["creationTimestamp"], pod["metadata"]["name"]))

    def events(self, kind: str, prefix: str) -> list[Object]:
        """Events about objects of a kind whose name begins so, in the order in which they were first heard."""
        found: dict[str, Object] = {}
        for change in list(self.changes["Event"]):
            about = change.object["involvedObject"]
            if about["kind"] == kind and about["name"].startswith(prefix):
                found[change.object["metadata"]["uid"]] = change.object
        return list(found.values())

    def history(self, kind: str, prefix: str) -> list[Change]:
        """Every change of the objects of a kind whose name begins so."""
        return [c for c in list(self.changes[kind]) if c.object["metadata"]["name"].startswith(prefix)]

    def condition(self, hpa: str, kind: str) -> Object | None:
        """A condition of an HPA."""
        conditions = (self.get("HorizontalPodAutoscaler", hpa).get("status") or {}).get("conditions") or []
        return next((one for one in conditions if one["type"] == kind), None)

    def until(self, look: Callable[[], Found | None], what: str) -> Found:
        """Wait until ``look`` gives something true."""
        return eventually(look, what, PATIENCE_S, every_s=0.25)


def plain(text: str) -> str:
    """A text without what differs by chance: hashes of pods, addresses, node names, durations."""
    text = re.sub(r"\b([a-z]+(?:-[a-z]+)*)-[0-9a-z]{6,10}-[a-z0-9]{5}(?![a-z0-9])", r"\1-<pod>", text)
    text = re.sub(r"\b\d{1,3}(\.\d{1,3}){3}\b", "<ip>", text)
    text = re.sub(r"_contract-[0-9a-f]+\([0-9a-f-]+\)", "_<namespace>(<uid>)", text)
    text = re.sub(r"contract-[0-9a-f]{8}", "<namespace>", text)
    return re.sub(r"\bin \d+(\.\d+)?m?s( \(\d+(\.\d+)?m?s including waiting\))?", "in <duration>", text)


@contextmanager
def opened(context: str, kubeconfig: Path, namespace: str, objects: list[Object]) -> Iterator[World]:
    """The world of one cluster; at the end the namespace goes and every watch ends."""
    with ExitStack() as stack:
        cluster = stack.enter_context(connect(context, kubeconfig))
        home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        cluster.send("POST", resource_of("Namespace").path(), home)
        stack.callback(cluster.send, "DELETE", resource_of("Namespace").path(None, namespace))
        world = World(cluster, namespace)
        for kind in WATCHED:
            stack.enter_context(_watched(world, kind))
        if context != EMBEDDED:  # whose pods mount nothing of it; elsewhere controllers make both a moment later
            eventually(lambda: _is_furnished(world), "the namespace's service account and authority")
        world.apply(*objects)
        yield world


def _is_furnished(world: World) -> bool:
    """Whether a namespace has what Kubernetes mounts into every pod."""
    mounted = (("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt"))
    return all(fetch(world.cluster, resource_of(kind).path(world.namespace, name)) for kind, name in mounted)


@contextmanager
def _watched(world: World, kind: str) -> Iterator[None]:
    watch = Watch(world.cluster, resource_of(kind), world.namespace)
    listening: queue.Queue[None] = queue.Queue()

    def listen() -> None:
        listening.put(None)
        for change in watch.changes():
            if isinstance(change, Change):
                world.changes[kind].append(change)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    listening.get()
    try:
        yield
    finally:
        watch.cancel()
        thread.join(timeout=20)
