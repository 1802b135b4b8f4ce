"""What the HPA saw of each of its metrics over time, beside what it aimed at, and how many pods that asks for."""

import math
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.plan import PlannedRate
from autoscale.analysis.results.series import HpaMetric, Replicas
from autoscale.analysis.service_demand import least_squares
from autoscale.analysis.steps import StepSeries
from autoscale.kube.quantities import parse_quantity
from autoscale.kube.targets import known

_STEADY_S = 60.0  # a metric is mostly a rate over up to a minute: only after so long at one rate does it say what it is
_STEADY = 0.05
_WORST_FIT = 0.15  # mean distance from the fit as a share: what follows the requests less well goes by what was shown

Key = tuple[str, str, str]  # type, name, container


def hpa_metrics(kept: Collected, supply: Replicas, tolerance: float) -> tuple[HpaMetric, ...]:
    """Every metric that the HPA's spec ever had, in the order of the specs; ``tolerance`` as a share."""
    values: dict[Key, list[tuple[float, float | None]]] = {}
    targets: dict[Key, list[tuple[float, float | None]]] = {}
    pers: dict[Key, str] = {}
    for row in kept.hpas:
        shown = {_key(metric): metric for metric in row["metrics"] or () if metric.get("type")}
        wanted = {_key(metric): metric for metric in row["spec"].get("metrics") or ()}
        for key, metric in wanted.items():
            target = _source(metric).get("target") or {}
            pers[key] = _per(target)
            targets.setdefault(key, []).append((row["t"], _amount(target, pers[key])))
            current = _source(shown[key]).get("current") if key in shown else None
            values.setdefault(key, []).append((row["t"], _amount(current or {}, pers[key])))
        for key in values.keys() - wanted.keys():
            targets[key].append((row["t"], None))
            values[key].append((row["t"], None))
    gone: list[tuple[float, float | None]] = [(row["t"], None) for row in kept.hpas_gone]
    found = []
    for key in values:
        kind, name, container = key
        seen = HpaMetric(
            kind=kind,
            name=name,
            container=container,
            per=pers[key],
            value=StepSeries.of([*values[key], *gone]),
            target=StepSeries.of(targets[key]),
            asks=StepSeries(),
            answers=tuple((row["t"], row["took_s"]) for row in kept.answers if (row["type"], row["name"]) == key[:2]),
        )
        found.append(replace(seen, asks=pods_asked(seen, supply, tolerance)))
    return tuple(found)


def _source(metric: Mapping[str, Any]) -> Mapping[str, Any]:
    kind = str(metric.get("type") or "")
    found: Mapping[str, Any] = metric.get(kind[:1].lower() + kind[1:]) or {}
    return found


def _key(metric: Mapping[str, Any]) -> Key:
    source = _source(metric)
    name = source.get("name") or (source.get("metric") or {}).get("name") or ""
    return str(metric.get("type") or ""), str(name), str(source.get("container") or "")


def _per(target: Mapping[str, Any]) -> str:
    """What a target is of: a ``request``, a ``pod``, or ``all`` together."""
    if target.get("averageUtilization") is not None:
        return "request"
    return "pod" if target.get("averageValue") is not None else "all"


_FIELDS = {"request": "averageUtilization", "pod": "averageValue", "all": "value"}


def _amount(amounts: Mapping[str, Any], per: str) -> float | None:
    """Percent, or the quantity in its base unit; None where it is not there, or is none."""
    value = known(amounts).get(_FIELDS[per])
    try:
        return None if value is None else float(parse_quantity(value))
    except ValueError:
        return None


def asked_for(
    metric: HpaMetric, plan: PlannedRate, ready: StepSeries, tolerance: float
) -> tuple[StepSeries, str] | None:
    """The pods that a metric which is not CPU asks for over time, and how that was found; None where it cannot be told.

    Of a ``Pods`` metric that follows the load: its whole, fitted to the planned rate, over what a pod may have. Of any
    other (a queue has a life of its own, memory hardly follows the load) what the HPA saw itself.
    """
    if metric.kind == "Pods":
        found = _fitted(metric, plan, ready, tolerance)
        if found:
            return found
    if all(value is None for value in metric.asks.values):
        return None
    return metric.asks, f"{metric.name} as the HPA's status showed it"


def pods_asked(metric: HpaMetric, supply: Replicas, tolerance: float) -> StepSeries:
    """The fewest pods that would have brought each value that was seen to its target plus tolerance.

    An average over pods says nothing of the whole while pods are new, which have no value yet: unknown. That of an
    external metric or an object's is over all that the workload has.
    """
    whole = metric.per == "pod" and metric.kind in ("External", "Object")
    points: list[tuple[float, float | None]] = []
    for at, value in zip(metric.value.times, metric.value.values, strict=True):
        target, size = metric.target.at(at), (supply.running if whole else supply.ready).at(at)
        grown = not whole and (supply.ready.at(at - _STEADY_S) or size or 0) < (size or 0)
        known = value is not None and size is not None and target and not grown
        points.append((at, _pods((size or 0) * (value or 0), (target or 0) * (1 + tolerance)) if known else None))
    return StepSeries.of(points)


def _pods(whole: float, room: float) -> float:
    """Pods for so much, where one has room for ``room``; a hair above a whole number is that number."""
    return float(math.ceil(whole / room - 1e-6))


def _fitted(metric: HpaMetric, plan: PlannedRate, ready: StepSeries, tolerance: float) -> tuple[StepSeries, str] | None:
    points = _steady_points(metric, plan, ready)
    fit = least_squares(points)
    target = next((value for value in reversed(metric.target.values) if value), None)
    if fit is None or target is None:
        return None
    idle, each = fit[0], fit[1] * 1000
    off = sum(abs(u - idle * n - each * x) for n, x, u in points) / max(sum(u for *_, u in points), 1e-9)
    room = target * (1 + tolerance) - idle
    if off > _WORST_FIT or room <= 0:
        return None
    curve = StepSeries.of((at, _pods(each * rate, room)) for at, rate in plan.every())
    words = f"{metric.name} is {each:.3g} times the requests a second" + (
        f" and {idle:.3g} an idle pod" if idle else ""
    )
    return curve, words


def _steady_points(metric: HpaMetric, plan: PlannedRate, ready: StepSeries) -> list[tuple[float, float, float]]:
    """(pods, planned rate, the metric's sum over pods) wherever load and pods had been the same for a minute."""
    found = []
    for at, value in zip(metric.value.times, metric.value.values, strict=True):
        rates = [plan.at(at - back) for back in (0.0, _STEADY_S / 2, _STEADY_S)]
        sizes = {ready.at(at - back) for back in (0.0, _STEADY_S)}
        pods = ready.at(at)
        if value is None or not pods or len(sizes) > 1 or at - _STEADY_S < plan.times[0] or at > plan.times[-1]:
            continue
        if max(rates) - min(rates) <= _STEADY * max(rates):
            found.append((pods, rates[0], value * pods))
    return found
