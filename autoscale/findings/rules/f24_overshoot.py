"""F24 overshoot: more pods than needed."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, behavior_patch

OVERSHOOT = Threshold(1.3, "x demand", "most ready pods after the largest rise")


def check(run: Run) -> Hit | None:
    """F24: more pods than the load ever needed."""
    share, react = run.value("overshoot"), run.analysis.reaction
    if share is None or react.step is None or react.until is None or 1 + share <= OVERSHOOT.value:
        return None
    span = (react.step.at, react.until)
    need, peak = run.analysis.demand.curve.highest(*span), run.ready.highest(*span)
    return Hit(
        sentence=f"After the largest rise {peak:.0f} pods became ready where {need:.0f} were needed ({share:.0%} too "
        "many).",
        evidence=(
            Evidence(words="most ready pods", value=peak, unit="pods", start=span[0], end=span[1]),
            Evidence(words="most pods needed", value=need, unit="pods", start=span[0], end=span[1]),
        ),
        advice="Smooth growth with a short scale-up window, or smaller steps; a backlog keeps CPU up beyond the need.",
        patch=behavior_patch(run, "scaleUp", stabilizationWindowSeconds=30),
        start=span[0],
        end=span[1],
    )


RULE = Rule(
    id="F24",
    name="overshoot",
    order=190,
    title="More pods than needed",
    severity="note",
    check=check,
    thresholds=(OVERSHOOT,),
    cure="A short `scaleUp.stabilizationWindowSeconds`, or smaller steps.",
)
