"""How many pods the load needs over time, from what a request costs, the HPA's target, and the pods' request.

The fewest pods whose utilisation stays within target plus tolerance. The planned rate is taken, not the answered one:
overload lowers the latter exactly when supply is short. Target, tolerance, minimum and request are those of their time.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from autoscale.analysis.intake.collect import Collected
from autoscale.analysis.plan import PlannedRate
from autoscale.analysis.requests import common_request
from autoscale.analysis.results.analysis import Demand, HpaSpec, Seconds
from autoscale.analysis.service_demand import Cost, cost
from autoscale.analysis.steps import StepSeries

_MOST_STEPS = 2_000  # on one straight piece of the plan; a steeper one is followed second by second

Spec = tuple[float, HpaSpec]  # from when on


def demand(kept: Collected, series: Seconds, plan: PlannedRate, specs: Sequence[Spec], ready: StepSeries) -> Demand:
    """The demand curve, or why there is none."""
    spec = specs[-1][1] if specs else None
    container = spec.container if spec else None
    price = cost(kept, series, ready, container)
    request = common_request(kept, container)
    aimed = spec is not None and (spec.target_percent is not None or spec.target_value_m is not None)
    missing = [
        text
        for absent, text in (
            (not aimed, "the HPA has no CPU target"),
            (not request, "the pods' CPU request is not known"),
            (price.each_s is None, price.why),
            (not plan, "the load is not known"),
        )
        if absent
    ]
    if missing or spec is None or price.each_s is None or price.idle_m is None:
        return Demand(
            curve=StepSeries(),
            how="unknown: " + "; ".join(missing),
            cpu_per_request_s=price.each_s,
            idle_cpu_m=price.idle_m,
            beyond_max_share=None,
        )
    allowed = _allowed(spec, request.values[-1]) if request else None
    if allowed is None or allowed <= price.idle_m:
        words = (
            f"unknown: an idle pod alone uses {price.idle_m:.0f}m, as much as the target allows ({allowed or 0:.0f}m)"
        )
        return Demand(
            curve=StepSeries(),
            how=words,
            cpu_per_request_s=price.each_s,
            idle_cpu_m=price.idle_m,
            beyond_max_share=None,
        )
    curve, beyond = _curve(plan, specs, request, price)
    return Demand(
        curve=curve,
        how=_how(plan, specs, request, price),
        cpu_per_request_s=price.each_s,
        idle_cpu_m=price.idle_m,
        beyond_max_share=beyond,
    )


def _allowed(spec: HpaSpec, request: float | None) -> float | None:
    """Millicores that a pod may use before the HPA grows."""
    if spec.target_percent is not None and request is not None:
        return request * spec.target_percent / 100 * (1 + spec.tolerance)
    return spec.target_value_m * (1 + spec.tolerance) if spec.target_value_m is not None else None


def _curve(plan: PlannedRate, specs: Sequence[Spec], request: StepSeries, price: Cost) -> tuple[StepSeries, float]:
    """The curve, and the share of the time in which it lies above maxReplicas."""
    points: list[tuple[float, float | None]] = []
    beyond = total = 0.0
    edges = sorted({plan.times[0], plan.times[-1], *plan.times, *(at for at, _ in specs[1:]), *request.times})
    edges = [edge for edge in edges if plan.times[0] <= edge <= plan.times[-1]]
    for since, until in pairwise(edges):
        spec = _spec_at(specs, since)
        asked = request.at(since)
        allowed = _allowed(spec, request.values[0] if asked is None else asked)
        capacity = ((allowed or 0.0) - (price.idle_m or 0.0)) / ((price.each_s or 0.0) * 1000)
        if capacity <= 0:
            points.append((since, None))
            continue
        low, high = plan.at(since), plan.before(until)
        steps = list(_steps(since, until, low / capacity, high / capacity))
        floor = max(1, spec.min_replicas)
        points += [(time, float(max(floor, pods))) for time, pods in steps]
        total += until - since
        ends = [*(time for time, _ in steps[1:]), until]
        beyond += sum(end - time for (time, pods), end in zip(steps, ends, strict=True) if pods > spec.max_replicas)
    return StepSeries.of(points), beyond / total if total else 0.0


def _spec_at(specs: Sequence[Spec], time: float) -> HpaSpec:
    return next((spec for at, spec in reversed(specs) if at <= time), specs[0][1])


def _steps(since: float, until: float, low: float, high: float) -> Iterator[tuple[float, int]]:
    """(time, pods) of every step on a straight piece from ``low`` to ``high`` pods' worth of load."""
    first, last = _pods(low), _pods(high)
    yield since, first
    if first == last or until <= since:
        return
    if abs(last - first) > _MOST_STEPS:
        for i in range(1, math.ceil(until - since)):
            yield since + i, _pods(low + (high - low) * i / (until - since))
        return
    slope = (high - low) / (until - since)
    up = last > first
    for pods in range(first + 1, last + 1) if up else range(first - 1, last - 1, -1):
        # rising, a pod more is needed from the moment on at which the others are full; falling, until then
        edge = pods - 1 if up else pods
        yield min(until, max(since, since + (edge - low) / slope)), pods


def _pods(exact: float) -> int:
    """Pods for a load of ``exact`` pods' worth; a hair above a whole number is that number."""
    return math.ceil(exact - 1e-6)


def _how(plan: PlannedRate, specs: Sequence[Spec], request: StepSeries, price: Cost) -> str:
    spec, source = specs[-1][1], "measured" if plan.measured else "planned"
    targets = list(dict.fromkeys(_target(one) for _, one in specs))
    asked = list(dict.fromkeys(f"{value:.0f}m" for value in request.values if value is not None))
    then = f", of requests of {', then '.join(asked)}" if len(asked) > 1 else ""
    return (
        f"estimated from this run: {(price.each_s or 0) * 1000:.1f} ms of CPU a request and {price.idle_m:.0f}m an "
        f"idle pod, {source} rate, utilisation within {', then '.join(targets)} and tolerance{then}; "
        f"at least {max(1, spec.min_replicas)}"
    )


def _target(spec: HpaSpec) -> str:
    return f"{spec.target_percent:.0f} %" if spec.target_percent is not None else f"{spec.target_value_m:.0f}m a pod"
