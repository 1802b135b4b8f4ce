"""Findings on requests: lost while shrinking, unevenly spread, or not sent as planned."""

from autoscale.findings.results import Evidence
from autoscale.findings.run import Hit, Run, container_patch
from autoscale.findings.thresholds import limit


def scale_in_errors(run: Run) -> Hit | None:
    """F17: requests fail as pods go."""
    failed, length = run.failed(run.start, run.end), run.end - run.start
    spans = [
        (down.event.at, down.event.at + max(limit("after_scale_in"), down.total_s or 0.0), down.lost_causes)
        for down in run.analysis.scale_downs
        if down.event.at <= run.end
    ]
    inside = sum(run.failed(start, end) or 0 for start, end, _ in spans)
    shrinking = sum(end - start for start, end, _ in spans)
    if failed is None or not spans or inside < limit("least_errors") or length <= shrinking:
        return None
    base = (failed - inside) / (length - shrinking)
    if inside / shrinking <= limit("scale_in_errors") * base:
        return None
    causes: dict[str, int] = {}
    for _, _, found in spans:
        for cause, n in found.items():
            causes[cause] = causes.get(cause, 0) + n
    return Hit(
        f"{inside} requests failed while pods were taken away ("
        + (", ".join(f"{cause}: {n}" for cause, n in sorted(causes.items())) or "cause not known") + ").",
        tuple(Evidence("failed after a shrinking", run.failed(start, end), "requests", start, end)
              for start, end, _ in spans[:5]),
        "Let pods finish: a preStop sleep longer than the endpoints need to spread, and a graceful end on SIGTERM.",
        container_patch(run, lifecycle={"preStop": {"sleep": {"seconds": 10}}}), spans[0][0], spans[-1][1],
    )  # fmt: skip


def load_imbalance(run: Run) -> Hit | None:
    """F20: some pods get far more work than others."""
    checks = []
    time = run.start + limit("pod_old")
    while time < run.end:
        values = {
            pod.name: cpu
            for pod in run.pods
            if pod.ready_at is not None and pod.ready_at <= time - limit("pod_old")
            and (pod.removed_at is None or pod.removed_at > time)
            and pod.name in run.analysis.cpu.by_pod
            and (cpu := run.analysis.cpu.by_pod[pod.name].at(time)) is not None
        }  # fmt: skip
        mean = sum(values.values()) / len(values) if values else 0.0
        if len(values) >= 3 and mean > 0:
            busiest = max(values, key=lambda name: values[name])
            checks.append((time, values[busiest] / mean, busiest, len(values)))
        time += 30.0
    uneven = [check for check in checks if check[1] > limit("imbalance")]
    if len(uneven) < 2 or len(uneven) <= limit("imbalance_share") * len(checks):
        return None
    worst = max(uneven, key=lambda check: check[1])
    return Hit(
        f"One of {worst[3]} pods ({worst[2]}) used {worst[1]:.1f} times the mean CPU; the load was uneven in "
        f"{len(uneven)} of {len(checks)} checks. Connections that are kept open stay with the old pods.",
        tuple(Evidence(f"busiest pod {name}", factor, "x mean", at, at) for at, factor, name, _ in uneven[:5]),
        "Close connections after a number of requests or a maximum age, or balance per request (L7).",
        None, uneven[0][0], uneven[-1][0],
    )  # fmt: skip


def invalid_test(run: Run) -> Hit | None:
    """F25: the load generator was the limit."""
    wrong = [check for check in run.validity.checks if check.effect == "invalid"]
    if not wrong:
        return None
    return Hit(
        "The load generator was the limit, not the service: " + "; ".join(check.words for check in wrong) + ".",
        tuple(Evidence(check.words, check.value, check.unit) for check in wrong),
        f"{_more_room(run, {check.name for check in wrong})}, and run again; believe no other figure.",
        None, run.start, run.end,
    )  # fmt: skip


def _more_room(run: Run, wrong: set[str]) -> str:
    """What a generator that was the limit needs; one that only waited for answers needs no further workers."""
    scenario = run.analysis.header["scenario"]
    most = scenario.get("load", {}).get("max_in_flight")
    if wrong == {"dropped"} and scenario.get("model") == "open" and most is not None:
        return (
            f"Requests found no room: {most} were waiting for answers already. "
            "Raise load.max_in_flight above rate x timeout, or lower the timeout"
        )
    return "Give the generator more workers (load.workers) or its own machine"
