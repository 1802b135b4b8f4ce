"""F14 unschedulable: pods found no node."""

import re

from autoscale.analysis.results.scaling import PodLife
from autoscale.analysis.results.series import EventAt
from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run

UNSCHEDULED = Threshold(10, "s", "time a pod waits for a node")

_ASKED = ("TriggeredScaleUp", "Nominated")  # of cluster-autoscaler, of Karpenter
# Of cluster-autoscaler (NotTriggerScaleUp), and of Karpenter 1.15 (FailedScheduling).
_AT_LIMIT = re.compile(
    "max node group size reached|max cluster .* limit reached"
    "|exceed limits for nodepool|node limits have been exhausted"
)
_WAITING = ("node asked", "node there", "node ready", "scheduled")
_PLACED = ("scheduled", "started", "ready")  # a pod that got this far had a node


def check(run: Run) -> Hit | None:
    """F14: pods that found no node."""
    told = ("FailedScheduling", "NotTriggerScaleUp", *_ASKED)
    events = [event for event in run.analysis.events if event.reason in told and event.at >= run.start]
    waits = [
        (pod, wait)
        for pod in run.pods
        if (wait := _wait(pod)) is not None and wait[1] >= run.start and wait[1] - wait[0] > UNSCHEDULED.value
    ]
    stuck = [
        pod
        for pod in run.pods
        if pod.created is not None
        and not any(phase.end for phase in pod.start_phases if phase.name in _PLACED)
        and (pod.removed_at or run.analysis.end) - pod.created > UNSCHEDULED.value
        and pod.node is None
        and (pod.removed_at or run.analysis.end) >= run.start
    ]
    if not waits and not stuck:
        return None
    names = sorted({pod.name for pod, _ in waits} | {pod.name for pod in stuck})
    start = min([p.created for p in stuck if p.created is not None] + [wait[0] for _, wait in waits])
    longest = max(
        [wait[1] - wait[0] for _, wait in waits]
        + [(pod.removed_at or run.analysis.end) - (pod.created or 0.0) for pod in stuck]
    )
    failed = [event.message for event in events if event.reason == "FailedScheduling"]
    message = failed[-1] if failed else "no FailedScheduling event was recorded"
    return Hit(
        sentence=f"{len(names)} pod(s) waited up to {longest:.0f} s for a node: {message}",
        evidence=tuple(Evidence(f"pod {name} waited for a node") for name in names[:5]),
        advice=_advice(message, _limits(events, names), grown=any(event.reason in _ASKED for event in events)),
        patch=None,
        start=start,
        end=start + longest,
    )


def _wait(pod: PodLife) -> tuple[float, float] | None:
    """From the pod's creation until it had a node."""
    parts = [one for one in pod.start_phases if one.name in _WAITING and one.start is not None and one.end is not None]
    placed = any(one.name == "scheduled" for one in parts)
    starts, ends = [one.start or 0.0 for one in parts], [one.end or 0.0 for one in parts]
    return (min(starts), max(ends)) if placed else None


def _limits(events: list[EventAt], names: list[str]) -> list[str]:
    """In whose words a node autoscaler said of these pods that it may add no more nodes."""
    pods = {f"Pod/{name}" for name in names}
    return [event.message for event in events if event.object in pods and _AT_LIMIT.search(event.message)]


def _advice(message: str, limits: list[str], *, grown: bool) -> str:
    if limits:
        return (
            f"The node autoscaler was at its limit ({limits[-1].rstrip('.')}), which is no fault of the HPA: raise "
            "that limit (of the node group or the NodePool), lower the requests, or lower maxReplicas to what fits."
        )
    if grown:
        return (
            "A node had to be added. Room kept free hides that wait: pods of low priority that do nothing and give "
            "way (overprovisioning), or a higher minReplicas; faster nodes shorten it. No fault of the HPA."
        )
    if "Insufficient" in message or "Too many pods" in message:
        return "The nodes are full, which is no fault of the HPA: add node capacity, or lower the requests."
    return "No fault of the HPA: see what keeps the pods from a node (taints, affinity, volumes, a busy scheduler)."


RULE = Rule(
    id="F14",
    name="unschedulable",
    order=50,
    title="Pods found no node",
    severity="error",
    check=check,
    cluster=True,
    facts=True,
    thresholds=(UNSCHEDULED,),
    cure="Node capacity, smaller requests, quota. Not a fault of the HPA.",
)
