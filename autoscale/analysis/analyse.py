"""The whole analysis: one pass over the rows, then each part from what was kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from autoscale.analysis import names, timeline
from autoscale.analysis.decisions import decisions
from autoscale.analysis.demand import demand
from autoscale.analysis.generator import generator
from autoscale.analysis.hpa_metrics import hpa_metrics
from autoscale.analysis.intake.clocks import SERVER, WALL
from autoscale.analysis.intake.collect import Collected, collect
from autoscale.analysis.interventions import interventions
from autoscale.analysis.keda import cold_starts, keda_conditions, keda_spec
from autoscale.analysis.latency import latency, of_span, tightest, violated_seconds
from autoscale.analysis.lives import pod_lives, scale_downs
from autoscale.analysis.measures import flapping, measures
from autoscale.analysis.nodes import node_lives
from autoscale.analysis.phases import scale_ups
from autoscale.analysis.plan import LoadChange, PlannedRate, largest_rise, load_changes
from autoscale.analysis.reaction import reaction
from autoscale.analysis.resolution import resolution_of
from autoscale.analysis.results.analysis import Analysis, Demand, Seconds
from autoscale.analysis.scaling import scale_events
from autoscale.analysis.sizing import vpa_spec
from autoscale.analysis.strangers import others

_METRIC_BIN_S = 15
_SENT = (
    "The load was a locustfile's users who wait for their answers (closed model): latency counts from the sending, so "
    "a slow service got fewer requests; only where wait_time is constant_pacing or constant_throughput is the time "
    "known at which a task was to begin, and used."
)
_SET_BACK = "Rows of one source were heard at times that run backwards: the recording machine's clock was set back."


def analyse(rows: Iterable[Mapping[str, Any]]) -> Analysis:
    """Analyse a record, header first, in one streaming pass; raises InputError where there is no usable header.

    Rows that are missing leave unknowns (None), never zeros; what could not be known is told in ``notes``.
    """
    kept = collect(rows)
    start, end = timeline.load_span(kept)
    series = timeline.seconds(kept.load)
    parts = names.by_name(kept.load, series, kept.header)
    plan = timeline.planned_rate(kept.header, start, series)
    changes = load_changes(plan)
    specs = timeline.hpa_specs(kept)
    spec = specs[-1][1] if specs else None
    supply, cpu = timeline.replicas(kept), timeline.cpu(kept, specs)
    seen = hpa_metrics(kept, supply, spec.tolerance if spec else 0.0)
    need = demand(kept, series, plan, specs, supply.ready, seen)
    made = decisions(kept)
    events = scale_events(kept, supply, made)
    pods, downs = pod_lives(kept, events), scale_downs(kept, events)
    ups = scale_ups(kept, events, changes, cpu, spec.tolerance if spec else None, made, start)
    stages = timeline.stages(kept.header, start)
    objective = tightest(kept.header)
    bad = violated_seconds(kept.load, series, objective, resolution_of(kept.header)) if objective else None
    health = generator(kept, series, start, end)
    whole = of_span(kept.load, series, "whole load", series.start - 1, series.start + len(series) + 1)
    step = largest_rise(changes)
    until = _until(step, changes, end if end is not None else (kept.last_t if kept.load.seconds else None))
    allowed = 1 - objective.quantile if objective else 0.0
    react = reaction(step, until, supply, need, series, bad, allowed)
    reversals, flapped = flapping(supply.desired or supply.hpa_desired, plan)
    found = Analysis(
        header=kept.header,
        run=kept.header["run"],
        start=kept.first_t,
        end=kept.last_t,
        load_start=start,
        load_end=end,
        partial=kept.end is None or kept.end.get("reason") != "done",
        end_reason=kept.end["reason"] if kept.end else None,
        clocks=dict(kept.clocks.offsets),
        stages=stages,
        marks=tuple(kept.marks),
        seconds=series,
        bad=bad,
        responses=kept.load.response,
        services=kept.load.service,
        failures=dict(kept.load.failures),
        by_name=parts,
        names=names.figures(kept.load, parts),
        plan=plan,
        changes=changes,
        replicas=supply,
        cpu=cpu,
        hpa_metrics=seen,
        hpa=spec,
        keda=keda_spec(kept),
        vpa=vpa_spec(kept),
        conditions=(*timeline.conditions(kept, kept.last_t), *keda_conditions(kept)),
        events=tuple(sorted(kept.events, key=lambda event: event.at)),
        scale_events=events,
        scale_ups=ups,
        cold_starts=cold_starts(kept, ups, series),
        scale_downs=downs,
        pods=pods,
        demand=need,
        latency=(whole, *latency(kept, series, stages, events)),
        reaction=react,
        measures={},
        flapping=flapped,
        decisions=made,
        generator=health,
        gaps=tuple(kept.gaps),
        interventions=interventions(kept, events),
        objective=objective,
        metric_ages=_metric_ages(kept),
        node_count=timeline.node_count(kept),
        memory_requested=timeline.memory_requested(kept),
        node_lives=node_lives(kept),
        nodes={row["name"]: row["cpu_m"] for row in kept.nodes},
        containers=tuple(sorted({name for pod in kept.pods.values() for name in pod.requests_m})),
        others=others(kept),
        pod_bins=_pod_bins(kept),
        unread_rows=kept.strange,
        faults=tuple(kept.ledger.faults()),
        set_back_s=kept.set_back_s,
        late_s=kept.load.late_s,
        notes=_notes(kept, need, plan, end),
    )
    return replace(found, measures=measures(found, reversals))


def _until(step: LoadChange | None, changes: Sequence[LoadChange], end: float | None) -> float | None:
    if step is None:
        return None
    later = [change.at for change in changes if change.at > step.at]
    return later[0] if later else end


def _metric_ages(kept: Collected) -> tuple[tuple[float, float, float], ...]:
    """(time, longest window, longest time since a pod's sample before) in each 15 s."""
    bins: dict[int, tuple[float, float]] = {}
    for usage in kept.usage.values():
        before = None
        for at, window in zip(usage.at, usage.window_s, strict=True):
            number = int(at // _METRIC_BIN_S)
            old = bins.get(number, (0.0, 0.0))
            bins[number] = (max(old[0], window), max(old[1], at - before if before is not None else 0.0))
            before = at
    return tuple((number * float(_METRIC_BIN_S), window, age) for number, (window, age) in sorted(bins.items()))


def _pod_bins(kept: Collected) -> dict[str, tuple[float, Sequence[int]]]:
    """Answers of each pod in every 10 s: name -> (time of the first bin, counts)."""
    first = kept.load.first_bin
    if first is None:
        return {}
    return {name: (first * 10.0 + (kept.load.phase or 0.0), pod.bins) for name, pod in kept.load.pods.items()}


def _unpaced(kept: Collected) -> bool:
    """Whether the load was a locustfile's users, each waiting for its answers."""
    scenario = kept.header["scenario"]
    load = scenario.get("load")
    return scenario.get("model") == "closed" and isinstance(load, Mapping) and bool(load.get("locustfile"))


def _notes(kept: Collected, need: Demand, plan: PlannedRate, load_end: float | None) -> tuple[str, ...]:
    """What could not be known, and why."""
    named, unmeasured = kept.load.pods, kept.clocks.unmeasured()
    facts = [
        (kept.end is None, "The record breaks off: the run was cut short, and what came later is not known."),
        (not kept.load.seconds, "The record holds no load."),
        (not kept.pods, "The record holds no pods."),
        (not kept.hpas, "The record holds no HPA."),
        (not kept.usage, "The record holds no CPU samples."),
        (bool(kept.load.seconds) and not named, "Answers do not name their pod (no X-Pod header): shares are unknown."),
        (need.how.startswith("unknown"), f"The demand curve is {need.how}."),
        (plan.measured, "The record holds no plan of the load; the rate sent stands in for it."),
        (_unpaced(kept), _SENT),
        (load_end is None and bool(kept.load.seconds), "The end of the load was not recorded."),
        (
            bool(unmeasured),
            f"The clocks of {', '.join(unmeasured)} were not measured: their times are taken as the observer's.",
        ),
        (kept.set_back_s > 0, _SET_BACK),
        (kept.strange > 0, f"{kept.strange} rows could not be read, or say what cannot be, and were left out."),
        (kept.load.duplicates > 0, f"{kept.load.duplicates} load rows came twice and were counted once."),
    ]
    told = [text for true, text in facts if true]
    told += [_unseen(kept.load.unseen)] if kept.load.unseen else []
    if hidden := kept.header["environment"].get("unseen"):
        told += [f"Not recorded, as it may not be read, or is served in no known version: {', '.join(hidden)}."]
    return (*told, *(_setting(*one, kept.first_t) for one in kept.clocks.was_set()))


def _unseen(causes: Mapping[str, int]) -> str:
    """What a locustfile's clients sent and did not report."""
    parts = ", ".join(f"{n} {cause}" for cause, n in sorted(causes.items()))
    return (
        f"The locustfile's clients sent {sum(causes.values())} requests of which Locust reports nothing: the service "
        f"may have had them, and no figure here holds them ({parts})."
    )


def _setting(clk: str, at: float, by_s: float, start: float) -> str:
    """That a clock was set, and what it is to the figures."""
    which = {SERVER: "The API server's clock", WALL: "The clock of the machine that recorded"}.get(
        clk, f"The clock {clk}"
    )
    then = (
        "times in this report go on as if it had not been" if clk == WALL else "its times are taken for what they were"
    )
    words = f"{which} was set {'forward' if by_s > 0 else 'back'} by {abs(by_s):.1f} s"
    return f"{words} {at - start:.0f} s after the record began: {then}."


__all__ = ["Analysis", "Seconds", "analyse"]
