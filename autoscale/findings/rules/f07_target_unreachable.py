"""F7 target-unreachable: the HPA can never grow."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule
from autoscale.findings.run import Hit, Run, target_patch


def check(run: Run) -> Hit | None:
    """F7: the CPU limit lies below the target, so the HPA can never grow."""
    cap, target, hpa = run.cap_percent, run.target, run.hpa
    if cap is None or not target or hpa is None or cap > target * (1 + hpa.tolerance):
        return None
    return Hit(
        f"The CPU limit lets utilisation reach {cap:.0f} % of the request; the HPA grows above "
        f"{target * (1 + hpa.tolerance):.0f} %. It can never grow.",
        (Evidence("highest utilisation the limit allows", cap, "%"), Evidence("target", target, "%")),
        "Lower the target well below the limit, or raise the limit.",
        target_patch(run, 0.6 * cap),
    )


RULE = Rule(
    id="F7",
    name="target-unreachable",
    order=20,
    title="The HPA can never grow",
    severity="error",
    check=check,
    facts=True,
    thresholds=(),
    cure="Lower the target well below limit / request, or raise the limit.",
)
