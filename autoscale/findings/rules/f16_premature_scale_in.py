"""F16 premature-scale-in: shrunk too early."""

import math

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, behavior_patch

SCALE_IN_AGAIN = Threshold(300, "s", "time from a shrinking to a growth of at least its size")


def check(run: Run) -> Hit | None:
    """F16: shrunk, and soon grown again by as much."""
    events = [event for event in run.analysis.scale_events if run.start <= event.at <= run.end]
    for i, down in enumerate(events):
        if down.up:
            continue
        for up in events[i + 1 :]:
            apart = up.at - down.at
            if apart >= SCALE_IN_AGAIN.value:
                break
            if up.up and up.after - up.before >= down.before - down.after:
                window = run.scale_down_window_s
                proposed = min(3600, math.ceil(window + apart + 60))
                return Hit(
                    sentence=f"The size fell from {down.before} to {down.after} and {apart:.0f} s later rose from "
                    f"{up.before} to {up.after}: it was taken away too early.",
                    evidence=(
                        Evidence(f"shrinking {down.before} to {down.after}", start=down.at, end=down.at),
                        Evidence(
                            words=f"growth {up.before} to {up.after}", value=apart, unit="s", start=down.at, end=up.at
                        ),
                    ),
                    advice=f"Lengthen the scale-down window to {proposed} s and take one pod a minute.",
                    patch=behavior_patch(
                        run,
                        "scaleDown",
                        stabilizationWindowSeconds=proposed,
                        policies=[{"type": "Pods", "value": 1, "periodSeconds": 60}],
                    ),
                    start=down.at,
                    end=up.at,
                )
    return None


RULE = Rule(
    id="F16",
    name="premature-scale-in",
    order=200,
    title="Shrunk too early",
    severity="warning",
    check=check,
    thresholds=(SCALE_IN_AGAIN,),
    cure="A longer window and one pod a minute.",
)
