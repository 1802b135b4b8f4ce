"""F27 blind-hpa: the HPA was blind under overload."""

from autoscale.findings.blindness import BLIND_S, blind, pods_unready
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, container_patch

BLIND_FOR = Threshold(BLIND_S, "s", "time without a metric: two of the HPA's periods")


def check(run: Run) -> Hit | None:
    """F27: overloaded pods go unready, so the HPA gets no metric and never grows."""
    spans = [span for span in run.conditions("ScalingActive", "False") if pods_unready(run, span.start, span.end)]
    return blind(
        run,
        spans,
        "The HPA was blind for {length:.0f} s, just when it was needed: overloaded pods failed their readiness probes, "
        "and unready pods give no metric ({message}).",
        "Take the probes off the busy port, or make them patient (timeoutSeconds, failureThreshold); keep minReplicas "
        "high enough to survive the first seconds.",
        container_patch(run, readinessProbe={"timeoutSeconds": 5, "failureThreshold": 6}),
    )


RULE = Rule(
    id="F27",
    name="blind-hpa",
    order=40,
    title="The HPA was blind under overload",
    severity="error",
    check=check,
    facts=True,
    thresholds=(BLIND_FOR,),
    cure="Probes off the busy port, or patient ones; a higher minimum.",
)
