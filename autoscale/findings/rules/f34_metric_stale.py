"""F34 metric-stale: a metric stood still while the load moved."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run

STILL_FOR = Threshold(60, "s", "time in which a metric did not move after a change of the load")
MOVED = Threshold(1.5, "x", "change of the load meanwhile")


def check(run: Run) -> Hit | None:
    """F34: a metric from an adapter that shows the very same value long after the load has changed by half."""
    for metric in run.analysis.hpa_metrics:
        if "Resource" in metric.kind:
            continue
        for since, until, value in metric.value.segments(run.start, run.end):
            for change in run.analysis.changes:
                low, high = sorted((change.before, change.after))
                still = until - max(since, change.until)
                if value and since < change.at and still >= STILL_FOR.value and high >= MOVED.value * low:
                    return Hit(
                        sentence=f"The HPA saw {metric.name} at exactly {value:g} for {until - since:.0f} s, "
                        f"{still:.0f} s of them after the load had gone from {change.before:.0f} to {change.after:.0f} "
                        "requests per second: what it went by was old, or does not follow the load.",
                        evidence=(
                            Evidence(
                                words=f"{metric.name} unchanged after the load changed",
                                value=still,
                                unit="s",
                                start=since,
                                end=until,
                            ),
                        ),
                        advice="See how old the series behind it is: the exporter, the scrape, the adapter's query "
                        "and its caches. A metric that does not follow the load cannot scale by it.",
                        patch=None,
                        start=since,
                        end=until,
                    )
    return None


RULE = Rule(
    id="F34",
    name="metric-stale",
    order=96,
    title="A metric stood still while the load moved",
    severity="warning",
    check=check,
    thresholds=(STILL_FOR, MOVED),
    cure="The chain behind the metric: exporter, scrape, query, caches; or a metric that follows the load.",
)
