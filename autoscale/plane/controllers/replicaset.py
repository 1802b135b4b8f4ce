"""The ReplicaSet controller: as many pods as asked for, and the one to delete that hurts least."""

import math
from typing import Any

from autoscale.base.times import parse_time
from autoscale.kube.conditions import condition, is_active, is_available, is_ready, is_terminating, set_condition
from autoscale.kube.kinds import Object
from autoscale.kube.statuses import StatusError
from autoscale.plane.controllers.claims import claimed, nobodys
from autoscale.plane.controllers.common import BURST, by_owner, changed_status, fresh_names, guarded, new_pod
from autoscale.plane.controllers.making import Maker
from autoscale.plane.store import Delete, Emit, Objects, UpdateStatus, Write

COMPONENT = "replicaset-controller"


def step(objects: Objects, now: float) -> list[Write]:
    """One pass over all ReplicaSets."""
    pods, free = by_owner(objects, "Pod"), nobodys(objects)
    writes: list[Write] = []
    maker = Maker(COMPONENT, objects, now)
    for replica_set in objects.list("ReplicaSet"):
        active = [pod for pod in pods.get(replica_set["metadata"]["uid"], []) if is_active(pod)]
        with guarded(replica_set):
            ending = is_terminating(replica_set)
            active, claims = (active, []) if ending else claimed(replica_set, active, free)
            writes += claims
            managed, refused = ([], None) if ending else _manage(replica_set, active, maker)
            writes += [*managed, *_status(replica_set, active, now, refused)]
    return writes


def next_due(objects: Objects, now: float) -> float | None:
    """When the next pod has been ready for long enough."""
    pods = by_owner(objects, "Pod")
    waits = [
        (pod, wait)
        for owner in objects.list("ReplicaSet")
        if (wait := owner["spec"].get("minReadySeconds", 0))
        for pod in pods.get(owner["metadata"]["uid"], [])
    ]
    moments = (
        parse_time(ready["lastTransitionTime"]) + wait
        for pod, wait in waits
        if (ready := condition(pod, "Ready")) and ready["status"] == "True"
    )
    return min((at for at in moments if at > now), default=None)


def _manage(replica_set: Object, active: list[Object], maker: Maker) -> tuple[list[Write], StatusError | None]:
    """The writes, and why a pod could not be made."""
    surplus = len(active) - replica_set["spec"].get("replicas", 1)
    if surplus < 0:
        names = fresh_names(replica_set, "Pod", min(-surplus, BURST), maker.objects)
        pods = [new_pod(replica_set, name, replica_set["spec"]["template"]) for name in names]
        return maker.make(replica_set, pods)
    if surplus == 0:
        return [], None
    doomed = sorted(active, key=lambda pod: deletion_rank(pod, maker.now))[: min(surplus, BURST)]
    writes: list[Write] = []
    for pod in doomed:
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        writes.append(Delete("Pod", namespace, name))
        writes.append(
            Emit(
                obj=replica_set,
                type="Normal",
                reason="SuccessfulDelete",
                message=f"Deleted pod: {name}",
                component=COMPONENT,
            )
        )
    return writes, None


def deletion_rank(pod: Object, now: float) -> tuple[Any, ...]:
    """Pods to delete sort first: unassigned, pending, unready, cheap, ready for the shortest time, restarted most,
    youngest. Ages count in powers of two only (LogarithmicScaleDown), so that ties are broken by uid.

    Source: ``ActivePodsWithRanks.Less`` in pkg/controller/controller_utils.go; one node, so no rank by node.
    """
    ready = condition(pod, "Ready")
    restarts = max((c.get("restartCount", 0) for c in pod.get("status", {}).get("containerStatuses") or []), default=0)
    annotations = pod["metadata"].get("annotations") or {}
    return (
        bool(pod["spec"].get("nodeName")),
        {"Pending": 0, "Unknown": 1, "Running": 2}.get(pod.get("status", {}).get("phase", "Pending"), 1),
        is_ready(pod),
        _deletion_cost(annotations.get("controller.kubernetes.io/pod-deletion-cost", "0")),
        _magnitude(ready["lastTransitionTime"], now) if ready and is_ready(pod) else 0,
        -restarts,
        _magnitude(pod["metadata"].get("creationTimestamp"), now),
        pod["metadata"].get("uid", ""),
    )


def _deletion_cost(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return 0


def _magnitude(at: str | None, now: float) -> int:
    """The logarithm to base two of the age in nanoseconds; -1 for what is not older than now."""
    age_ns = (now - parse_time(at)) * 1e9 if at else 0
    return int(math.log2(age_ns)) if age_ns >= 1 else -1


def _failure(replica_set: Object, refused: StatusError | None, now: float) -> list[Object]:
    """The conditions: ``ReplicaFailure`` while a pod cannot be made, with the words of the first time."""
    if refused is None:
        return []
    known = condition(replica_set, "ReplicaFailure")
    new = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": refused.message}
    return [known] if known else set_condition([], new, now)


def _status(replica_set: Object, active: list[Object], now: float, refused: StatusError | None) -> list[Write]:
    min_ready_s = replica_set["spec"].get("minReadySeconds", 0)
    template_labels = (replica_set["spec"]["template"].get("metadata") or {}).get("labels") or {}
    counts = {
        "replicas": len(active),
        "fullyLabeledReplicas": sum(
            template_labels.items() <= (p["metadata"].get("labels") or {}).items() for p in active
        ),
        "readyReplicas": sum(is_ready(pod) for pod in active),
        "availableReplicas": sum(is_available(pod, min_ready_s, now) for pod in active),
        "observedGeneration": replica_set["metadata"].get("generation", 1),
    }
    status: dict[str, Any] = {name: count for name, count in counts.items() if count or name == "replicas"}
    if conditions := _failure(replica_set, refused, now):
        status["conditions"] = conditions
    return [UpdateStatus({**replica_set, "status": status})] if changed_status(replica_set, status) else []
