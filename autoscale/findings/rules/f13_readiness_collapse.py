"""F13 readiness-collapse: pods lost their readiness under load."""

from autoscale.analysis.steps import StepSeries
from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, container_patch

COLLAPSED_FOR = Threshold(5, "s", "time with fewer ready pods than before though none were taken away")


def check(run: Run) -> Hit | None:
    """F13: ready pods vanish under load though nobody took them away."""
    for time, before, after in run.ready.changes(run.start, run.end):
        if after >= before or _shrunk(run.desired, time):
            continue
        back = run.ready.first(lambda value, size=before: value >= size, time, run.end)  # type: ignore[misc]
        length = (back if back is not None else run.end) - time
        used, target = run.utilization.at(time), run.target
        busy = (used is not None and target is not None and used > target) or run.slow_seconds(time - 10, time + 10) > 0
        if length >= COLLAPSED_FOR.value and busy:
            return Hit(
                sentence=f"{before - after:.0f} of {before:.0f} ready pods lost their readiness under load for "
                f"{length:.0f} s, while the wanted size did not fall.",
                evidence=(
                    Evidence(
                        words=f"ready pods {before:.0f} to {after:.0f}",
                        value=length,
                        unit="s",
                        start=time,
                        end=time + length,
                    ),
                ),
                advice="Make the readiness probe patient (timeoutSeconds, failureThreshold) and answer it off the "
                "busy port.",
                patch=container_patch(run, readinessProbe={"timeoutSeconds": 5, "failureThreshold": 6}),
                start=time,
                end=time + length,
            )
    return None


def _shrunk(desired: StepSeries, time: float) -> bool:
    """Whether the wanted size fell shortly before."""
    return any(after < before for _, before, after in desired.changes(time - 60.0, time + 1.0))


RULE = Rule(
    id="F13",
    name="readiness-collapse",
    order=80,
    title="Pods lost their readiness under load",
    severity="error",
    check=check,
    facts=True,
    thresholds=(COLLAPSED_FOR,),
    cure="A patient readiness probe, answered off the busy port.",
)
