"""F52 pods-unasked: pods were ready, and nobody asked them anything."""

from autoscale.analysis.latency import span_sum
from autoscale.analysis.results.scaling import PodLife
from autoscale.findings.blindness import pods_unready
from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run

IDLE_FOR = Threshold(20, "s", "time under load in which a pod in the Service answered nothing")
SHARE = Threshold(20, "requests", "a pod's even share of what was answered meanwhile")


def check(run: Run) -> Hit | None:
    """F52: pods in the Service that never answered a request, though their share would have been many."""
    if not any(pod.answered for pod in run.pods):
        return None  # nobody knows who answered
    idle = [(pod, *span) for pod in run.pods if (span := _unasked(run, pod)) is not None]
    if not idle:
        return None
    start, end = min(since for _, since, _ in idle), max(until for _, _, until in idle)
    longest = max(until - since for _, since, until in idle)
    return Hit(
        sentence=f"{len(idle)} pod(s) stood ready in the Service for up to {longest:.0f} s under load and answered "
        "nothing: the others did all the work, so what they cost brought nothing.",
        evidence=tuple(
            Evidence(words=f"pod {pod.name} answered nothing", value=until - since, unit="s", start=since, end=until)
            for pod, since, until in idle[:5]
        ),
        advice="See whether the Service leads to them: kube-proxy or the CNI on the clients' node may be dead or late, "
        "though the EndpointSlice has them. Or the clients keep their connections and never open one to a new pod: "
        "close them after a number of requests or a maximum age, or balance per request (L7).",
        start=start,
        end=end,
    )


def _unasked(run: Run, pod: PodLife) -> tuple[float, float] | None:
    """The span of the load in which a pod that never answered could have; None where it did, or was not expected to."""
    served = next((phase.end for phase in pod.start_phases if phase.name == "in service"), None) or pod.ready_at
    if served is None or pod.answered or pod.failed:
        return None
    left = next((phase.start for phase in pod.end_phases if phase.start is not None), pod.removed_at)
    start, end = max(served, run.start), min(run.end, run.end if left is None else left)
    if end - start < IDLE_FOR.value or pods_unready(run, start, end):
        return None
    share = (span_sum(run.analysis.seconds, run.analysis.seconds.answered, start, end) or 0) / max(
        run.ready.mean(start, end) or 1.0, 1.0
    )
    return (start, end) if share >= SHARE.value else None


RULE = Rule(
    id="F52",
    name="pods-unasked",
    order=48,
    title="Ready pods answered nothing",
    severity="error",
    check=check,
    facts=True,
    thresholds=(IDLE_FOR, SHARE),
    cure="kube-proxy or the CNI; connections that are closed after a while; balancing per request.",
)
