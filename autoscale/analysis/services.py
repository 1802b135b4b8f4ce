"""Several services in one record: each analysed by itself, and which of them was full first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.steps import StepSeries, combine

FULL = 0.9
"""The share of its pods' CPU limits from which a service has nothing left to give: throttling goes by 0.1 s."""

_HELD_S = 10.0  # shorter than this is a peak, no saturation


@dataclass(frozen=True, slots=True)
class Full:
    """When a service had nothing left to give: from when until when first, for how long in all, and by what (words)."""

    start: float
    end: float
    total_s: float
    why: str


def services(header: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the services beside the target, in their order."""
    return tuple(str(one["name"]) for one in header.get("also") or ())


def rows_of(record: Iterable[Mapping[str, Any]], service: str) -> Iterable[Mapping[str, Any]]:
    """The rows of a record as if this service were its target: its own rows, and what is of none."""
    for row in record:
        if row["k"] == "header":
            target = next(one for one in row["also"] if one["name"] == service)
            yield {**row, "target": {**target, "names_pods": False}}
        elif row.get("of") == service:
            yield {name: value for name, value in row.items() if name != "of"}
        elif row.get("of") is None and row["k"] not in OWN:
            yield row


OWN = frozenset(("pod", "workload", "hpa", "scaled_object", "vpa", "service", "usage", "endpoint", "event"))
"""Kinds of rows that belong to one service; nodes and their events to none."""


def full(analysis: Analysis) -> Full | None:
    """When during the load a service was full: its pods at their CPU limits, or at its maximum with more asked for."""
    start, end = analysis.load_start, analysis.load_end
    if start is None or end is None:
        return None
    found = [
        (span, why)
        for series, why in ((_at_limit(analysis), "its pods used all the CPU of their limits"), _at_max(analysis))
        for span in series.spans(lambda value: value > 0, start, end)
        if span[1] - span[0] >= _HELD_S
    ]
    if not found:
        return None
    (first, last), why = min(found, key=lambda one: one[0][0])
    return Full(first, last, sum(b - a for (a, b), _ in found), why)


def _at_limit(analysis: Analysis) -> StepSeries:
    """1 while the pods together used nearly all that their limits let them."""
    limit = next((pod.cpu_limit_m for pod in reversed(analysis.pods) if pod.cpu_limit_m), None)
    if not limit:
        return StepSeries()
    used, ready = analysis.cpu.total, analysis.replicas.ready
    points: list[tuple[float, float | None]] = []
    before = None
    for at, value in zip(used.times, used.values, strict=True):
        pods = ready.at(at)
        points.append((at if before is None else before, None if value is None or not pods else value / (limit * pods)))
        before = at  # a sample is a mean over what lies before it
    return combine((StepSeries.of(points),), lambda v: None if v[0] is None else float(v[0] >= FULL))


def _at_max(analysis: Analysis) -> tuple[StepSeries, str]:
    """1 while the workload stood at its maximum and a metric asked for more."""
    most = float(analysis.hpa.max_replicas) if analysis.hpa else 0.0
    asks = [metric.asks for metric in analysis.hpa_metrics if metric.aimed]

    def beyond(at: list[float | None]) -> float | None:
        size, *rest = at
        wanted = [value for value in rest if value is not None]
        return None if size is None or not wanted else float(size >= most and max(wanted) > most)

    series = combine((analysis.replicas.ready, *asks), beyond) if asks and most else StepSeries()
    return series, f"it stood at its maximum of {most:.0f} pods and more was asked for"
