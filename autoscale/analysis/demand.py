"""How many pods the load needs, estimated from the run itself by the service demand law (Denning and Buzen 1978).

CPU of all pods = idle CPU x pods + CPU per request x answered rate, fitted over the CPU samples. From these two
and the HPA's target follows the demand: the fewest pods whose utilisation stays within target plus tolerance.
The planned rate is taken, not the answered one: overload lowers the latter exactly when supply is short.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from autoscale.analysis.intake.collect import Collected
from autoscale.analysis.plan import PlannedRate
from autoscale.analysis.results.analysis import Demand, HpaSpec, Seconds
from autoscale.analysis.steps import StepSeries

_LEAST_REQUESTS = 50
_LEAST_POINTS = 3
_STEADY = 0.15
_WORST_FIT = 0.35  # mean distance from the fit, as a share of the mean CPU, beyond which it explains nothing

Point = tuple[float, float, float]  # pods, answered per second, millicores


def fit(points: Sequence[Point]) -> tuple[float, float] | None:
    """(idle millicores a pod, CPU seconds a request), least squares with both at least 0; None where undetermined."""
    found = _least_squares(points)
    if found is None:
        return None
    idle, each = found
    off = sum(abs(u - idle * n - 1000 * each * x) for n, x, u in points)
    return found if off <= _WORST_FIT * sum(u for _, _, u in points) else None


def _least_squares(points: Sequence[Point]) -> tuple[float, float] | None:
    nn = sum(n * n for n, _, _ in points)
    nx = sum(n * x for n, x, _ in points)
    xx = sum(x * x for _, x, _ in points)
    nu = sum(n * u for n, _, u in points)
    xu = sum(x * u for _, x, u in points)
    if len(points) < _LEAST_POINTS or xx <= 0:
        return None
    determinant = nn * xx - nx * nx
    if determinant > 1e-6 * nn * xx:
        idle, each = (nu * xx - xu * nx) / determinant, (xu * nn - nu * nx) / determinant
        if idle >= 0 and each > 0:
            return idle, each / 1000
    each = xu / xx
    return (0.0, each / 1000) if each > 0 else None


def _width(kept: Collected) -> float:
    """How far apart samples of one pod usually are, in seconds, but not less than their window."""
    windows = sorted(window for usage in kept.usage.values() for window in usage.window_s)
    apart = sorted(b - a for usage in kept.usage.values() for a, b in pairwise(usage.at))
    return max([1.0, *(values[len(values) // 2] for values in (windows, apart) if values)])


def _slots(kept: Collected, width: float) -> Iterator[tuple[int, float, float, float]]:
    """For each ``width`` seconds with samples: (pods, mean end of their windows, sum of millicores, mean window)."""
    sums: dict[int, tuple[int, float, float, float]] = {}
    for usage in kept.usage.values():
        columns = zip(usage.at, usage.cpu_m, usage.window_s, strict=True)
        latest = {int(sample[0] // width): sample for sample in columns}  # one sample of a pod in each slot
        for slot, (at, cpu_m, window) in latest.items():
            n, ats, total, windows = sums.get(slot, (0, 0.0, 0.0, 0.0))
            sums[slot] = n + 1, ats + at, total + cpu_m, windows + window
    for _, (n, ats, total, windows) in sorted(sums.items()):
        yield n, ats / n, total, windows / n


def samples(kept: Collected, series: Seconds, ready: StepSeries) -> list[Point]:
    """One point for each moment at which all ready pods' CPU was measured: over the same window, what they answered."""
    answered = [0, *accumulate(n or 0 for n in series.answered)]
    width = _width(kept)
    points = []
    for n, at, cpu_m, window in _slots(kept, width):
        first, last = (round(time - series.start) for time in (at - max(1.0, window), at))
        present = ready.at(at)
        if first < 0 or last > len(series) or last <= first or present is None or n < present:
            continue
        rate = (answered[last] - answered[first]) / (last - first)
        low, high = max(0, first - 2), min(len(series), last + 2)
        around = (answered[high] - answered[low]) / (high - low)
        if abs(around - rate) > _STEADY * max(rate, around):
            continue  # the load changed near the window, whose edges are only known to the second
        points.append((float(n), rate, cpu_m))
    return points


def demand(
    kept: Collected, series: Seconds, plan: PlannedRate, spec: HpaSpec | None, ready: StepSeries
) -> Demand:  # fmt: skip
    """The demand curve, or why there is none."""
    fitted = fit(samples(kept, series, ready)) if sum(n or 0 for n in series.answered) >= _LEAST_REQUESTS else None
    idle, each = fitted if fitted else (None, None)
    request = _request(kept)
    missing = [
        text
        for absent, text in (
            (spec is None or spec.target_percent is None, "the HPA has no CPU utilisation target"),
            (request is None, "the pods' CPU request is not known"),
            (fitted is None, "too few CPU samples beside answered requests"),
            (not plan, "the load is not known"),
        )
        if absent
    ]
    if missing or spec is None or spec.target_percent is None or request is None or idle is None or each is None:
        return Demand(StepSeries(), "unknown: " + "; ".join(missing), each, idle, None)
    allowed = request * spec.target_percent / 100 * (1 + spec.tolerance)
    if allowed <= idle:
        words = f"unknown: an idle pod alone uses {idle:.0f}m, as much as the target allows ({allowed:.0f}m)"
        return Demand(StepSeries(), words, each, idle, None)
    capacity = (allowed - idle) / (each * 1000)
    grid = plan.every()
    floor = max(1, spec.min_replicas)
    curve = StepSeries.of([(time, float(max(floor, _pods(rate / capacity)))) for time, rate in grid])
    beyond = sum(rate / capacity > spec.max_replicas for _, rate in grid) / len(grid) if grid else None
    source = "measured" if plan.measured else "planned"
    how = (
        f"estimated from this run: {each * 1000:.1f} ms of CPU a request and {idle:.0f}m an idle pod, {source} rate, "
        f"utilisation within {spec.target_percent:.0f} % and tolerance; at least {floor}"
    )
    return Demand(curve, how, each, idle, beyond)


def _pods(exact: float) -> int:
    """Pods for a load of ``exact`` pods' worth; a hair above a whole number is that number."""
    return math.ceil(exact - 1e-6)


def _request(kept: Collected) -> float | None:
    """The CPU request of one pod: the most common one."""
    requests = sorted(pod.request_m for pod in kept.pods.values() if pod.request_m)
    return requests[bisect_left(requests, requests[len(requests) // 2])] if requests else None
