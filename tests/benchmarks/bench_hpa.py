"""Speed of the HPA rule: decisions against a calibration loop, and how the cost grows with the pods."""

import time
from collections.abc import Callable

from autoscale.hpa import (
    Config,
    Container,
    MetricSpec,
    MetricTarget,
    ObjectReference,
    Observation,
    Pod,
    PodUsage,
    Scale,
    Spec,
    State,
    decide,
)

DECISIONS, PODS = 100_000, 50
SMALL, LARGE = 10, 5_000
NOW = 1_000_000.0
SPEC = Spec(
    ObjectReference("Deployment", "web", "apps/v1"),
    10_000,
    (MetricSpec("Resource", "cpu", MetricTarget("Utilization", average_utilization=50)),),
)


def observation(count: int) -> Observation:
    """A pass over ready pods at 90 % of their request."""
    containers = (Container("app", {"cpu": 100}),)
    pods = tuple(Pod(f"p{index}", containers=containers) for index in range(count))
    usage = tuple(PodUsage(f"p{index}", NOW, 15.0, {"app": {"cpu": 90}}) for index in range(count))
    return Observation(NOW, Scale(count, count, "app=web"), pods, usage)


def calibration() -> int:
    """A loop of plain arithmetic and dictionary access, so that figures of different machines compare."""
    table = {index: index for index in range(100)}
    total = 0
    for index in range(100_000):
        total += table[index % 100]
    return total


def cpu_seconds(work: Callable[[], object], repeats: int) -> float:
    """CPU seconds of one call, the least of three series."""
    series = []
    for _ in range(3):
        begin = time.process_time()
        for _ in range(repeats):
            work()
        series.append((time.process_time() - begin) / repeats)
    return min(series)


def one_decision(count: int) -> Callable[[], object]:
    """A decision over so many pods."""
    seen, config, state = observation(count), Config(), State()
    return lambda: decide(SPEC, config, state, seen)


def run() -> list[tuple[str, str]]:
    """Rows of (what, figure)."""
    loop = cpu_seconds(calibration, 20)
    fifty = cpu_seconds(one_decision(PODS), DECISIONS // 3)
    small, large = cpu_seconds(one_decision(SMALL), 2_000), cpu_seconds(one_decision(LARGE), 20)
    growth = (large / LARGE) / (small / SMALL)
    return [
        (f"HPA decision, {PODS} pods", f"{fifty * 1e6:.0f} us CPU, {1 / fifty:,.0f} per CPU-second"),
        ("  divided by the calibration loop (100,000 dictionary reads)", f"{fifty / loop:.4f}"),
        (f"HPA decision, {LARGE} against {SMALL} pods: cost per pod (linear is 1 or less)", f"{growth:.2f}"),
    ]
