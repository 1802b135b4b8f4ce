"""F26 throttling: a pod was throttled unseen."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, container_patch, milli

THROTTLED = Threshold(0.95, "x limit", "CPU of a pod that counts as throttled")
THROTTLED_FOR = Threshold(60, "s", "time a pod stays there while the mean has room")


def check(run: Run) -> Hit | None:
    """F26: a pod at its CPU limit while the mean, which the HPA sees, has room."""
    bar = run.limit_m
    if bar is None:
        return None
    most = THROTTLED.value * bar
    for name, series in run.analysis.cpu.by_pod.items():
        if max(filter(None, series.values), default=0.0) < most:  # as nearly all
            continue
        full = run.both(series, run.utilization, lambda cpu, used: cpu >= most and used < 100)
        span = full.longest(lambda value: value > 0, run.start, run.end)
        if span is not None and span[1] - span[0] >= THROTTLED_FOR.value:
            return Hit(
                sentence=f"Pod {name} ran at its CPU limit of {bar}m for {span[1] - span[0]:.0f} s while the pods' "
                "mean stayed below their request: it was throttled, and the HPA could not see it.",
                evidence=(
                    Evidence(
                        words=f"pod {name} at its limit", value=span[1] - span[0], unit="s", start=span[0], end=span[1]
                    ),
                ),
                advice="Raise or drop the CPU limit, and see why this pod got more work than the others.",
                patch=container_patch(run, resources={"limits": {"cpu": milli(2 * bar)}}),
                start=span[0],
                end=span[1],
            )
    return None


RULE = Rule(
    id="F26",
    name="throttling",
    order=230,
    title="A pod was throttled unseen",
    severity="warning",
    check=check,
    thresholds=(
        THROTTLED,
        THROTTLED_FOR,
    ),
    cure="Raise or drop the CPU limit. (Judged by CPU samples at the limit: a record holds no throttling counters.)",
)
