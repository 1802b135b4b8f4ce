"""F54 headroom: too little room for the rise."""

import math
from collections.abc import Iterator

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.rules.f03_slow_metrics import DETECT
from autoscale.findings.run import Hit, Patch, Run, hpa_patch

FELT = Threshold(0.5, "of the bad requests", "of the run that fell between the rise and the end of its backlog")
SLOW_SECONDS = Threshold(5, "s", "beyond the latency objective meanwhile")
WAITED = Threshold(0.5, "of the time to more pods", "that passed before the HPA decided")


def check(run: Run) -> Hit | None:
    """F54: users felt a rise because the pods that were there could not carry it until the HPA, which was no slower
    than usual, had seen it."""
    react = run.analysis.reaction
    detect, step = react.detect.value, react.step
    before = run.ready.at(step.at) if step is not None else None
    # a target at 0 has no room by choice, and F38 of its own
    if step is None or detect is None or react.detect.at_least or not before or not run.ready.at(run.start):
        return None
    if run.hpa is None or run.hpa.up_window_s:
        return None
    came = next((at for at, size in _sizes(run, step.at + detect) if size > before), None)
    if came is None or detect > DETECT.value or detect < WAITED.value * (came - step.at):
        return None
    start, end = step.at, max(came, step.at + (react.recovery.value or 0.0))
    bad, whole = run.bad(start, end), run.bad(run.start, run.end)
    if not whole or bad is None or bad < FELT.value * whole or run.slow_seconds(start, end) < SLOW_SECONDS.value:
        return None
    least = _least(run, run.analysis.demand.curve.highest(start, end))
    if least is None or least <= before:
        return None
    return Hit(
        sentence=f"The load rose from {step.before:.0f} to {step.after:.0f} requests per second, more than the "
        f"{before:.0f} ready pod(s) could carry, and more were ready {came - start:.0f} s later. {detect:.0f} s of "
        "that passed before the HPA decided, as metrics come and the HPA looks now and then only: none of its settings "
        "shortens it.",
        evidence=(
            Evidence(
                words="from the rise to the first growth", value=detect, unit="s", start=start, end=start + detect
            ),
            Evidence(words="bad requests meanwhile", value=bad, unit="requests", start=start, end=end),
            Evidence(words="pods that carry it, fully used", value=least, unit="pods"),
        ),
        advice=f"Keep room for such a rise: {least} pods at least, or a lower target, so that the pods which are there "
        "carry it until others come. One that is known beforehand can be met by the clock (KEDA's `cron` trigger).",
        patch=_patch(run, least),
        start=start,
        end=end,
    )


def _sizes(run: Run, since: float) -> Iterator[tuple[float, float]]:
    """(time, ready pods) from a time to the load's end, as far as they are known."""
    return ((at, size) for at, _, size in run.ready.segments(since, run.end) if size is not None)


def _least(run: Run, need: float | None) -> int | None:
    """The pods that carry the risen load with all of their request used: what is needed at 100 %, not at the target.
    None where that is not known, or the maximum is too few (F1)."""
    if need is None or run.hpa is None or need > run.hpa.max_replicas:
        return None
    return math.ceil(need * min(1.0, (run.target or 100.0) / 100))


def _patch(run: Run, least: int) -> Patch | None:
    """Of KEDA's HPA the ScaledObject has the say."""
    if run.analysis.keda is not None:
        return f"scaledobject/{run.analysis.keda.name}", {"spec": {"minReplicaCount": least}}
    return hpa_patch(run, minReplicas=least)


RULE = Rule(
    id="F54",
    name="headroom",
    order=105,
    title="Too little room for the rise",
    severity="warning",
    check=check,
    thresholds=(FELT, SLOW_SECONDS, WAITED),
    cure="A higher minimum or a lower target, so that there is room until others come; a schedule for what is known.",
)
