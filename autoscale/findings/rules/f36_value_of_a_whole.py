"""F36 value-of-a-whole: a total under a ``value`` target grows without end."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Patch, Run, hpa_patch

GREW = Threshold(2, "x", "growth of the workload, all by the HPA")
FELL = Threshold(0.1, "share", "by how much the metric fell meanwhile, at most")


def check(run: Run) -> Hit | None:
    """F36: with ``value`` each pass multiplies the pods by value over target, whatever pods there are."""
    for metric in run.analysis.hpa_metrics:
        if metric.per != "all":
            continue
        ups = [event for event in run.analysis.scale_events if event.up and event.by == "hpa"]
        if not ups or ups[-1].after < GREW.value * ups[0].before:
            continue
        start, end = ups[0].at, run.end
        first, last = metric.value.at(start), metric.value.at(ups[-1].at + 2 * run.period_s)
        goal = metric.target.at(start)
        if first is None or last is None or goal is None or last <= goal or last < (1 - FELL.value) * first:
            continue
        return Hit(
            sentence=f"{metric.name} was {first:g} with {ups[0].before} pods and still {last:g} with "
            f"{ups[-1].after}: a total that more pods do not lower. Under a target of kind `value` each pass "
            "multiplies the pods by total over target, so it grows to the maximum.",
            evidence=(
                Evidence(words=f"{metric.name} before", value=first, unit="", start=start, end=start),
                Evidence(words=f"{metric.name} after", value=last, unit="", start=ups[-1].at, end=end),
            ),
            advice="Give it an `averageValue`, what one pod may have of it; `value` is for what falls when pods are "
            "added, such as a latency.",
            patch=_patch(run, metric.name, goal),
            start=start,
            end=end,
        )
    return None


def _patch(run: Run, name: str, goal: float | None) -> Patch | None:
    """The metrics with an averageValue in place of that value: the same figure, for each pod."""
    metrics = [dict(metric) for metric in (run.hpa.raw.get("metrics") or [] if run.hpa else [])]
    for metric in metrics:
        for key in ("object", "external"):
            source = metric.get(key) or {}
            if (source.get("metric") or {}).get("name") == name and goal is not None:
                metric[key] = {**source, "target": {"type": "AverageValue", "averageValue": f"{goal:g}"}}
                return hpa_patch(run, metrics=metrics)
    return None


RULE = Rule(
    id="F36",
    name="value-of-a-whole",
    order=156,
    title="A total that more pods do not lower",
    severity="error",
    check=check,
    thresholds=(GREW, FELL),
    cure="`averageValue` in place of `value`.",
)
