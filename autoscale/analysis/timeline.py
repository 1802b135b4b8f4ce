"""Series over time, from what was collected."""

import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import repeat
from typing import Any

from autoscale.analysis.intake.collect import Collected
from autoscale.analysis.intake.load import LoadCollector
from autoscale.analysis.intake.pods import STALE_S, PodHistory
from autoscale.analysis.plan import PlannedRate, measured, planned
from autoscale.analysis.requests import requests_of
from autoscale.analysis.results.analysis import ConditionSpan, Cpu, HpaSpec, Replicas, Seconds, StageSpan
from autoscale.analysis.steps import StepSeries, combine
from autoscale.hpa.config import DEFAULTS
from autoscale.kube.quantities import milli, parse_quantity
from autoscale.record.decided import decided_size
from autoscale.record.rows.fields import Condition
from autoscale.record.rows.header import Header, HpaConfig
from autoscale.record.rows.hpa import Hpa
from autoscale.record.rows.hpa import HpaSpec as RecordedSpec

_LONGEST_S = 40 * 86400


def load_span(kept: Collected) -> tuple[float | None, float | None]:
    """Beginning and end of the load: the marks, else the first second with a request and the end of the last."""
    named = {mark.name: mark.at for mark in kept.marks}
    busy = _busy(kept.load)
    phase = kept.load.phase or 0.0
    start = named.get("load-start", busy[0] + phase if busy else None)
    end = named.get("load-end", busy[1] + phase + 1 if busy else None)
    if start is not None and end is not None and end <= start:
        end = None
    return start, end


def _busy(load: LoadCollector) -> tuple[int, int] | None:
    seconds = [second for second, counts in load.seconds.items() if any(counts)]
    return (min(seconds), max(seconds)) if seconds else None


def seconds(load: LoadCollector, *, percentiles: bool = True) -> Seconds:
    """The per-second series; a second nobody reported stays unknown, and one absurdly far off is left out."""
    known = sorted(load.seconds)
    while known and known[-1] - known[len(known) // 2] > _LONGEST_S:
        known.pop()
    while known and known[len(known) // 2] - known[0] > _LONGEST_S:
        known.pop(0)
    first = known[0] if known else 0
    size = known[-1] - first + 1 if known else 0
    columns: list[list[int | None]] = [[None] * size for _ in range(6)]
    for second in known:
        for column, value in zip(columns, load.seconds[second], strict=True):
            column[second - first] = value
    p50, p95, p99 = _percentiles(load if percentiles else LoadCollector(load.clocks), first, size)
    planned_n, sent, answered, failed, dropped, in_flight = columns
    start = first + (load.phase or 0.0)
    return Seconds(
        start=start,
        planned=planned_n,
        sent=sent,
        answered=answered,
        failed=failed,
        dropped=dropped,
        in_flight=in_flight,
        p50=p50,
        p95=p95,
        p99=p99,
    )


def _percentiles(load: LoadCollector, first: int, size: int) -> list[list[float | None]]:
    columns: list[list[float | None]] = [[None] * size for _ in range(3)]
    for second, positions in load.response.by_second().items():
        if 0 <= second - first < size:
            found = load.response.quantiles(positions, (0.5, 0.95, 0.99))
            for column, value in zip(columns, found, strict=True):
                column[second - first] = value
    return columns


def stages(header: Header, start: float | None) -> tuple[StageSpan, ...]:
    """The named spans of the load on the observer's clock; none without a load."""
    if start is None:
        return ()
    return tuple(
        StageSpan(str(stage["name"]), start + stage["start_s"], start + stage["end_s"])
        for stage in header["scenario"].get("stages") or []
        if 0 <= stage["start_s"] <= stage["end_s"] <= _LONGEST_S
    )


def planned_rate(header: Header, start: float | None, series: Seconds) -> PlannedRate:
    """The plan of an open load; without one what was planned (else sent, else ended) each second."""
    points = header["scenario"].get("points")
    if start is not None and points and header["scenario"].get("model", "open") == "open":
        return planned(points, start)
    return measured(series.start, series.asked) if any(series.asked) else PlannedRate()


def replicas(kept: Collected) -> Replicas:
    """Desired, running and ready over time; ready from the workload's status, else from the pods' conditions."""
    rows = kept.workloads
    running = StepSeries.of((row["t"], row["status_replicas"]) for row in rows)
    ready = StepSeries.of((row["t"], row["ready"]) for row in rows)
    if not rows:
        ready = _counted((change for pod in kept.pods.values() for change in pod.ready), kept.first_t)
        running = _counted(_lives(kept), kept.first_t)
    return Replicas(
        desired=StepSeries.of((row["t"], row["spec_replicas"]) for row in rows),
        hpa_desired=_while_there(kept, decided_size),
        running=running,
        ready=ready,
    )


def _lives(kept: Collected) -> Iterable[tuple[float, bool]]:
    for pod in kept.pods.values():
        yield pod.first_seen, True
        if pod.removed is not None:
            yield pod.removed, False


def _counted(changes: Iterable[tuple[float, bool]], first: float) -> StepSeries:
    """How many are true over time, from changes of each."""
    points: list[tuple[float, float | None]] = []
    count = 0
    for time, now in sorted(changes):
        count += 1 if now else -1
        points.append((max(time, first), count))
    return StepSeries.of(points)


def hpa_specs(kept: Collected) -> list[tuple[float, HpaSpec]]:
    """Every spec of the HPA and from when on it held, oldest first; empty where no HPA was seen."""
    found: list[tuple[float, HpaSpec]] = []
    for row in kept.hpas:
        if not found or row["spec"] != found[-1][1].raw:
            spec = _hpa_spec(row, kept.header["hpa_config"])
            found.append((row["t"], replace(spec, min_replicas=_floor(kept, row["t"], spec.min_replicas))))
    return found


def _floor(kept: Collected, at: float, least: int) -> int:
    """The fewest pods: the HPA's minimum, or what KEDA leaves while no trigger is active (its HPA's is never 0)."""
    for row in reversed(kept.scaled):
        if row["t"] <= at or row is kept.scaled[0]:
            return row["min"] if row["idle"] is None else row["idle"]
    return least


def _hpa_spec(row: Hpa, config: HpaConfig) -> HpaSpec:
    spec = row["spec"]
    behavior = spec.get("behavior") or {}
    down, up = behavior.get("scaleDown") or {}, behavior.get("scaleUp") or {}
    tolerance = _quantity(up.get("tolerance"))
    if tolerance is None:
        tolerance = config.get("tolerance")
    window = down.get("stabilizationWindowSeconds")
    percent, value, container = cpu_target(spec)
    return HpaSpec(
        name=row["name"],
        min_replicas=_whole(spec.get("minReplicas"), 1),
        max_replicas=_whole(spec.get("maxReplicas"), 1),
        target_percent=percent,
        target_value_m=value,
        container=container,
        down_window_s=window if window is not None else config.get("downscale_stabilization_s"),
        up_window_s=up.get("stabilizationWindowSeconds", 0),
        tolerance=DEFAULTS.tolerance if tolerance is None else tolerance,
        raw=spec,
    )


def _whole(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _quantity(value: Any) -> float | None:
    """A quantity (``50m`` is 0.05); None where there is none, or it is none."""
    try:
        return float(parse_quantity(value))
    except ValueError:
        return None


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def cpu_target(spec: RecordedSpec) -> tuple[float | None, float | None, str | None]:
    """(percent of the request, millicores a pod, the only container that counts) of the first metric on CPU."""
    for metric in spec.get("metrics") or []:
        source = metric.get("resource") or metric.get("containerResource") or {}
        if source.get("name") == "cpu":
            target = source.get("target") or {}
            value = target.get("averageValue")
            millicores = float(milli(value)) if isinstance(value, str | int | float) else None
            return _number(target.get("averageUtilization")), millicores, source.get("container")
    return None, None, None


def utilization(kept: Collected) -> StepSeries:
    """CPU in percent of the requests as the HPA's status showed it; unknown while the HPA had no value."""
    return _while_there(kept, _shown)


def _while_there(kept: Collected, value: Callable[[Hpa], float | None]) -> StepSeries:
    """A value of the HPA's rows over time, unknown from its deletion on."""
    gone: list[tuple[float, float | None]] = [(row["t"], None) for row in kept.hpas_gone]
    return StepSeries.of([*((row["t"], value(row)) for row in kept.hpas), *gone])


def _shown(row: Hpa) -> float | None:
    active = row["conditions"].get("ScalingActive")
    if active is not None and active["status"] == "False":
        return None
    for metric in row["metrics"] or []:
        source = metric.get("resource") or metric.get("containerResource") or {}
        if source.get("name") == "cpu":
            return _number((source.get("current") or {}).get("averageUtilization"))
    return None


def conditions(kept: Collected, end: float) -> tuple[ConditionSpan, ...]:
    """Spans of equal status and reason of each of the HPA's conditions, by receive time."""
    found: list[ConditionSpan] = []
    names = {name for row in kept.hpas for name in row["conditions"]}
    for name in sorted(names):
        open_span: tuple[float, Condition] | None = None
        for row in kept.hpas:
            now = row["conditions"].get(name)
            if open_span and (now is None or _same(now, open_span[1])):
                if now is None:
                    found.append(_span(name, open_span, row["t"]))
                    open_span = None
                continue
            if open_span:
                found.append(_span(name, open_span, row["t"]))
            open_span = (row["t"], now) if now else None
        if open_span:
            found.append(_span(name, open_span, max(_gone_by(kept, end), open_span[0])))
    return tuple(sorted(found, key=lambda span: span.start))


def _gone_by(kept: Collected, end: float) -> float:
    """When the HPA was gone for good; ``end`` where it was there to the end."""
    gone, last = [row["t"] for row in kept.hpas_gone], kept.hpas[-1]["t"]
    return gone[-1] if gone and gone[-1] > last else end


def _same(a: Condition, b: Condition) -> bool:
    return bool(a["status"] == b["status"] and a["reason"] == b["reason"])


def _span(name: str, since: tuple[float, Condition], end: float) -> ConditionSpan:
    at, condition = since
    return ConditionSpan(
        type=name,
        status=condition["status"],
        reason=condition["reason"],
        message=condition["message"],
        start=at,
        end=end,
    )


def cpu(kept: Collected, specs: Sequence[tuple[float, HpaSpec]]) -> Cpu:
    """CPU of every pod and of all, beside what they requested and the HPA's target."""
    by_pod: dict[str, StepSeries] = {}
    for uid, usage in kept.usage.items():
        pod = kept.pods.get(uid)
        end = _gone(pod, usage.at[-1]) if usage.at else 0.0
        points: list[tuple[float, float | None]] = list(zip(usage.at, usage.cpu_m, strict=True))
        if points:
            by_pod[pod.name if pod else uid] = StepSeries.of([*points, (max(end, points[-1][0] + 1e-3), None)])
    requested = total(_requested(pod) for pod in kept.pods.values() if pod.started)
    first = min([kept.first_t, *requested.times[:1]])  # before it was first heard of, the HPA had its first spec
    aimed = StepSeries.of((first if i == 0 else at, spec.target_percent) for i, (at, spec) in enumerate(specs))
    target = combine((requested, aimed), lambda v: None if v[0] is None or v[1] is None else v[0] * v[1] / 100)
    percent = specs[-1][1].target_percent if specs else None
    return Cpu(
        total=total(by_pod.values()),
        by_pod=by_pod,
        requested=requested,
        target=target,
        utilization=utilization(kept),
        target_percent=percent,
        target_percents=aimed,
    )


def _gone(pod: PodHistory | None, last: float) -> float:
    """Until when a pod's last sample counts."""
    return min(last + STALE_S, pod.removed or math.inf) if pod else last + STALE_S


def total(series: Iterable[StepSeries]) -> StepSeries:
    """The sum of several series over those that are known; unknown while none is. One pass over all changes."""
    changes = heapq.merge(*(zip(one.times, repeat(i), one.values) for i, one in enumerate(series)))
    now: dict[int, float] = {}
    points: list[tuple[float, float | None]] = []
    whole = 0.0
    for time, i, value in changes:
        whole -= now.pop(i, 0.0)
        if value is not None:
            now[i] = value
            whole += value
        points.append((time, round(whole, 6) if now else None))
    return StepSeries.of(points)


def _requested(pod: PodHistory) -> StepSeries:
    """What a running pod asks for over time; unknown while a container of it has no request."""
    since = pod.started[1] if pod.started else math.inf
    asked = requests_of(pod, None)
    later = [(time, value) for time, value in zip(asked.times, asked.values, strict=True) if time > since]
    return StepSeries.of([(since, asked.at(since)), *later])


def node_count(kept: Collected) -> StepSeries:
    """How many nodes the cluster had; unknown where none was seen (they may not be watched)."""
    there: dict[str, bool] = {}
    points: list[tuple[float, float | None]] = []
    for row in kept.nodes:
        there[row["name"]] = not row.get("removed", False)
        points.append((row["t"], float(sum(there.values()))))
    return StepSeries.of(points)


def memory_requested(kept: Collected) -> StepSeries:
    """Bytes that the running pods asked for; a pod of which one container asks for none counts as unknown."""
    return total(_memory(pod) for pod in kept.pods.values() if pod.started)


def _memory(pod: PodHistory) -> StepSeries:
    points: list[tuple[float, float | None]] = []
    for at, asked in pod.asked:
        known = [one.get("memory") for one in asked.values()]
        points.append((at, None if None in known else sum(value for value in known if value is not None) / 1000))
    return StepSeries.of(points if pod.removed is None else [*points, (pod.removed, None)])
