"""The status of a pod as a function of its containers: phase, conditions, container statuses.

Source of the rules: ``getPhase`` in pkg/kubelet/kubelet_pods.go and pkg/kubelet/status/generate.go of Kubernetes.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from autoscale.base.times import format_time
from autoscale.kube.conditions import set_condition
from autoscale.kube.kinds import Object


@dataclass(frozen=True)
class ContainerState:
    """One container as the kubelet knows it. ``state`` and ``last`` are API values: one of ``waiting``, ``running``,
    ``terminated``; ``last`` may be empty. ``final``: it will not be started again."""

    name: str
    state: Object = field(default_factory=lambda: waiting("ContainerCreating"))
    last: Object = field(default_factory=dict)
    ready: bool = False
    started: bool = False
    restarts: int = 0
    container_id: str = ""
    final: bool = False


def waiting(reason: str, message: str = "") -> Object:
    """A waiting state."""
    return {"waiting": {"reason": reason} | ({"message": message} if message else {})}


def running(at: float) -> Object:
    """A running state since ``at``."""
    return {"running": {"startedAt": format_time(at)}}


def terminated(code: int, reason: str, since: float, at: float, container_id: str, message: str = "") -> Object:
    """A terminated state; ``reason`` is Completed, Error, OOMKilled or StartError."""
    made = {
        "exitCode": code,
        "reason": reason,
        "startedAt": format_time(since),
        "finishedAt": format_time(at),
        "containerID": container_id,
    }
    return {"terminated": made | ({"message": message} if message else {})}


def image_id(image: str) -> str:
    """A stable id for an image that has no digest of its own."""
    return "sha256:" + hashlib.sha256(image.encode()).hexdigest()


def phase(policy: str, inits: Sequence[ContainerState], containers: Sequence[ContainerState], *, ending: bool) -> str:
    """Pending, Running, Succeeded or Failed. ``ending``: the pod is being deleted, so nothing starts again."""
    if any(c.final and _code(c) != 0 for c in inits) and policy == "Never":
        return "Failed"
    if not all(c.final and _code(c) == 0 for c in inits) and not ending:
        return "Pending"
    if any("running" in c.state for c in containers):
        unstarted = any("waiting" in c.state and not c.last for c in containers)
        return "Pending" if unstarted and not ending else "Running"
    if any("waiting" in c.state and not c.last for c in containers):
        return "Failed" if ending else "Pending"
    if policy == "Always" and not ending:
        return "Running"
    if all(_code(c) == 0 for c in containers):
        return "Succeeded"
    return "Failed" if policy == "Never" or ending else "Running"


def _code(container: ContainerState) -> int | None:
    ended = container.state.get("terminated") or container.last.get("terminated")
    return ended["exitCode"] if ended else None


@dataclass(frozen=True)
class Placement:
    """Where a pod runs and since when: addresses, and the kubelet's first sight of it."""

    pod_ip: str
    node_ip: str
    since: float


def pod_status(
    pod: Object,
    inits: Sequence[ContainerState],
    containers: Sequence[ContainerState],
    place: Placement,
    now: float,
    failed: tuple[str, str] | None = None,
    ephemeral: Sequence[ContainerState] = (),
) -> Object:
    """The whole status; conditions keep the time of their last transition from the pod's present status.

    ``ephemeral``: the containers of ``kubectl debug`` that have been begun, which decide nothing. ``failed``: why
    (reason, message) the pod as a whole has failed, whatever its containers say.
    """
    ending = bool(pod["metadata"].get("deletionTimestamp")) and not any("running" in c.state for c in containers)
    policy = pod["spec"].get("restartPolicy", "Always")
    found = "Failed" if failed else phase(policy, inits, containers, ending=ending)
    generation = pod["metadata"].get("generation", 1)
    conditions = list(pod.get("status", {}).get("conditions") or [])
    for new in _conditions(found, inits, containers):
        conditions = _put(conditions, new | {"observedGeneration": generation, "lastProbeTime": None}, now)
    status: dict[str, Any] = {
        "observedGeneration": generation,
        "phase": found,
        "conditions": conditions,
        "hostIP": place.node_ip,
        "hostIPs": [{"ip": place.node_ip}],
        "podIP": place.pod_ip,
        "podIPs": [{"ip": place.pod_ip}],
        "startTime": format_time(place.since),
        "qosClass": pod.get("status", {}).get("qosClass", "BestEffort"),
        "containerStatuses": _statuses(pod["spec"]["containers"], containers),
    }
    if failed:
        status["reason"], status["message"] = failed
    if inits:
        status["initContainerStatuses"] = _statuses(pod["spec"]["initContainers"], inits)
    if ephemeral:
        begun = pod["spec"]["ephemeralContainers"][: len(ephemeral)]
        status["ephemeralContainerStatuses"] = _statuses(begun, ephemeral)
    return status


def _put(conditions: list[Object], new: Object, now: float) -> list[Object]:
    """As ``set_condition``, but a reason that no longer holds goes."""
    stripped = [
        {k: v for k, v in c.items() if c["type"] != new["type"] or k not in ("reason", "message")} for c in conditions
    ]
    return set_condition(stripped, new, now)


def _conditions(found: str, inits: Sequence[ContainerState], containers: Sequence[ContainerState]) -> list[Object]:
    completed = {"reason": "PodCompleted"} if found == "Succeeded" else {}
    unstarted = [c.name for c in inits if not (c.final and _code(c) == 0)]
    initialized = {"status": "True", **completed}
    if unstarted:
        text = f"containers with incomplete status: [{' '.join(unstarted)}]"
        initialized = {"status": "False", "reason": "ContainersNotInitialized", "message": text}
    unready = [c.name for c in containers if not c.ready]
    ready = {"status": "True"}
    if found == "Failed":
        ready = {"status": "False", "reason": "PodFailed"}
    elif completed:
        ready = {"status": "False", **completed}
    elif unready:
        text = f"containers with unready status: [{' '.join(unready)}]"
        ready = {"status": "False", "reason": "ContainersNotReady", "message": text}
    over = found in ("Succeeded", "Failed")
    return [
        {"type": "PodReadyToStartContainers", "status": "False" if over else "True"},
        {"type": "Initialized", **initialized},
        {"type": "Ready", **ready},
        {"type": "ContainersReady", **ready},
    ]


def _statuses(specs: list[Object], containers: Sequence[ContainerState]) -> list[Object]:
    by_name = {c.name: c for c in containers}
    return [_container_status(spec, by_name[spec["name"]]) for spec in specs]


def _container_status(spec: Object, container: ContainerState) -> Object:
    resources = spec.get("resources") or {}
    known = bool(container.container_id)
    status: dict[str, Any] = {
        "name": container.name,
        "state": container.state,
        "lastState": container.last,
        "ready": container.ready,
        "restartCount": container.restarts,
        "image": spec["image"],
        "imageID": image_id(spec["image"]) if known else "",
        "started": container.started,
    }
    if known:
        status["containerID"] = container.container_id
    if resources and known:
        status["resources"] = resources
        status["allocatedResources"] = resources.get("requests") or resources.get("limits") or {}
    return status
