"""F19 dead-band: slow within the tolerance."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, target_patch

DEAD_BAND_FOR = Threshold(120, "s", "time beyond the latency objective within the tolerance")


def check(run: Run) -> Hit | None:
    """F19: users wait while the metric stays within the tolerance."""
    if run.hpa is None or not run.target or not run.slow:
        return None
    low, high = run.target, run.target * (1 + run.hpa.tolerance)
    held = run.both(run.slow, run.utilization, lambda slow, used: slow > 0 and low < used <= high)
    span = held.longest(lambda value: value > 0, run.start, run.end)
    if span is None or span[1] - span[0] < DEAD_BAND_FOR.value:
        return None
    proposed = 0.9 * run.target
    return Hit(
        sentence=f"Latency was beyond its objective for {span[1] - span[0]:.0f} s with utilisation between {low:.0f} "
        f"% and {high:.0f} %, where the tolerance keeps the HPA from acting.",
        evidence=(
            Evidence(
                words="beyond the latency objective within the tolerance",
                value=span[1] - span[0],
                unit="s",
                start=span[0],
                end=span[1],
            ),
        ),
        advice=f"Lower the target to {proposed:.0f} %, or set behavior.scaleUp.tolerance (Kubernetes 1.35 and newer).",
        patch=target_patch(run, proposed),
        start=span[0],
        end=span[1],
    )


RULE = Rule(
    id="F19",
    name="dead-band",
    order=220,
    title="Slow within the tolerance",
    severity="warning",
    check=check,
    thresholds=(DEAD_BAND_FOR,),
    cure="Lower the target by a tenth, or set `behavior.scaleUp.tolerance`.",
)
