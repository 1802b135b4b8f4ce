"""F3 slow-metrics: metrics are slow."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run

METRIC_AGE = Threshold(45, "s", "window of a CPU sample, or time between two samples of a pod")
DETECT = Threshold(60, "s", "time from the largest rise to the first growth")


def check(run: Run) -> Hit | None:
    """F3: the metric is old when the HPA reads it."""
    ages = [entry for entry in run.analysis.metric_ages if run.start <= entry[0] <= run.end]
    worst = max(ages, key=lambda entry: max(entry[1:]), default=None)
    old = worst is not None and max(worst[1:]) > METRIC_AGE.value
    detect = run.analysis.reaction.detect
    late = detect.value is not None and not detect.at_least and detect.value > DETECT.value
    if not old and not late:
        return None
    evidence = []
    if worst is not None and old:
        evidence.append(
            Evidence(
                words="window of a CPU sample, or time between two",
                value=max(worst[1:]),
                unit="s",
                start=worst[0],
                end=worst[0],
            )
        )
    if late and run.analysis.reaction.step is not None:
        since = run.analysis.reaction.step.at
        evidence.append(
            Evidence(
                words="largest rise to the first growth",
                value=detect.value,
                unit="s",
                start=since,
                end=since + (detect.value or 0),
            )
        )
    return Hit(
        sentence="The HPA decides on old metrics: " + "; ".join(f"{e.words} {e.value:.0f} s" for e in evidence) + ".",
        evidence=tuple(evidence),
        advice="Run metrics-server with --metric-resolution=15s and check the kubelet's housekeeping interval.",
        patch=None,
        start=evidence[0].start,
        end=evidence[0].end,
    )


RULE = Rule(
    id="F3",
    name="slow-metrics",
    order=140,
    title="Metrics are slow",
    severity="warning",
    check=check,
    thresholds=(
        METRIC_AGE,
        DETECT,
    ),
    cure="`--metric-resolution=15s` for metrics-server; check the kubelet's housekeeping interval.",
)
