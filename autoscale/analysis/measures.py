"""The figures of a run, by the names of ``catalogue.CATALOGUE``."""

import math
from collections.abc import Iterable, Mapping, Sequence

from autoscale.analysis.elasticity import deviation, elasticity, instability, jitter, moved, reversals
from autoscale.analysis.plan import PlannedRate
from autoscale.analysis.reaction import back_to_min
from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.results.catalogue import CATALOGUE
from autoscale.analysis.results.figures import Generator, Latency, Measure, Reached, Reaction
from autoscale.analysis.results.scaling import PodLife, ScaleDown
from autoscale.analysis.results.series import Demand, Replicas
from autoscale.analysis.steps import StepSeries
from loadtest.histogram import rank

CONSTANT_SHARE = 0.1
FLAPPING_S = 600.0

Numbers = dict[str, float | None]


def measures(analysis: Analysis, reversals: int | None) -> dict[str, Measure]:
    """Every measure of the catalogue, in its order, from the rest of an analysis and the count of ``flapping``."""
    start = analysis.start if analysis.load_start is None else analysis.load_start
    end = analysis.end if analysis.load_end is None else analysis.load_end
    has_load = len(analysis.seconds) > 0
    length = end - start if has_load and end > start else None
    known = [n for n in analysis.bad or () if n is not None]
    whole, demand = analysis.latency[0], analysis.demand
    good = of_goodness(whole, analysis.generator, sum(known) if known else None, length)
    supply = of_supply(analysis.replicas, demand, start, end)
    back = back_to_min(analysis.replicas, analysis.hpa, analysis.load_end, analysis.end)
    price = analysis.header["scenario"].get("price")
    notes = dict.fromkeys(("theta_under", "theta_over", "under_provisioned", "over_provisioned"), demand.how)
    notes["cost"] = notes["node_cost"] = (price.get("currency") or "") if price else ""
    asked = of_asked(analysis, start, end)
    notes["bad"] = analysis.objective.text if analysis.objective else "no latency objective"
    return table(
        [
            of_latency(whole, length),
            good,
            of_reaction(analysis.reaction, back),
            supply,
            asked,
            of_pods(analysis.pods, analysis.scale_downs, start, has_load),
            {
                "reversals": reversals,
                "cost": cost(price and price["pod_hour"], supply["replica_minutes"], good["goodput"], length),
                "node_cost": cost(price and price.get("node_hour"), asked["node_minutes"], good["goodput"], length),
            },
        ],
        notes,
    )


def table(parts: Iterable[Mapping[str, float | Reached | None]], notes: Mapping[str, str]) -> dict[str, Measure]:
    """All measures in the catalogue's order; what nobody gave is unknown."""
    values: dict[str, float | Reached | None] = {}
    for part in parts:
        values.update(part)
    return {name: _measure(name, values.get(name), notes.get(name, "")) for name in CATALOGUE}


def _measure(name: str, value: float | Reached | None, note: str) -> Measure:
    unit = CATALOGUE[name].unit
    if isinstance(value, Reached):
        return Measure(name=name, value=value.value, unit=unit, note=value.note or note, at_least=value.at_least)
    return Measure(name, value, unit, note)


def of_latency(whole: Latency, length_s: float | None) -> Numbers:
    """Percentiles, throughput and errors of the whole load."""
    done = None if whole.count is None or whole.failed is None else whole.count + whole.failed
    return {
        "p50": whole.p50,
        "p90": whole.p90,
        "p95": whole.p95,
        "p99": whole.p99,
        "p99.9": whole.p999,
        "max": whole.highest,
        "service_p50": whole.service_p50,
        "service_p95": whole.service_p95,
        "service_p99": whole.service_p99,
        "throughput": whole.count / length_s if whole.count is not None and length_s else None,
        "errors": whole.failed / done if done and whole.failed is not None else None,
    }


def of_goodness(whole: Latency, generator: Generator, bad: int | None, length_s: float | None) -> Numbers:
    """Good requests: answered within the latency objective; None without an objective."""
    planned = generator.planned
    if planned is None and whole.count is not None:
        planned = whole.count + (whole.failed or 0) + (whole.dropped or 0)
    good = max(0, planned - bad) if bad is not None and planned is not None else None
    return {
        "bad": bad / planned if bad is not None and planned else None,
        "goodput": good / length_s if good is not None and length_s else None,
        "dropped": generator.dropped / generator.planned
        if generator.dropped is not None and generator.planned
        else None,
    }


def of_reaction(found: Reaction, back: Reached) -> dict[str, float | Reached | None]:
    """Reaction to the largest rise, and the way back."""
    return {
        "reaction": found.detect,
        "capacity": found.capacity,
        "recovery": found.recovery,
        "settling": found.settling,
        "overshoot": found.overshoot,
        "back_to_min": back,
    }


def of_supply(supply: Replicas, demand: Demand, start: float, end: float) -> Numbers:
    """The elasticity measures; those against demand are unknown where demand is."""
    ready, desired = supply.ready, supply.desired or supply.hpa_desired
    changes = moved(desired, start, end) if desired else None
    known = ready.known(start, end)
    values: Numbers = {
        "adaptations": changes[0] if changes else None,
        "pods_moved": changes[1] if changes else None,
        "peak_ready": ready.highest(start, end),
        "replica_minutes": sum(length * value for length, value in known) / 60 if known else None,
        "cpu_per_request": demand.cpu_per_request_s,
        "idle_cpu": demand.idle_cpu_m,
    }
    found = elasticity(demand.curve, ready, start, end)
    if found is None:
        return values
    steps = instability(demand.curve, ready, start, end)
    upsilon = sum(steps) if steps else None
    core = [found.theta_u, found.theta_o, found.tau_u, found.tau_o]
    return values | {
        "accuracy_under": found.accuracy_u,
        "accuracy_over": found.accuracy_o,
        "theta_under": found.theta_u,
        "theta_over": found.theta_o,
        "under_provisioned": found.tau_u,
        "over_provisioned": found.tau_o,
        "instability": upsilon,
        "deviation": deviation([*core, upsilon]) if upsilon is not None else None,
        "jitter": jitter(demand.curve, ready, start, end),
        "worst_deficit": found.worst_deficit,
        "longest_deficit": found.longest_deficit_s,
        "demand_minutes": found.demand_min,
        "waste_minutes": found.waste_min,
        "shortfall_minutes": found.shortfall_min,
    }


def of_pods(pods: Sequence[PodLife], downs: Sequence[ScaleDown], start: float, has_load: bool) -> Numbers:
    """Start of the run's new pods, and what was lost as pods went."""
    starts = sorted(
        pod.ready_at - pod.created
        for pod in pods
        if pod.ready_at is not None and pod.created is not None and pod.created >= start
    )
    lost = [down.lost for down in downs]
    known = has_load and bool(pods) and None not in lost
    return {
        "startup": starts[rank(0.95, len(starts)) - 1] if starts else None,
        "lost": sum(n for n in lost if n is not None) if known else None,
    }


def constant_spans(plan: PlannedRate) -> list[tuple[float, float]]:
    """The maximal spans in which the planned rate stays within 10 % of its first value."""
    spans: list[tuple[float, float]] = []
    since: tuple[float, float] | None = None
    time = 0.0
    for time, rate in plan.every():
        if since is not None and abs(rate - since[1]) > CONSTANT_SHARE * max(since[1], 1e-9):
            spans.append((since[0], time))
            since = None
        if since is None:
            since = (time, rate)
    if since is not None:
        spans.append((since[0], time + 1))
    return spans


def flapping(
    desired: StepSeries, plan: PlannedRate, part: tuple[float, float] = (-math.inf, math.inf)
) -> tuple[int | None, tuple[float, float] | None]:
    """(most reversals of direction in 10 minutes of constant load, their span); None where size or load is unknown.

    ``part`` of the time: what counts.
    """
    if not desired or not plan:
        return None, None
    best: tuple[int, tuple[float, float] | None] = (0, None)
    for since, until in constant_spans(plan):
        start, end = max(since, part[0]), min(until, part[1])
        times = reversals(desired, start, end)
        for i, first in enumerate(times):
            within = [time for time in times[i:] if time <= first + FLAPPING_S]
            if len(within) > best[0]:
                best = (len(within), (start if i == 0 else times[i - 1], within[-1]))
    return best


def of_asked(analysis: Analysis, start: float, end: float) -> Numbers:
    """What was held over time: cores and GiB that the pods asked for, and nodes; so bigger pods compare with more."""
    parts = (
        ("core_minutes", analysis.cpu.requested, 1000.0),
        ("memory_minutes", analysis.memory_requested, 2.0**30),
        ("node_minutes", analysis.node_count, 1.0),
    )
    return {name: _minutes(series, unit, start, end) for name, series, unit in parts}


def _minutes(series: StepSeries, unit: float, start: float, end: float) -> float | None:
    known = series.known(start, end)
    return sum(length * value for length, value in known) / unit / 60 if known else None


def cost(hour: float | None, minutes: float | None, goodput: float | None, length_s: float | None) -> float | None:
    """The cost of a million good requests at so many minutes of what an hour costs; None without either."""
    if hour is None or minutes is None or not goodput or not length_s:
        return None
    return hour * minutes / 60 / (goodput * length_s) * 1e6
