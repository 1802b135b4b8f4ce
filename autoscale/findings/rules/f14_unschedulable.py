"""F14 unschedulable: pods found no node."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run

UNSCHEDULED = Threshold(10, "s", "time a pod waits for a node")

_PLACED = ("scheduled", "started", "ready")  # a pod that got this far had a node


def check(run: Run) -> Hit | None:
    """F14: pods that found no node."""
    events = [event for event in run.analysis.events if event.reason == "FailedScheduling" and event.at >= run.start]
    waits = [
        (pod, phase)
        for pod in run.pods
        for phase in pod.start_phases
        if phase.name == "scheduled"
        and phase.end is not None
        and phase.end >= run.start
        and phase.duration_s is not None
        and phase.duration_s > UNSCHEDULED.value
    ]
    stuck = [
        pod
        for pod in run.pods
        if pod.created is not None
        and not any(phase.end for phase in pod.start_phases if phase.name in _PLACED)
        and (pod.removed_at or run.analysis.end) - pod.created > UNSCHEDULED.value
        and pod.node is None
    ]
    if not waits and not stuck:
        return None
    names = sorted({pod.name for pod, _ in waits} | {pod.name for pod in stuck})
    start = min(
        [p.created for p in stuck if p.created is not None] + [ph.start for _, ph in waits if ph.start is not None]
    )
    longest = max(
        [phase.duration_s or 0.0 for _, phase in waits]
        + [(pod.removed_at or run.analysis.end) - (pod.created or 0.0) for pod in stuck]
    )
    message = events[-1].message if events else "no FailedScheduling event was recorded"
    return Hit(
        f"{len(names)} pod(s) waited up to {longest:.0f} s for a node: {message}",
        tuple(Evidence(f"pod {name} waited for a node") for name in names[:5]),
        _advice(message),
        None,
        start,
        start + longest,
    )


def _advice(message: str) -> str:
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
    facts=True,
    thresholds=(UNSCHEDULED,),
    cure="Node capacity, smaller requests, quota. Not a fault of the HPA.",
)
