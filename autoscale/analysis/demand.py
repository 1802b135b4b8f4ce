"""How many pods the load needs over time, from what a request costs, the HPA's target, and the pods' request.

The fewest pods whose utilisation stays within target plus tolerance. The planned rate is taken, not the answered one:
overload lowers the latter exactly when supply is short. Target, tolerance, minimum and request are those of their time.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from autoscale.analysis.hpa_metrics import asked_for
from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.plan import PlannedRate
from autoscale.analysis.requests import common_request
from autoscale.analysis.results.scaling import HpaSpec
from autoscale.analysis.results.series import Demand, HpaMetric, Seconds
from autoscale.analysis.service_demand import Cost, cost
from autoscale.analysis.steps import StepSeries, aligned, combine

_MOST_STEPS = 2_000  # on one straight piece of the plan; a steeper one is followed second by second

Spec = tuple[float, HpaSpec]  # from when on


def demand(
    kept: Collected,
    series: Seconds,
    plan: PlannedRate,
    specs: Sequence[Spec],
    ready: StepSeries,
    metrics: Sequence[HpaMetric],
) -> Demand:
    """The demand curve, or why there is none: of several metrics the most pods that one asks for, as the HPA has it."""
    spec = specs[-1][1] if specs else None
    price = cost(kept, series, ready, spec.container if spec else None)
    others = [metric for metric in metrics if not metric.is_cpu and metric.aimed]
    parts: list[Found] = []
    if not others or any(metric.is_cpu and metric.aimed for metric in metrics):
        parts.append(_by_cpu(kept, plan, specs, price))
    parts += [_by_metric(metric, plan, specs, ready) for metric in others]
    missing = [words for curve, words in parts if curve is None]
    if missing or spec is None or not plan:
        return Demand(
            curve=StepSeries(),
            how="unknown: " + "; ".join(missing or ["no HPA"]),
            cpu_per_request_s=price.each_s,
            idle_cpu_m=price.idle_m,
            beyond_max_share=None,
        )
    curve = _within_min(_most([curve for curve, _ in parts if curve is not None]), specs)
    how = "; and ".join(words for _, words in parts)
    least = f"at least {max(1, spec.min_replicas)}"
    return Demand(
        curve=curve,
        how=f"{how}; {least}",
        cpu_per_request_s=price.each_s,
        idle_cpu_m=price.idle_m,
        beyond_max_share=_beyond(curve, specs, plan),
    )


Found = tuple[StepSeries | None, str]  # pods over time and how that was found, or None and why not


def _by_cpu(kept: Collected, plan: PlannedRate, specs: Sequence[Spec], price: Cost) -> Found:
    """What the metric on CPU asks for."""
    spec = specs[-1][1] if specs else None
    request = common_request(kept, spec.container if spec else None)
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
        return None, "; ".join(missing)
    allowed = _allowed(spec, request.values[-1]) if request else None
    if allowed is None or allowed <= price.idle_m:
        return None, (f"an idle pod alone uses {price.idle_m:.0f}m, as much as the target allows ({allowed or 0:.0f}m)")
    return _curve(plan, specs, request, price), _how(plan, specs, request, price)


def _by_metric(metric: HpaMetric, plan: PlannedRate, specs: Sequence[Spec], ready: StepSeries) -> Found:
    """What another metric asks for."""
    found = asked_for(metric, plan, ready, specs[-1][1].tolerance) if specs and plan else None
    if found is None:
        return None, f"the HPA saw no value of its {metric.kind} metric {metric.name}"
    target = next(value for value in reversed(metric.target.values) if value is not None)
    of = {"request": "% of the request", "pod": "a pod", "all": "in all"}[metric.per]
    return found[0], f"estimated from this run: {found[1]}, within {target:g} {of} and tolerance"


def _most(curves: Sequence[StepSeries]) -> StepSeries:
    """The greatest at each time; unknown where one of them is."""
    return combine(curves, lambda at: None if None in at else max(value for value in at if value is not None))


def _within_min(curve: StepSeries, specs: Sequence[Spec]) -> StepSeries:
    """Never below the minimum of its time."""
    floors = StepSeries.of((at, float(max(1, spec.min_replicas))) for at, spec in specs)
    first = specs[0][1]
    low = float(max(1, first.min_replicas))
    return combine((curve, floors), lambda at: None if at[0] is None else max(at[0], low if at[1] is None else at[1]))


def _beyond(curve: StepSeries, specs: Sequence[Spec], plan: PlannedRate) -> float:
    """The share of the load's time in which it lies above maxReplicas."""
    start, end = plan.times[0], plan.times[-1]
    most = StepSeries.of((start if i == 0 else at, float(spec.max_replicas)) for i, (at, spec) in enumerate(specs))
    over = sum(length for length, need, limit in aligned(curve, most, start, end) if need > limit)
    return over / (end - start) if end > start else 0.0


def _allowed(spec: HpaSpec, request: float | None) -> float | None:
    """Millicores that a pod may use before the HPA grows."""
    if spec.target_percent is not None and request is not None:
        return request * spec.target_percent / 100 * (1 + spec.tolerance)
    return spec.target_value_m * (1 + spec.tolerance) if spec.target_value_m is not None else None


def _curve(plan: PlannedRate, specs: Sequence[Spec], request: StepSeries, price: Cost) -> StepSeries:
    """The pods that CPU asks for over the plan."""
    points: list[tuple[float, float | None]] = []
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
        points += [(time, float(pods)) for time, pods in _steps(since, until, low / capacity, high / capacity)]
    return StepSeries.of(points)


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
    source = "measured" if plan.measured else "planned"
    targets = list(dict.fromkeys(_target(one) for _, one in specs))
    asked = list(dict.fromkeys(f"{value:.0f}m" for value in request.values if value is not None))
    then = f", of requests of {', then '.join(asked)}" if len(asked) > 1 else ""
    return (
        f"estimated from this run: {(price.each_s or 0) * 1000:.1f} ms of CPU a request and {price.idle_m:.0f}m an "
        f"idle pod, {source} rate, utilisation within {', then '.join(targets)} and tolerance{then}"
    )


def _target(spec: HpaSpec) -> str:
    return f"{spec.target_percent:.0f} %" if spec.target_percent is not None else f"{spec.target_value_m:.0f}m a pod"
