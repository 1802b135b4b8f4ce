"""The StatefulSet controller: pods with ordered names, made one after the other and ended from the last.

Source of the rules: pkg/controller/statefulset (stateful_set_control.go) of Kubernetes 1.35.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from autoscale.kube.conditions import is_available, is_finished, is_ready, is_terminating
from autoscale.kube.kinds import Object
from autoscale.plane.controllers.common import changed_status, new_pod, next_available
from autoscale.plane.controllers.making import Maker, told_lately
from autoscale.plane.controllers.revisions import LABEL, History, forget, step_each, template_of
from autoscale.plane.store import Create, Delete, Emit, Objects, UpdateStatus, Write

COMPONENT = "statefulset-controller"
POD_NAME, INDEX = "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"


def step(objects: Objects, now: float) -> list[Write]:
    """One pass over all StatefulSets."""
    return step_each("StatefulSet", lambda *of: _Set(*of).sync(), Maker(COMPONENT, objects, now))


def next_due(objects: Objects, now: float) -> float | None:
    """When the next ready pod will count as available."""
    return next_available("StatefulSet", objects, now)


@dataclass(frozen=True)
class _Set:
    """One StatefulSet with its pods."""

    obj: Object
    pods: list[Object]
    past: History
    maker: Maker

    @property
    def _strategy(self) -> Object:
        found: Object = self.obj["spec"].get("updateStrategy") or {}
        return found

    def _ordinals(self) -> range:
        first = int((self.obj["spec"].get("ordinals") or {}).get("start", 0))
        return range(first, first + self.obj["spec"].get("replicas", 1))

    def _current(self) -> str:
        """The revision that the pods had before the present update; the present one where that is gone."""
        name = self.obj.get("status", {}).get("currentRevision", "")
        return name if self.past.find(name) else self._update()

    def _update(self) -> str:
        name: str = self.past.newest["metadata"]["name"]
        return name

    def sync(self) -> list[Write]:
        """Revisions, then the next thing to do with the pods, then the status."""
        done = list(self._act())
        used = {self._current(), self._update(), *map(_revision, self.pods)}
        return [*self.past.writes, *done, *self._status(), *forget(self.obj, self.past, used)]

    def _act(self) -> Iterator[Write]:
        """In order the missing are made, then from the last those too many and those of an older template ended; one
        at a time, unless ``podManagementPolicy`` is Parallel."""
        one_by_one = self.obj["spec"].get("podManagementPolicy", "OrderedReady") == "OrderedReady"
        named = {_ordinal(pod): pod for pod in self.pods}
        for ordinal in self._ordinals():
            writes = self._make(ordinal, named.get(ordinal))
            yield from writes
            if one_by_one and (writes or not self._is_healthy(named.get(ordinal))):
                return
        for ordinal in sorted(set(named) - set(self._ordinals()), reverse=True):
            if not is_terminating(named[ordinal]):
                yield from self._end(named[ordinal])
            if one_by_one:
                return
        if self._strategy.get("type", "RollingUpdate") == "RollingUpdate":
            yield from self._roll(named)

    def _make(self, ordinal: int, pod: Object | None) -> list[Write]:
        """The pod where it is missing; one that has ended for good is deleted, to be made anew."""
        if pod is not None:
            return self._end(pod) if is_finished(pod) and not is_terminating(pod) else []
        pod = self._pod(ordinal)
        taken, refused = self.maker.admit([pod])
        if not refused:
            return [Create(taken[0]), self._told(pod, "create")]
        lately = told_lately(self.obj, self.maker.objects, self.maker.now)
        return [] if lately else [self._told(pod, "create", refused.message)]

    def _pod(self, ordinal: int) -> Object:
        older = ordinal < self._ordinals().start + self._partition()
        revision = self.past.find(self._current() if older else self._update()) or self.past.newest
        name = f"{self.obj['metadata']['name']}-{ordinal}"
        pod = new_pod(self.obj, name, template_of(revision))
        labels = {POD_NAME: name, INDEX: str(ordinal), LABEL: revision["metadata"]["name"]}
        metadata = {**pod["metadata"], "labels": {**(pod["metadata"].get("labels") or {}), **labels}}
        metadata["generateName"] = f"{self.obj['metadata']['name']}-"
        service = self.obj["spec"].get("serviceName")
        named = {"hostname": name, **({"subdomain": service} if service else {})}
        return {**pod, "metadata": metadata, "spec": {**pod["spec"], **named}}

    def _partition(self) -> int:
        return int((self._strategy.get("rollingUpdate") or {}).get("partition") or 0)

    def _roll(self, named: dict[int, Object]) -> list[Write]:
        """From the last pod on: end the first of an older template, and wait for each to be ready again."""
        for ordinal in reversed(self._ordinals()[self._partition() :]):
            pod = named.get(ordinal)
            if pod and _revision(pod) != self._update() and not is_terminating(pod):
                return self._end(pod)
            if not self._is_healthy(pod):
                return []
        return []

    def _is_healthy(self, pod: Object | None) -> bool:
        return pod is not None and not is_terminating(pod) and self._is_available(pod)

    def _is_available(self, pod: Object) -> bool:
        return is_available(pod, int(self.obj["spec"].get("minReadySeconds") or 0), self.maker.now)

    def _end(self, pod: Object) -> list[Write]:
        metadata = pod["metadata"]
        return [Delete("Pod", metadata["namespace"], metadata["name"]), self._told(pod, "delete")]

    def _told(self, pod: Object, verb: str, why: str = "") -> Emit:
        about = f"{verb.title()} Pod {pod['metadata']['name']} in StatefulSet {self.obj['metadata']['name']}"
        kind, way, text = (
            ("Warning", "Failed", f"failed error: {why}") if why else ("Normal", "Successful", "successful")
        )
        return Emit(
            obj=self.obj, type=kind, reason=f"{way}{verb.title()}", message=f"{about} {text}", component=COMPONENT
        )

    def _status(self) -> list[Write]:
        lasting = [pod for pod in self.pods if not is_terminating(pod)]
        revisions, ready = [_revision(pod) for pod in lasting], sum(map(is_ready, self.pods))
        current, update = self._current(), self._update()
        updated = revisions.count(update)
        if self._strategy.get("type", "RollingUpdate") == "RollingUpdate" and updated == ready == len(self.pods):
            current = update
        counts = {
            "readyReplicas": ready,
            "currentReplicas": revisions.count(current),
            "updatedReplicas": updated,
        }
        status: dict[str, Any] = {
            "observedGeneration": self.obj["metadata"].get("generation", 1),
            "replicas": len(self.pods),
            **{name: count for name, count in counts.items() if count},
            "currentRevision": current,
            "updateRevision": update,
            "collisionCount": 0,
            "availableReplicas": sum(map(self._is_available, self.pods)),
        }
        return [UpdateStatus({**self.obj, "status": status})] if changed_status(self.obj, status) else []


def _ordinal(pod: Object) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])


def _revision(pod: Object) -> str:
    name: str = (pod["metadata"].get("labels") or {}).get(LABEL, "")
    return name
