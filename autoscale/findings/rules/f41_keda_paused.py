"""F41 keda-paused: KEDA was told to leave the target alone."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule
from autoscale.findings.run import Hit, Run

_WHAT = {
    "whole": "KEDA was paused for {length:.0f} s: it took the HPA away, and nothing scales the target, whatever the "
    "ScaledObject's condition HPAActive says.",
    "scale in": "KEDA was told not to put the target to sleep for {length:.0f} s.",
    "scale out": "KEDA was told not to wake the target for {length:.0f} s.",
}


def check(run: Run) -> Hit | None:
    """F41: the annotations of the ScaledObject pause it."""
    spans = run.conditions("keda Paused", "True")
    if not spans:
        return None
    longest = max(spans, key=lambda span: span.end - span.start)
    length = longest.end - max(longest.start, run.start)
    return Hit(
        sentence=_WHAT[longest.reason].format(length=length),
        evidence=tuple(
            Evidence(
                words=f"paused: {span.reason}", value=span.end - span.start, unit="s", start=span.start, end=span.end
            )
            for span in spans
        ),
        advice="Take the annotation autoscaling.keda.sh/paused (or paused-replicas, -scale-in, -scale-out) off "
        "before a test.",
        patch=None,
        start=longest.start,
        end=longest.end,
    )


RULE = Rule(
    id="F41",
    name="keda-paused",
    order=42,
    title="KEDA was paused",
    severity="error",
    check=check,
    facts=True,
    cure="Take the pausing annotation off the ScaledObject.",
)
