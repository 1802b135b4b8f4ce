"""F35 metrics-fight: one metric holds the size that all others would have halved."""

from autoscale.analysis.results.series import HpaMetric
from autoscale.analysis.steps import StepSeries, combine
from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run

HELD_FOR = Threshold(120, "s", "time in which one metric alone held the size")
APART = Threshold(2, "x", "what it asked for over what the others did")


def check(run: Run) -> Hit | None:
    """F35: the HPA takes the most that any metric asks for, so one that never falls keeps every pod."""
    metrics = [metric for metric in run.analysis.hpa_metrics if metric.aimed]
    for metric in metrics if len(metrics) > 1 else ():
        others = [one for one in metrics if one is not metric]
        held = _holds(run, metric, others)
        span = held.longest(lambda value: value > 0, run.start, run.analysis.end)
        if span is None or span[1] - span[0] < HELD_FOR.value:
            continue
        start, end = span
        names = " and ".join(one.name for one in others)
        most = max((one.asks.highest(start, end) or 0 for one in others), default=0)
        own = metric.asks.highest(start, end) or 0
        return Hit(
            sentence=f"For {end - start:.0f} s {metric.name} alone kept {own:.0f} pods where {names} asked for "
            f"{most:.0f} at most: an HPA takes the most that any of its metrics asks for.",
            evidence=(
                Evidence(words=f"pods by {metric.name}", value=own, unit="pods", start=start, end=end),
                Evidence(words=f"pods by {names}", value=most, unit="pods", start=start, end=end),
            ),
            advice=f"Does {metric.name} fall when there are more pods, and when the load is gone? If not (memory "
            "that is not given back, a total that does not shrink), it holds the size for good: raise its target, or "
            "take it out.",
            patch=None,
            start=start,
            end=end,
        )
    return None


def _holds(run: Run, metric: HpaMetric, others: list[HpaMetric]) -> StepSeries:
    """1 while this metric asks for the whole size and each other one for half of it at most."""

    def holds(at: list[float | None]) -> float | None:
        size, least, own, *rest = at
        if size is None or own is None or None in rest or least is None:
            return None
        most = max(max(value for value in rest if value is not None), least)
        return float(own >= size and own >= APART.value * most)

    floor = float(max(1, run.hpa.min_replicas if run.hpa else 1))
    least = StepSeries.of([(run.analysis.start, floor)])
    return combine((run.desired, least, metric.asks, *(one.asks for one in others)), holds)


RULE = Rule(
    id="F35",
    name="metrics-fight",
    order=155,
    title="One metric held the size that the others would have halved",
    severity="warning",
    check=check,
    thresholds=(HELD_FOR, APART),
    cure="A metric that falls when there are more pods; or a higher target of it, or none.",
)
