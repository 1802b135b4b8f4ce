"""The whole analysis: one pass over the rows, then each part from what was kept."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from autoscale.analysis.cpu import cpu
from autoscale.analysis.decisions import decisions
from autoscale.analysis.demand import demand
from autoscale.analysis.generator import generator
from autoscale.analysis.hpa_metrics import hpa_metrics
from autoscale.analysis.hpa_settings import hpa_specs
from autoscale.analysis.hpa_status import conditions
from autoscale.analysis.intake.collect import collect
from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.interventions import interventions
from autoscale.analysis.keda import cold_starts, keda_conditions
from autoscale.analysis.latency import latency, of_span
from autoscale.analysis.lives import pod_lives, scale_downs
from autoscale.analysis.loaded import loaded
from autoscale.analysis.measures import flapping, measures
from autoscale.analysis.notes import notes
from autoscale.analysis.phases import scale_ups
from autoscale.analysis.plan import LoadChange, largest_rise
from autoscale.analysis.reaction import reaction
from autoscale.analysis.recorded import recorded
from autoscale.analysis.results.analysis import Analysis, Loaded
from autoscale.analysis.results.figures import Latency, Reaction
from autoscale.analysis.results.scaling import ScaleEvent
from autoscale.analysis.results.series import Demand, Replicas
from autoscale.analysis.scaling import scale_events
from autoscale.analysis.supply import replicas


def analyse(rows: Iterable[Mapping[str, Any]]) -> Analysis:
    """Analyse a record, header first, in one streaming pass; raises InputError where there is no usable header.

    Rows that are missing leave unknowns (None), never zeros; what could not be known is told in ``notes``.
    """
    kept = collect(rows)
    load = loaded(kept)
    series, plan, start = load.seconds, load.plan, load.load_start
    specs = hpa_specs(kept)
    spec = specs[-1][1] if specs else None
    supply, used = replicas(kept), cpu(kept, specs)
    seen = hpa_metrics(kept, supply, spec.tolerance if spec else 0.0)
    need = demand(kept, series, plan, specs, supply.ready, seen)
    made = decisions(kept)
    events = scale_events(kept, supply, made)
    ups = scale_ups(kept, events, load.changes, used, spec.tolerance if spec else None, made, start)
    reversals, flapped = flapping(supply.desired or supply.hpa_desired, plan)
    found = Analysis(
        **vars(recorded(kept)),
        **vars(load),
        replicas=supply,
        cpu=used,
        hpa_metrics=seen,
        hpa=spec,
        conditions=(*conditions(kept, kept.last_t), *keda_conditions(kept)),
        scale_events=events,
        scale_ups=ups,
        cold_starts=cold_starts(kept, ups, series),
        scale_downs=scale_downs(kept, events),
        pods=pod_lives(kept, events),
        demand=need,
        latency=_latency(kept, load, events),
        reaction=_reaction(kept, load, supply, need),
        measures={},
        flapping=flapped,
        decisions=made,
        generator=generator(kept, series, start, load.load_end),
        interventions=interventions(kept, events),
        notes=notes(kept, need, plan, load.load_end),
    )
    return replace(found, measures=measures(found, reversals))


def _latency(kept: Collected, load: Loaded, events: tuple[ScaleEvent, ...]) -> tuple[Latency, ...]:
    """Of the whole load first, then of its parts."""
    series = load.seconds
    whole = of_span(kept.load, series, "whole load", series.start - 1, series.start + len(series) + 1)
    return (whole, *latency(kept, series, load.stages, events))


def _reaction(kept: Collected, load: Loaded, supply: Replicas, need: Demand) -> Reaction:
    """What came of the largest rise of the load."""
    objective, step = load.objective, largest_rise(load.changes)
    allowed = 1 - objective.quantile if objective else 0.0
    return reaction(step, _until(step, kept, load), supply, need, load.seconds, load.bad, allowed)


def _until(step: LoadChange | None, kept: Collected, load: Loaded) -> float | None:
    """How long the load stayed as its largest rise left it; None where it never rose, or nobody knows."""
    if step is None:
        return None
    later = [change.at for change in load.changes if change.at > step.at]
    if later:
        return later[0]
    return load.load_end if load.load_end is not None else kept.last_t if kept.load.seconds else None
