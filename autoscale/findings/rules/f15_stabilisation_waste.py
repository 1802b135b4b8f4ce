"""F15 stabilisation-waste: kept longer than needed."""

import math

from autoscale.analysis.elasticity import elasticity
from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, behavior_patch

STABILIZED_WASTE = Threshold(0.3, "of replica-minutes", "over-provisioned while scale-down is held back")


def check(run: Run) -> Hit | None:
    """F15: pods kept by the stabilisation window that were not needed again."""
    minutes, wasted = run.value("replica_minutes"), 0.0
    spans = run.conditions("AbleToScale", "True", "ScaleDownStabilized")
    for span in spans:
        found = elasticity(run.analysis.demand.curve, run.ready, max(span.start, run.start), min(span.end, run.end))
        wasted += found.waste_min if found else 0.0
    if not minutes or not spans or wasted / minutes <= STABILIZED_WASTE.value:
        return None
    window = run.scale_down_window_s
    if any(
        up.at - span.start <= window
        for span in spans
        for up in run.analysis.scale_events
        if up.up and up.at > span.start
    ):
        return None
    start, end = spans[0].start, spans[-1].end
    proposed = max(30, math.ceil(window / 3))
    return Hit(
        sentence=f"{wasted:.1f} of {minutes:.1f} replica-minutes ({wasted / minutes:.0%}) went to pods that only the "
        f"stabilisation window of {window:.0f} s kept, and no new peak came within it.",
        evidence=(
            Evidence(
                words="wasted while scale-down was held back", value=wasted, unit="pod-minutes", start=start, end=end
            ),
        ),
        advice=f"Shorten the scale-down window to about {proposed} s.",
        patch=behavior_patch(run, "scaleDown", stabilizationWindowSeconds=proposed),
        start=start,
        end=end,
    )


RULE = Rule(
    id="F15",
    name="stabilisation-waste",
    order=260,
    title="Kept longer than needed",
    severity="note",
    check=check,
    thresholds=(STABILIZED_WASTE,),
    cure="A shorter `scaleDown.stabilizationWindowSeconds`.",
)
