"""F20 load-imbalance: uneven load."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run

IMBALANCE = Threshold(1.5, "max / mean", "CPU of the busiest pod over the mean")
IMBALANCE_SHARE = Threshold(0.5, "share of checks", "checks, 30 s apart, in which it holds")
POD_OLD = Threshold(60, "s", "age from which a pod should have its share")


def check(run: Run) -> Hit | None:
    """F20: some pods get far more work than others."""
    checks = []
    time = run.start + POD_OLD.value
    while time < run.end:
        values = {
            pod.name: cpu
            for pod in run.pods
            if pod.ready_at is not None
            and pod.ready_at <= time - POD_OLD.value
            and (pod.removed_at is None or pod.removed_at > time)
            and pod.name in run.analysis.cpu.by_pod
            and (cpu := run.analysis.cpu.by_pod[pod.name].at(time)) is not None
        }
        mean = sum(values.values()) / len(values) if values else 0.0
        if len(values) >= 3 and mean > 0:
            busiest = max(values, key=lambda name: values[name])
            checks.append((time, values[busiest] / mean, busiest, len(values)))
        time += 30.0
    uneven = [check for check in checks if check[1] > IMBALANCE.value]
    if len(uneven) < 2 or len(uneven) <= IMBALANCE_SHARE.value * len(checks):
        return None
    worst = max(uneven, key=lambda check: check[1])
    return Hit(
        sentence=f"One of {worst[3]} pods ({worst[2]}) used {worst[1]:.1f} times the mean CPU; the load was uneven in "
        f"{len(uneven)} of {len(checks)} checks. Connections that are kept open stay with the old pods.",
        evidence=tuple(
            Evidence(words=f"busiest pod {name}", value=factor, unit="x mean", start=at, end=at)
            for at, factor, name, _ in uneven[:5]
        ),
        advice="Close connections after a number of requests or a maximum age, or balance per request (L7).",
        patch=None,
        start=uneven[0][0],
        end=uneven[-1][0],
    )


RULE = Rule(
    id="F20",
    name="load-imbalance",
    order=170,
    title="Uneven load",
    severity="warning",
    check=check,
    thresholds=(
        IMBALANCE,
        IMBALANCE_SHARE,
        POD_OLD,
    ),
    cure="Limit requests per connection or its age; balance per request.",
)
