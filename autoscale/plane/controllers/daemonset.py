"""The DaemonSet controller: one pod on every node that its template selects.

Source of the rules: pkg/controller/daemon (daemon_controller.go, update.go) of Kubernetes 1.35.
"""

from dataclasses import dataclass
from typing import Any

from autoscale.kube.conditions import is_available, is_finished, is_ready, is_terminating
from autoscale.kube.kinds import Object
from autoscale.plane.controllers.common import changed_status, fresh_names, new_pod, next_available
from autoscale.plane.controllers.making import Maker
from autoscale.plane.controllers.revisions import LABEL, History, digest_of, forget, step_each
from autoscale.plane.controllers.rollout import resolved
from autoscale.plane.scheduler import node_of, pinned
from autoscale.plane.store import Delete, Emit, Objects, UpdateStatus, Write

COMPONENT = "daemonset-controller"


def step(objects: Objects, now: float) -> list[Write]:
    """One pass over all DaemonSets."""
    return step_each("DaemonSet", lambda *of: _Set(*of).sync(), Maker(COMPONENT, objects, now))


def next_due(objects: Objects, now: float) -> float | None:
    """When the next ready pod will count as available."""
    return next_available("DaemonSet", objects, now)


@dataclass(frozen=True)
class _Set:
    """One DaemonSet with its pods."""

    obj: Object
    pods: list[Object]
    past: History
    maker: Maker

    def sync(self) -> list[Write]:
        """Revisions, pods made and ended, the status."""
        wanted = self._nodes()
        used = {f"{self.obj['metadata']['name']}-{_revision(pod)}" for pod in self.pods}
        newest = self.past.newest["metadata"]["name"]
        gone = forget(self.obj, self.past, {newest, *used})
        return [*self.past.writes, *self._manage(wanted), *self._status(wanted), *gone]

    def _nodes(self) -> list[str]:
        selector = (self.obj["spec"]["template"]["spec"].get("nodeSelector") or {}).items()
        nodes = self.maker.objects.list("Node")
        return [n["metadata"]["name"] for n in nodes if selector <= (n["metadata"].get("labels") or {}).items()]

    def _on(self, node: str) -> list[Object]:
        return [pod for pod in self.pods if node_of(pod) == node]

    def _manage(self, wanted: list[str]) -> list[Write]:
        writes: list[Write] = []
        for pod in self.pods:
            if not is_terminating(pod) and (is_finished(pod) or node_of(pod) not in wanted):
                writes += self._end(pod)
        missing = [node for node in wanted if not self._on(node)]
        names = fresh_names(self.obj, "Pod", len(missing), self.maker.objects)
        made, _ = self.maker.make(self.obj, [self._pod(*pair) for pair in zip(names, missing, strict=True)])
        return [*writes, *made, *([] if writes or made else self._roll(wanted))]

    def _pod(self, name: str, node: str) -> Object:
        pod = new_pod(self.obj, name, self.obj["spec"]["template"])
        labels = {LABEL: digest_of(self.past.newest), "pod-template-generation": "1"}
        metadata = {**pod["metadata"], "labels": {**(pod["metadata"].get("labels") or {}), **labels}}
        return {**pod, "metadata": metadata, "spec": pinned(pod["spec"], node)}

    def _roll(self, wanted: list[str]) -> list[Write]:
        """End pods of an older template, as many as may be unavailable; the unavailable among them first."""
        strategy = self.obj["spec"].get("updateStrategy") or {}
        if strategy.get("type", "RollingUpdate") != "RollingUpdate":
            return []
        most = resolved((strategy.get("rollingUpdate") or {}).get("maxUnavailable", 1), len(wanted), up=True)
        old = [pod for pod in self.pods if _revision(pod) != digest_of(self.past.newest) and not is_terminating(pod)]
        down = sum(not any(self._is_available(pod) for pod in self._on(node)) for node in wanted)
        broken = [pod for pod in old if not self._is_available(pod)]
        others = [pod for pod in old if pod not in broken][: max(0, most - down)]
        return [write for pod in [*broken, *others] for write in self._end(pod)]

    def _is_available(self, pod: Object) -> bool:
        ready_s = int(self.obj["spec"].get("minReadySeconds") or 0)
        return not is_terminating(pod) and is_available(pod, ready_s, self.maker.now)

    def _end(self, pod: Object) -> list[Write]:
        metadata = pod["metadata"]
        text = f"Deleted pod: {metadata['name']}"
        told = Emit(obj=self.obj, type="Normal", reason="SuccessfulDelete", message=text, component=COMPONENT)
        return [Delete("Pod", metadata["namespace"], metadata["name"]), told]

    def _status(self, wanted: list[str]) -> list[Write]:
        on = {node: self._on(node) for node in wanted}
        newest = digest_of(self.past.newest)
        available = sum(any(map(self._is_available, pods)) for pods in on.values())
        counts = {
            "updatedNumberScheduled": sum(any(_revision(p) == newest for p in pods) for pods in on.values()),
            "numberAvailable": available,
            "numberUnavailable": len(wanted) - available,
        }
        status: dict[str, Any] = {
            "currentNumberScheduled": sum(map(bool, on.values())),
            "numberMisscheduled": sum(node_of(pod) not in on for pod in self.pods),
            "desiredNumberScheduled": len(wanted),
            "numberReady": sum(any(map(is_ready, pods)) for pods in on.values()),
            "observedGeneration": self.obj["metadata"].get("generation", 1),
            **{name: count for name, count in counts.items() if count},
        }
        return [UpdateStatus({**self.obj, "status": status})] if changed_status(self.obj, status) else []


def _revision(pod: Object) -> str:
    digest: str = (pod["metadata"].get("labels") or {}).get(LABEL, "")
    return digest
