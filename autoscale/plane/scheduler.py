"""The scheduler: a pod gets a node that has room for its requests, or waits and says why.

Source of the words: pkg/scheduler/framework (FitError) of Kubernetes 1.35.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from autoscale.kube.conditions import condition, is_finished, is_terminating, set_condition
from autoscale.kube.kinds import Object
from autoscale.kube.quantities import milli, whole
from autoscale.plane.controllers.common import guarded
from autoscale.plane.store import Emit, Objects, Update, UpdateStatus, Write

COMPONENT = "default-scheduler"


@dataclass(frozen=True)
class Requests:
    """CPU in millicores, memory in bytes."""

    cpu_m: int = 0
    memory_b: int = 0

    def __add__(self, other: "Requests") -> "Requests":
        return Requests(self.cpu_m + other.cpu_m, self.memory_b + other.memory_b)


def step(objects: Objects, now: float) -> list[Write]:
    """Place every pod that has no node, oldest first."""
    nodes, pods = objects.list("Node"), objects.list("Pod")
    waiting = [p for p in pods if not p["spec"].get("nodeName") and not is_terminating(p) and not is_finished(p)]
    if not waiting:
        return []
    used = {n["metadata"]["name"]: _used(n["metadata"]["name"], pods) for n in nodes}
    refused: dict[str, str] = {}
    writes: list[Write] = []
    for pod in sorted(waiting, key=lambda p: (p["metadata"]["creationTimestamp"], p["metadata"]["name"])):
        with guarded(pod):
            writes += _place(pod, nodes, used, refused, now)
    return writes


def pinned(spec: Object, node: str) -> Object:
    """A pod's spec that asks for that node by its name, as the DaemonSet controller has it, whatever else is there."""
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    affinity = {**(spec.get("affinity") or {})}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    affinity["nodeAffinity"] = {**(affinity.get("nodeAffinity") or {}), **required}
    tolerations = [*(spec.get("tolerations") or []), *_TOLERATED]
    return {**spec, "affinity": affinity, "tolerations": tolerations}


def node_of(pod: Object) -> str | None:
    """The node that a pod is on, or asks for by its name; None where any will do."""
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    terms = (affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get("nodeSelectorTerms") or []
    fields = [one for term in terms for one in term.get("matchFields") or [] if one["key"] == "metadata.name"]
    asked = fields[0]["values"][0] if fields and fields[0].get("values") else None
    found: str | None = pod["spec"].get("nodeName") or asked
    return found


_TOLERATED = tuple(
    {"key": f"node.kubernetes.io/{name}", "operator": "Exists", "effect": effect}
    for name, effect in (
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    )
)
"""What every DaemonSet's pod tolerates."""


def _place(
    pod: Object, nodes: list[Object], used: dict[str, tuple[Requests, int]], refused: dict[str, str], now: float
) -> list[Write]:
    """Bind the pod to a node, and count it in ``used``; or say why it cannot be anywhere.

    ``refused``: why no node takes what was asked for. Thousands of pods may wait for the same, and in one step nodes
    only get fuller: what one of them was told holds for those after it, until a pod is placed and changes the words.
    """
    ask = _ask(pod)
    if ask in refused:
        return _refuse(pod, refused[ask], now)
    reasons = {n["metadata"]["name"]: _misfits(pod, n, *used[n["metadata"]["name"]]) for n in nodes}
    fitting = [name for name, why in reasons.items() if not why]
    if fitting:
        node = min(fitting, key=lambda name: used[name][0].cpu_m)
        used[node] = (used[node][0] + requests(pod), used[node][1] + 1)
        refused.clear()
        return _bind(pod, node, now)
    # Where the pod would not fit even alone, making room for it helps nothing.
    hopeful = sum(not _misfits(pod, node, Requests(), 0) for node in nodes)
    refused[ask] = _sentence(reasons, hopeful)
    return _refuse(pod, refused[ask], now)


def _ask(pod: Object) -> str:
    """All of a pod that decides where it may be: where it is the same for two, ``_misfits`` is too."""
    spec = pod["spec"]
    groups = (spec["containers"], spec.get("initContainers") or [])
    resources = [[one.get("resources") for one in group] for group in groups]
    return repr((node_of(pod), spec.get("nodeSelector"), resources))


def requests(pod: Object) -> Requests:
    """What a pod asks for: the sum over its containers, or its greatest init container if that is more."""
    total = sum((_asked(c) for c in pod["spec"]["containers"]), Requests())
    for container in pod["spec"].get("initContainers") or []:
        asked = _asked(container)
        total = Requests(max(total.cpu_m, asked.cpu_m), max(total.memory_b, asked.memory_b))
    return total


def _asked(container: Object) -> Requests:
    resources = container.get("resources") or {}
    # A limit without a request is the request too (the API server's defaulting).
    asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return Requests(milli(asked.get("cpu", 0)), whole(asked.get("memory", 0)))


def _used(node: str, pods: list[Object]) -> tuple[Requests, int]:
    here = [p for p in pods if p["spec"].get("nodeName") == node and not is_finished(p)]
    return sum(map(requests, here), Requests()), len(here)


def _misfits(pod: Object, node: Object, used: Requests, count: int) -> list[str]:
    """Why the pod cannot be on the node; empty where it can."""
    asked_for = node_of(pod)
    if node["spec"].get("unschedulable") and asked_for is None:
        return ["node(s) were unschedulable"]
    if (condition(node, "Ready") or {}).get("status") != "True":
        return ["node(s) had untolerated taint {node.kubernetes.io/not-ready: }"]
    labels = node["metadata"].get("labels") or {}
    elsewhere = asked_for not in (None, node["metadata"]["name"])
    if elsewhere or not (pod["spec"].get("nodeSelector") or {}).items() <= labels.items():
        return ["node(s) didn't match Pod's node affinity/selector"]
    room, asked = node["status"]["allocatable"], requests(pod)
    checks = {
        "Too many pods": count + 1 > int(room["pods"]),
        "Insufficient cpu": asked.cpu_m > 0 and used.cpu_m + asked.cpu_m > milli(room["cpu"]),
        "Insufficient memory": asked.memory_b > 0 and used.memory_b + asked.memory_b > whole(room["memory"]),
    }
    return [reason for reason, bad in checks.items() if bad]


def misfits_alone(pod: Object, node: Object) -> list[str]:
    """Why a pod cannot be on such a node even if nothing else is there; empty where it can."""
    return _misfits(pod, node, Requests(), 0)


def nodes_for(pods: Iterable[Object], node: Object) -> int:
    """How many such nodes the pods need, each put on the first that has room (each fits one alone)."""
    used: list[tuple[Requests, int]] = []
    for pod in pods:
        place = next((i for i, (held, count) in enumerate(used) if not _misfits(pod, node, held, count)), None)
        if place is None:
            used.append((Requests(), 0))
            place = len(used) - 1
        held, count = used[place]
        used[place] = held + requests(pod), count + 1
    return len(used)


def _bind(pod: Object, node: str, now: float) -> list[Write]:
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    text = f"Successfully assigned {namespace}/{name} to {node}"
    scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None}
    old = [c for c in pod["status"].get("conditions") or [] if c["type"] != "PodScheduled"]
    status = {**pod["status"], "conditions": set_condition(old, scheduled, now)}
    return [
        Update({**pod, "spec": {**pod["spec"], "nodeName": node}}),
        UpdateStatus({**pod, "status": status}),
        Emit(obj=pod, type="Normal", reason="Scheduled", message=text, component=COMPONENT),
    ]


def _refuse(pod: Object, message: str, now: float) -> list[Write]:
    known = condition(pod, "PodScheduled")
    if known and known.get("message") == message:
        return []
    new = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": message,
        "lastProbeTime": None,
    }
    conditions = set_condition(pod["status"].get("conditions") or [], new, now)
    return [
        UpdateStatus({**pod, "status": {**pod["status"], "conditions": conditions}}),
        Emit(obj=pod, type="Warning", reason="FailedScheduling", message=message, component=COMPONENT),
    ]


def _sentence(reasons: dict[str, list[str]], hopeful: int) -> str:
    """The scheduler's words, for example ``0/1 nodes are available: 1 Insufficient cpu. ...``.

    ``hopeful``: on how many nodes the pod would fit if nothing else were there.
    """
    if not reasons:
        return "no nodes available to schedule pods"
    counts = Counter(reason for why in reasons.values() for reason in why)
    told = ", ".join(sorted(f"{count} {reason}" for reason, count in counts.items()))
    nodes = len(reasons)
    why = [f"{hopeful} No preemption victims found for incoming pod"] if hopeful else []
    why += [f"{nodes - hopeful} Preemption is not helpful for scheduling"] if hopeful < nodes else []
    after = f"no new claims to deallocate, preemption: 0/{nodes} nodes are available: {', '.join(why)}."
    return f"0/{nodes} nodes are available: {told}. {after}"
