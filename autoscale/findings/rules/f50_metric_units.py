"""F50 metric-units: a metric of requests per second that is in another unit."""

import re
from statistics import median

from autoscale.analysis.results.series import HpaMetric
from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run

LOOKS = Threshold(4, "values", "values of the metric that are held against the load")
NEAR = Threshold(1.4, "x", "how far such a value may lie from a whole unit's factor")
_WINDOW_S = 30.0  # what a rate is usually taken over
_REQUESTS = re.compile(r"(request|http|query|queries).*per.?s|(request|http|query|queries).*rate|(^|_)(rps|qps)($|_)")
_UNITS = {
    1000.0: "a thousand times it (thousandths, taken for whole ones)",
    1 / 1000: "a thousandth of it (thousands, or a quantity without its `m` or `k`)",
    60.0: "sixty times it (per minute)",
    1 / 60: "a sixtieth of it (per minute, divided once too often)",
    3600.0: "3600 times it (per hour)",
}


def check(run: Run) -> Hit | None:
    """F50: what the HPA took for requests per second is, again and again, one factor of units away from the load."""
    for metric in run.analysis.hpa_metrics:
        if "Resource" in metric.kind or not _REQUESTS.search(metric.name.lower()):
            continue
        factors = [factor for at in _looks(run, metric) if (factor := _factor(run, metric, at)) is not None]
        unit = _unit(factors)
        if unit is not None:
            return Hit(
                sentence=f"The HPA's {metric.name} was about {median(factors):.4g} times the requests per second of "
                f"the load: {_UNITS[unit]}. Its target is held against figures of another unit.",
                evidence=(Evidence(f"{metric.name} over the load's rate, median", median(factors), "x"),),
                advice="See the adapter's query and the unit of its series (`rate` is per second, `increase` is not), "
                "or give the target in the unit that it has.",
                patch=None,
                start=run.start,
                end=run.end,
            )
    return None


def _looks(run: Run, metric: HpaMetric) -> list[float]:
    """When a value was shown that can be held against half a minute of load."""
    segments = metric.value.segments(run.start, run.end)
    return [since for since, _, value in segments if value and since >= run.start + _WINDOW_S]


def _factor(run: Run, metric: HpaMetric, at: float) -> float | None:
    """Value over load at a time; None where either is unknown or the load is next to nothing."""
    seconds = run.analysis.seconds
    first, last = (round(time - seconds.start) for time in (at - _WINDOW_S, at))
    asked = [count for count in seconds.asked[max(0, first) : max(0, last)] if count is not None]
    value, pods = metric.value.at(at), run.ready.at(at)
    if value is None or not asked or sum(asked) < len(asked) or not pods:
        return None
    return value * (pods if metric.per == "pod" else 1) / (sum(asked) / len(asked))


def _unit(factors: list[float]) -> float | None:
    """The factor of a unit that (nearly) all of these are near; None where they say nothing of the kind."""
    if len(factors) < LOOKS.value:
        return None
    for unit in _UNITS:
        near = [factor for factor in factors if 1 / NEAR.value <= factor / unit <= NEAR.value]
        if len(near) >= 0.75 * len(factors):
            return unit
    return None


RULE = Rule(
    id="F50",
    name="metric-units",
    order=97,
    title="A metric is in another unit than its name says",
    severity="error",
    check=check,
    thresholds=(LOOKS, NEAR),
    cure="The adapter's query, or the target in the unit that the metric has.",
)
