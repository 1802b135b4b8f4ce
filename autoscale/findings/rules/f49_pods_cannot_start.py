"""F49 pods-cannot-start: containers of new pods were refused their start."""

from collections import Counter

from autoscale.analysis.results.scaling import PodLife
from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run

HELD = Threshold(10, "s", "time of the load for which a pod that was never ready was there")
_IMAGE = ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError")
_CONFIG = ("CreateContainerConfigError", "CreateContainerError")
_ENDING = ("CrashLoopBackOff", "RunContainerError", "StartError", "Error", "OOMKilled", "ContainerCannotRun")


def check(run: Run) -> Hit | None:
    """F49: pods that the autoscaler asked for never became ready, for their containers could not be started."""
    stuck = [(pod, *_span(run, pod)) for pod in run.analysis.pods if pod.reason in (*_IMAGE, *_CONFIG, *_ENDING)]
    stuck = [(pod, start, end) for pod, start, end in stuck if pod.ready_at is None and end - start >= HELD.value]
    if not stuck:
        return None
    reasons = Counter(str(pod.reason) for pod, _, _ in stuck)
    start, end = min(start for _, start, _ in stuck), max(end for _, _, end in stuck)
    return Hit(
        sentence=f"{len(stuck)} pod(s) never started: "
        + ", ".join(f"{reason} {n}" for reason, n in reasons.most_common())
        + ". The size that was asked for was not reached.",
        evidence=tuple(
            Evidence(words=f"{pod.name}: {pod.reason}", value=until - since, unit="s", start=since, end=until)
            for pod, since, until in stuck[:5]
        ),
        advice=_advice(reasons.most_common(1)[0][0]),
        patch=None,
        start=start,
        end=end,
    )


def _span(run: Run, pod: PodLife) -> tuple[float, float]:
    """The part of the load in which the pod was there."""
    came = pod.created if pod.created is not None else run.start
    return max(came, run.start), min(pod.removed_at if pod.removed_at is not None else run.end, run.end)


def _advice(reason: str) -> str:
    if reason in _IMAGE:
        return (
            "See that its image is on every node or can be pulled there: name and tag, the registry's limits and "
            "secret, `imagePullPolicy` (Never takes only what the node has)."
        )
    if reason in _CONFIG:
        return "See `kubectl describe pod`: a ConfigMap, a Secret, a key or a user that it names is not there."
    return "See why it ends: `kubectl logs --previous`."


RULE = Rule(
    id="F49",
    name="pods-cannot-start",
    order=51,
    title="New pods could not be started",
    severity="error",
    check=check,
    cluster=True,
    facts=True,
    thresholds=(HELD,),
    cure="By the reason: the image's name, registry and pull policy; what its configuration names; its own log.",
)
