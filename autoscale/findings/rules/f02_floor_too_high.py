"""F2 floor-too-high: the minimum is too high."""

import math

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, hpa_patch

IDLE_SHARE = Threshold(0.5, "share of the load", "time at minReplicas and below half the target")
IDLE_SYNCS = Threshold(4, "syncs", "such time at least: what the HPA shows is a sample or two old")
IDLE_UTILIZATION = Threshold(0.5, "x target", "utilisation that counts as idle")
WASTE_SHARE = Threshold(0.2, "of replica-minutes", "over-provisioned share that counts")


def check(run: Run) -> Hit | None:
    """F2: at minReplicas and idle for most of a load that made the HPA grow (a lighter one bears no advice)."""
    if run.hpa is None or not run.target or run.hpa.min_replicas <= 1:
        return None
    if not any(run.analysis.seconds.answered) or not run.grew:
        return None  # so light a load says nothing of the pods that the one meant would need
    least, bar = run.hpa.min_replicas, run.target * IDLE_UTILIZATION.value
    idle = run.both(run.ready, run.utilization, lambda ready, used: ready <= least and used < bar)
    share = idle.mean(run.start, run.end)
    waste, minutes = run.value("waste_minutes"), run.value("replica_minutes")
    used = run.utilization.mean(run.start, run.end)
    if share is None or share <= IDLE_SHARE.value or used is None:
        return None
    if share * (run.end - run.start) < IDLE_SYNCS.value * run.period_s:
        return None
    if run.slow_seconds(run.start, run.end) > 0.1 * (run.end - run.start):
        return None  # users wait: this is no time to take pods away
    if waste is not None and minutes and waste / minutes <= WASTE_SHARE.value:
        return None
    proposed = max(1, math.ceil(least * used / run.target))
    if proposed >= least:
        return None
    return Hit(
        sentence=f"The workload sat at its minimum of {least} pods below half its target for {share:.0%} of the load.",
        evidence=(
            Evidence(
                words="share of the load at the minimum and idle",
                value=share,
                unit="share",
                start=run.start,
                end=run.end,
            ),
            Evidence(words="mean utilisation", value=used, unit="%", start=run.start, end=run.end),
        ),
        advice=f"{proposed} {'pod' if proposed == 1 else 'pods'} would carry the load of that time; "
        "lower minReplicas, unless the rest is there for failures.",
        patch=hpa_patch(run, minReplicas=proposed),
        start=run.start,
        end=run.end,
    )


RULE = Rule(
    id="F2",
    name="floor-too-high",
    order=270,
    title="The minimum is too high",
    severity="note",
    check=check,
    thresholds=(
        IDLE_SHARE,
        IDLE_SYNCS,
        IDLE_UTILIZATION,
        WASTE_SHARE,
    ),
    cure="Lower `minReplicas`, unless the spare pods are there for failures.",
)
