"""F33 metric-missing: one metric of several was missing, so the HPA could only grow."""

from autoscale.analysis.results.series import HpaMetric
from autoscale.findings.blindness import BLIND_S
from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run
from autoscale.hpa.reasons import cure

MISSING_FOR = Threshold(BLIND_S, "s", "time without one of several metrics: two of the HPA's periods")


def check(run: Run) -> Hit | None:
    """F33: while one of several metrics has no value, upstream's HPA follows the others up and never down."""
    found = [(span, metric) for metric in run.analysis.hpa_metrics if (span := _alone(run, metric)) is not None]
    if not found:
        return None
    (start, end), metric = max(found, key=lambda one: one[0][1] - one[0][0])
    reason = f"FailedGet{metric.kind}Metric"
    said = next((event.message for event in reversed(run.analysis.events) if event.reason == reason), "")
    return Hit(
        sentence=f"The HPA had no value of its {metric.kind} metric {metric.name} for {end - start:.0f} s, only of "
        f"others: so long it may grow, but never shrinks{f' ({said})' if said else ''}.",
        evidence=(Evidence(words=f"without {metric.name}", value=end - start, unit="s", start=start, end=end),),
        advice=cure(reason),
        patch=None,
        start=start,
        end=end,
    )


def _alone(run: Run, metric: HpaMetric) -> tuple[float, float] | None:
    """The longest span in which this metric had no value and another one had."""
    others = [one for one in run.analysis.hpa_metrics if one is not metric]
    spans = []
    for start, end, target in metric.target.segments(run.start, run.analysis.end):
        for since, until, value in metric.value.segments(start, end):
            seen = any(one.value.highest(since, until) is not None for one in others)
            if target is not None and value is None and seen:
                spans.append((since, until))
    longest = max(spans, key=lambda span: span[1] - span[0], default=None)
    return longest if longest is not None and longest[1] - longest[0] >= MISSING_FOR.value else None


RULE = Rule(
    id="F33",
    name="metric-missing",
    order=94,
    title="One of several metrics was missing",
    severity="error",
    check=check,
    facts=True,
    thresholds=(MISSING_FOR,),
    cure="The API and the adapter of that metric, and whether its query gives a series; or take the metric out.",
)
