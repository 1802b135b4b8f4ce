"""F10 flapping: flapping."""

import math

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, behavior_patch

REVERSALS = Threshold(3, "in 10 min", "changes of direction under constant load")


def check(run: Run) -> Hit | None:
    """F10: changes of direction while the load does not change."""
    count, span = run.value("reversals"), run.analysis.flapping
    if count is None or count < REVERSALS.value or span is None:
        return None
    proposed = math.ceil(max(2 * run.scale_down_window_s, 120.0))
    return Hit(
        sentence=f"The size changed its direction {count:.0f} times within {span[1] - span[0]:.0f} s of constant load.",
        evidence=(Evidence(words="changes of direction", value=count, unit="", start=span[0], end=span[1]),),
        advice=f"Look further back before shrinking ({proposed} s) and shrink in small steps.",
        patch=behavior_patch(
            run,
            "scaleDown",
            stabilizationWindowSeconds=min(3600, proposed),
            policies=[{"type": "Percent", "value": 10, "periodSeconds": 60}],
        ),
        start=span[0],
        end=span[1],
    )


RULE = Rule(
    id="F10",
    name="flapping",
    order=150,
    title="Flapping",
    severity="warning",
    check=check,
    thresholds=(REVERSALS,),
    cure="A longer `scaleDown.stabilizationWindowSeconds` and small steps down.",
)
