"""F6 limit-caps-signal: the CPU limit caps the signal."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, container_patch, milli

CAPPED = Threshold(0.95, "x limit", "utilisation at a decision that counts as capped by the CPU limit")
CAPPED_STEPS = Threshold(2, "steps", "growths decided on a capped signal")


def check(run: Run) -> Hit | None:
    """F6: the CPU limit caps what the HPA can see, so every step is too small."""
    cap, target = run.cap_percent, run.target
    if cap is None or not target or cap <= target:
        return None
    capped = []
    for event in run.analysis.scale_events:
        used = run.utilization.at(event.at + 1.0)
        if event.up and run.start <= event.at <= run.end and used is not None and used >= CAPPED.value * cap:
            capped.append((event, used))
    if len(capped) < CAPPED_STEPS.value or run.limit_m is None:
        return None
    start, end = capped[0][0].at, capped[-1][0].at
    return Hit(
        sentence=f"{len(capped)} growths were decided with utilisation at the CPU limit ({cap:.0f} % of the "
        f"request): no step can be larger than {cap / target:.2g}x, however large the load.",
        evidence=tuple(
            Evidence(words=f"{event.before} to {event.after}", value=used, unit="%", start=event.at, end=event.at)
            for event, used in capped
        ),
        advice="Raise the CPU limit (or drop it), lower the target, or scale on requests per second.",
        patch=container_patch(run, resources={"limits": {"cpu": milli(2 * run.limit_m)}}),
        start=start,
        end=end,
    )


RULE = Rule(
    id="F6",
    name="limit-caps-signal",
    order=120,
    title="The CPU limit caps the signal",
    severity="warning",
    check=check,
    thresholds=(
        CAPPED,
        CAPPED_STEPS,
    ),
    cure="Raise or drop the CPU limit, lower the target, or scale on requests per second.",
)
