"""A cluster under a virtual clock: the real store and controllers, and a kubelet that only writes statuses."""

from collections.abc import Callable
from typing import Any

from autoscale.base.times import parse_time
from autoscale.embedded.addresses import Block
from autoscale.embedded.kubelet.node import node_object
from autoscale.embedded.settings import Settings
from autoscale.hpa.config import Config
from autoscale.kube.kinds import Object
from autoscale.plane.loop import Loop
from autoscale.plane.podstatus import ContainerState, Placement, pod_status, running, terminated
from autoscale.plane.store import Create, Remove, Store, Update, UpdateStatus

START = 1_800_000_000.0
BLOCK = Block(99)
Outcome = Callable[[Object], int | None]


def never_ends(pod: Object) -> int | None:
    """Containers run on."""
    return None


class World:
    """``start_s``: from bound to ready; ``end_s``: from deletion to gone; ``broken``: pods of that image never get
    ready; ``outcome``: a pod's exit code, or None while it runs."""

    def __init__(self, *, cpu: str = "8", start_s: float = 2.0, end_s: float = 1.0) -> None:
        self.store = Store(seed=1)
        self.now = START
        self.start_s, self.end_s = start_s, end_s
        self.broken: set[str] = set()
        self.outcome: Outcome = never_ends
        self.loop = Loop(self.store, Config(release="1.35"), self._kubelet)
        self.store.apply(Create(node_object(Settings(node_cpu=cpu), BLOCK, self.now)), self.now)
        self._address = 0

    def create(self, obj: Object) -> Object:
        """Create an object; its settled form."""
        made = self.store.apply(Create(obj), self.now)
        assert made is not None
        return made

    def get(self, kind: str, name: str) -> Object:
        """An object of the default namespace that must be there."""
        found = self.store.objects.get(kind, "default", name)
        assert found is not None, f"no {kind} {name}"
        return found

    def all(self, kind: str) -> list[Object]:
        """All objects of a kind."""
        return self.store.objects.list(kind)

    def change(self, kind: str, name: str, **spec: Any) -> None:
        """Change fields of a spec."""
        obj = self.get(kind, name)
        self.store.apply(Update({**obj, "spec": {**obj["spec"], **spec}}), self.now)

    def run(self, seconds: float = 0.0, every: Callable[[], None] = lambda: None) -> None:
        """Let virtual time pass, second by second; ``every`` is called after each."""
        end = self.now + seconds
        while True:
            self.settle()
            every()
            if self.now >= end:
                return
            self.now += 1.0

    def settle(self) -> None:
        """All that is due. A controller that never rests, fails or is refused a write fails here."""
        assert self.loop.run(self.now), "the controllers do not come to rest"
        assert self.loop.failures == set()

    def events(self, reason: str) -> list[str]:
        """The messages of all events with that reason, in their order."""
        found = [e for e in self.all("Event") if e["reason"] == reason]
        return [e["message"] for e in sorted(found, key=lambda e: int(e["metadata"]["resourceVersion"]))]

    def _kubelet(self, now: float) -> None:
        for pod in self.all("Pod"):
            if not pod["spec"].get("nodeName"):
                continue
            self._place(pod)
            ended = pod["metadata"].get("deletionTimestamp")
            grace = pod["metadata"].get("deletionGracePeriodSeconds", 0)
            if ended and self.now >= parse_time(ended) - grace + self.end_s:
                self._end(pod, 143)
            elif not ended and pod["status"]["phase"] in ("Pending", "Running"):
                self._follow(pod)

    def _place(self, pod: Object) -> None:
        if not pod["status"].get("podIP"):
            self._address += 1
            self._write(pod, [ContainerState(c["name"]) for c in pod["spec"]["containers"]])

    def _follow(self, pod: Object) -> None:
        code = self.outcome(pod)
        if code is not None:
            self._write(pod, [_ended(c["name"], code, self.now) for c in pod["spec"]["containers"]])
            return
        born = parse_time(pod["metadata"]["creationTimestamp"])
        image = pod["spec"]["containers"][0]["image"]
        ready = self.now >= born + self.start_s and image not in self.broken
        self._write(pod, [ContainerState(c["name"], running(born), {}, ready, True) for c in pod["spec"]["containers"]])

    def _end(self, pod: Object, code: int) -> None:
        self._write(pod, [_ended(c["name"], code, self.now) for c in pod["spec"]["containers"]])
        current = self.get("Pod", pod["metadata"]["name"])
        if not current["metadata"].get("finalizers"):
            self.store.apply(Remove("Pod", "default", pod["metadata"]["name"]), self.now)

    def _write(self, pod: Object, containers: list[ContainerState]) -> None:
        current = self.get("Pod", pod["metadata"]["name"])
        address = current["status"].get("podIP") or f"127.99.128.{self._address}"
        place = Placement(address, BLOCK.node_ip, parse_time(pod["metadata"]["creationTimestamp"]))
        status = pod_status(current, [], containers, place, self.now)
        if status != current["status"]:
            self.store.apply(UpdateStatus({**current, "status": status}), self.now)


def _ended(name: str, code: int, now: float) -> ContainerState:
    return ContainerState(name, terminated(code, "Error" if code else "Completed", now, now, "x"), final=True)


def container(image: str = "autoscale-app:v1", **fields: Any) -> Object:
    """A container that asks for 100m."""
    return {"name": "web", "image": image, "resources": {"requests": {"cpu": "100m"}}} | fields


def deployment(name: str = "web", replicas: int = 2, image: str = "autoscale-app:v1", **spec: Any) -> Object:
    """A Deployment, with the API server's defaults where they matter."""
    labels = {"app": name}
    return {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": template(labels, container(image)),
            "progressDeadlineSeconds": 600,
            **spec,
        },
    }


def template(labels: dict[str, str], *containers: Object, **spec: Any) -> Object:
    """A pod template."""
    return {"metadata": {"labels": labels}, "spec": {"containers": list(containers), **spec}}


def job(name: str = "load", **spec: Any) -> Object:
    """A Job of one container that is never restarted in place."""
    made = template({}, container("autoscale-load:v1"), restartPolicy="Never")
    return {
        "kind": "Job",
        "apiVersion": "batch/v1",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"parallelism": 1, "completions": 1, "backoffLimit": 6, "template": made, **spec},
    }


def service(name: str = "web", **spec: Any) -> Object:
    """A Service on port 80 to the port named ``http``."""
    ports = [{"port": 80, "targetPort": 8080, "protocol": "TCP"}]
    made = {"clusterIP": "127.99.0.10", "selector": {"app": name}, "ports": ports, **spec}
    return {"kind": "Service", "apiVersion": "v1", "metadata": {"name": name, "namespace": "default"}, "spec": made}


def pods_of(world: World, **labels: str) -> list[Object]:
    """Pods with these labels that are not being deleted."""
    return [
        p
        for p in world.all("Pod")
        if labels.items() <= p["metadata"].get("labels", {}).items() and not p["metadata"].get("deletionTimestamp")
    ]
