"""The load of a run: what was planned, sent and answered, second by second, and how long it took."""

from collections.abc import Mapping
from typing import TypedDict

from autoscale.analysis.histograms import HistogramSeries
from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.latency import tightest, violated_seconds
from autoscale.analysis.load_series import load_span, planned_rate, seconds, stages
from autoscale.analysis.names import by_name, figures
from autoscale.analysis.plan import LoadChange, PlannedRate, load_changes
from autoscale.analysis.resolution import resolution_of
from autoscale.analysis.results.figures import LatencyObjective, NameFigures
from autoscale.analysis.results.series import Named, Seconds, StageSpan


class Loaded(TypedDict):
    """The fields of an ``Analysis`` that tell of the load alone."""

    load_start: float | None
    load_end: float | None
    stages: tuple[StageSpan, ...]
    seconds: Seconds
    plan: PlannedRate
    changes: tuple[LoadChange, ...]
    objective: LatencyObjective | None
    bad: list[int | None] | None
    responses: HistogramSeries
    services: HistogramSeries
    failures: Mapping[str, int]
    by_name: Mapping[str, Named]
    names: tuple[NameFigures, ...]


def loaded(kept: Collected) -> Loaded:
    """The load of what was kept of the rows."""
    header, load = kept.header, kept.load
    start, end = load_span(kept)
    series = seconds(load)
    plan = planned_rate(header, start, series)
    objective = tightest(header)
    parts = by_name(load, series, header)
    return {
        "load_start": start,
        "load_end": end,
        "stages": stages(header, start),
        "seconds": series,
        "plan": plan,
        "changes": load_changes(plan),
        "objective": objective,
        "bad": violated_seconds(load, series, objective, resolution_of(header)) if objective else None,
        "responses": load.response,
        "services": load.service,
        "failures": dict(load.failures),
        "by_name": parts,
        "names": figures(load, parts),
    }
