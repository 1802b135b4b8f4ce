"""A node autoscaler over a pool of equal nodes: one more where a pod fits nowhere, one less where nothing runs.

It stands in for cluster-autoscaler and its cloud, with the words of the first (events ``TriggeredScaleUp``,
``NotTriggerScaleUp``, ``ScaleDownEmpty``). A node that was asked for registers, not ready, after three quarters of
``start_s`` and is Ready after all of it; until then it stands in the ConfigMap ``cluster-autoscaler-status`` alone, as
a machine that boots is seen nowhere else. A node without pods goes after ``idle_s``; none is emptied.
"""

from collections.abc import Callable
from dataclasses import dataclass

from autoscale.base.times import format_time, parse_time
from autoscale.kube.conditions import condition, is_finished, is_terminating, set_condition
from autoscale.kube.kinds import Object
from autoscale.plane import scheduler
from autoscale.plane.store import Create, Delete, Emit, Objects, Update, UpdateStatus, Write

COMPONENT = "cluster-autoscaler"
STATUS = ("kube-system", "cluster-autoscaler-status")
BOOTS = 0.75
"""The share of a node's start after which it registers; the rest is its kubelet and network getting ready."""

_POOL = "pool"


@dataclass(frozen=True)
class Pool:
    """``node(name, now)`` is a new node, Ready; ``name`` that of the first, which is always there; at most ``most``."""

    name: str
    most: int
    start_s: float
    idle_s: float
    node: Callable[[str, float], Object]


def step(objects: Objects, now: float, pool: Pool) -> list[Write]:
    """Nodes that were asked for come up; pods that fit nowhere ask for more; empty ones go."""
    return [*_boot(objects, now, pool), *_grow(objects, now, pool), *_shrink(objects, now, pool)]


def next_due(objects: Objects, now: float, pool: Pool) -> float | None:
    """When the next node registers, gets ready or has been idle for long enough."""
    dues = [at + pool.start_s * share for at in _asked(objects).values() for share in (BOOTS, 1.0)]
    dues += [since + pool.idle_s for since in _idle(objects, pool).values()]
    return min((due for due in dues if due > now), default=None)


def _asked(objects: Objects) -> dict[str, float]:
    """Nodes that were asked for and are not ready yet: name -> when."""
    status = objects.get("ConfigMap", *STATUS)
    return {name: float(at) for name, at in ((status or {}).get("data") or {}).items()}


def _remember(objects: Objects, asked: dict[str, float]) -> Write:
    data = {name: repr(at) for name, at in asked.items()}
    known = objects.get("ConfigMap", *STATUS)
    if known:
        return Update({**known, "data": data})
    return Create({"kind": "ConfigMap", "metadata": {"namespace": STATUS[0], "name": STATUS[1]}, "data": data})


def _boot(objects: Objects, now: float, pool: Pool) -> list[Write]:
    asked, writes = _asked(objects), list[Write]()
    for name, at in list(asked.items()):
        node = objects.get("Node", "", name)
        if node is None and now >= at + pool.start_s * BOOTS:
            writes.append(Create(_unready(pool.node(name, now), now)))
        elif node is not None and now >= at + pool.start_s:
            ready = pool.node(name, now)["status"]["conditions"]
            status = {**node["status"], "conditions": set_condition(node["status"]["conditions"], ready[0], now)}
            writes += [UpdateStatus({**node, "status": status}), _remember(objects, _without(asked, name))]
            return writes  # one at a time, as the memory is written whole
    return writes


def _without(asked: dict[str, float], name: str) -> dict[str, float]:
    return {other: at for other, at in asked.items() if other != name}


def _unready(node: Object, now: float) -> Object:
    """A node that has registered and whose network is not there yet."""
    why = {"status": "False", "reason": "KubeletNotReady", "message": "container runtime network not ready"}
    conditions = set_condition([], {"type": "Ready", "lastHeartbeatTime": format_time(now), **why}, now)
    return {**node, "status": {**node["status"], "conditions": conditions}}


def _grow(objects: Objects, now: float, pool: Pool) -> list[Write]:
    """As many nodes as the waiting pods need beyond those that are on their way; what each pod is told, once."""
    waiting = [pod for pod in objects.list("Pod") if _waits(pod)]
    if not waiting:
        return []
    asked = _asked(objects)
    nodes = [node["metadata"]["name"] for node in objects.list("Node")]
    empty = pool.node("", now)
    fitting = [pod for pod in waiting if not scheduler.misfits_alone(pod, empty)]
    room = pool.most - len({*nodes, *asked})
    more = min(room, max(0, scheduler.nodes_for(fitting, empty) - len(asked)))
    size = len({*nodes, *asked})
    new = dict.fromkeys(_names(pool, {*nodes, *asked}, more), now)
    plan = f"[{{{_POOL} {size}->{size + more} (max: {pool.most})}}]"
    writes: list[Write] = [_remember(objects, asked | new)] if new else []
    for pod in waiting:
        if pod not in fitting or (not new and not asked and room <= 0):
            why = "1 max node group size reached" if pod in fitting else "1 Insufficient cpu"
            text = f"pod didn't trigger scale-up: {why}"
            writes += _tell(objects, pod, "NotTriggerScaleUp", text)
        elif new:
            writes += _tell(objects, pod, "TriggeredScaleUp", f"pod triggered scale-up: {plan}")
    return writes


def _waits(pod: Object) -> bool:
    """Whether the scheduler found no node for it."""
    told = condition(pod, "PodScheduled") or {}
    open_ = not pod["spec"].get("nodeName") and not is_terminating(pod) and not is_finished(pod)
    return open_ and told.get("reason") == "Unschedulable"


def _names(pool: Pool, taken: set[str], count: int) -> list[str]:
    free = (name for i in range(2, 2 + len(taken) + count) if (name := f"{pool.name}-{i}") not in taken)
    return [name for name, _ in zip(free, range(count), strict=False)]


def _tell(objects: Objects, pod: Object, reason: str, text: str) -> list[Write]:
    """An event about a pod, unless it was told so already."""
    uid = pod["metadata"]["uid"]
    told = objects.list("Event", pod["metadata"]["namespace"])
    if any(event["reason"] == reason and event["involvedObject"].get("uid") == uid for event in told):
        return []
    return [Emit(obj=pod, type="Normal", reason=reason, message=text, component=COMPONENT)]


def _idle(objects: Objects, pool: Pool) -> dict[str, float]:
    """Nodes of the pool beside the first on which nothing runs, and since when at the latest."""
    pods = objects.list("Pod")
    busy = {pod["spec"].get("nodeName") for pod in pods if not is_finished(pod)}
    found = {}
    for node in objects.list("Node"):
        name, ready = node["metadata"]["name"], condition(node, "Ready") or {}
        if name != pool.name and name not in busy and ready.get("status") == "True":
            since = (node["metadata"].get("annotations") or {}).get(IDLE_SINCE)
            found[name] = parse_time(ready["lastTransitionTime"]) if since is None else float(since)
    return found


IDLE_SINCE = "autoscale/idle-since"
"""On a node: when its last pod had gone."""


def _shrink(objects: Objects, now: float, pool: Pool) -> list[Write]:
    idle, writes = _idle(objects, pool), list[Write]()
    for node in objects.list("Node"):
        name, notes = node["metadata"]["name"], node["metadata"].get("annotations") or {}
        if name in idle and IDLE_SINCE not in notes:
            writes.append(_noted(node, {**notes, IDLE_SINCE: repr(now)}))
        elif name not in idle and IDLE_SINCE in notes:
            writes.append(_noted(node, {key: value for key, value in notes.items() if key != IDLE_SINCE}))
        elif name in idle and now >= idle[name] + pool.idle_s and IDLE_SINCE in notes:
            text = f"Scale-down: removing empty node {name}"
            writes += [
                Emit(obj=node, type="Normal", reason="ScaleDownEmpty", message=text, component=COMPONENT),
                Delete("Node", "", name),
            ]
    return writes


def _noted(node: Object, notes: Object) -> Write:
    return Update({**node, "metadata": {**node["metadata"], "annotations": notes}})
