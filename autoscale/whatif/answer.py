"""The answer to "what if": the replay's error, and each variant against the recorded setting, over many seeds."""

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from autoscale.base.errors import Problem
from autoscale.whatif import fast, refusals
from autoscale.whatif.arrivals import chunks
from autoscale.whatif.baseline import setting_of, span_of
from autoscale.whatif.calibrate import calibrate
from autoscale.whatif.evidence import Evidence
from autoscale.whatif.missed import missed
from autoscale.whatif.model import Phases, simulate
from autoscale.whatif.replay import Error, errors, first_decision, middle_90
from autoscale.whatif.service import Service, Setting, Span
from autoscale.whatif.spread import Spread, doubt, of_replay, timers_s
from autoscale.whatif.summary import CURVE_S, Modelled, Summary

SEEDS = 20
_LATENCY = ("p95_s", "p99_s", "worst_p95_s")


@dataclass(frozen=True, slots=True)
class Band:
    """The middle and the 5 to 95 % band over the runs of the model; None where it was not reached in half of them."""

    middle: float | None
    low: float | None
    high: float | None


_UNKNOWN = Band(None, None, None)


@dataclass(frozen=True, slots=True)
class Figures:
    """What is compared. Times in seconds, ``lost`` a share of the requests, the rest in pods."""

    replica_minutes: Band
    most_pods: Band
    first_decision_s: Band
    p95_s: Band
    p99_s: Band
    worst_p95_s: Band
    lost: Band


@dataclass(frozen=True)
class Curves:
    """Bands over time: seconds from the load's start -> band."""

    pods: tuple[tuple[float, Band], ...]
    p95_s: tuple[tuple[float, Band], ...]


@dataclass(frozen=True)
class Outcome:
    """One setting modelled. ``change``: against the recorded setting, seed by seed; ``binds``: the setting that did."""

    setting: Setting
    figures: Figures
    change: Figures | None
    curves: Curves
    binds: str | None


@dataclass(frozen=True)
class Model:
    """A run made ready to be asked: its service, its setting, how far off its replay is, and what its bands lack."""

    seen: Evidence
    service: Service
    recorded: Setting
    span: Span
    replay: tuple[Error, ...]
    replayed: Curves
    spread: Spread


@dataclass(frozen=True)
class Answer:
    """Everything that is said. ``base``: the recorded setting in other runs of the same service (other phases).

    ``doubts``: why latency is unknown, where the replay misses it; empty where it is known.
    """

    model: Model
    base: Outcome
    variants: tuple[Outcome, ...]
    seeds: int
    doubts: tuple[Problem, ...]


def prepare(seen: Evidence, *, threads: int | None = None, seeds: int = SEEDS) -> Model:
    """Calibrate and replay. Raises ``Unknowable`` (exit code 5) where the run cannot be modelled."""
    service = calibrate(seen, threads=threads)
    problems = refusals.of_run(seen, service)
    if problems or service is None:
        raise refusals.Unknowable(f"{seen.source} does not show enough to say what would have been.", problems)
    recorded, span = setting_of(seen, metric_period_s=service.metric_period_s.value), span_of(seen)
    known = Phases(*(figure.value if figure else None for figure in (service.scrape_phase, service.sync_phase)))
    runs = modelled(service, recorded, span, range(seeds), known)
    return Model(
        seen=seen,
        service=service,
        recorded=recorded,
        span=span,
        replay=tuple(errors(seen, recorded, span, runs)),
        replayed=curves(runs),
        spread=of_replay(seen, span, runs),
    )


def trusted(model: Model) -> list[Problem]:
    """What of the replay is too far off in latency alone: latency of other settings is then unknown.

    Raises ``Unknowable`` where it is too far off in pods or lost requests: then nothing can be said.
    """
    bad = [error for error in model.replay if not error.ok]
    if any(not error.of_latency for error in bad):
        raise refusals.Unknowable(
            "The model does not give this very run back, so what it says of another setting is worth nothing.",
            [missed(model.seen.source.name, error) for error in bad],
        )
    return [*(missed(model.seen.source.name, error) for error in bad), *doubt(model.seen.source.name, model.spread)]


def ask(model: Model, variants: Sequence[Setting], seeds: int = SEEDS) -> Answer:
    """Each variant against the recorded setting under the same chances. Raises ``Unknowable`` for what was not seen."""
    problems = [p for variant in variants for p in refusals.of_variant(variant, model.recorded, model.service)]
    if problems:
        raise refusals.Unknowable("A variant lies outside what the run has shown.", problems)
    base = modelled(model.service, model.recorded, model.span, range(seeds))
    found = []
    for variant in variants:
        span = span_for(model, variant)
        runs = modelled(model.service, variant, span, range(seeds))
        same = base if variant.load == model.recorded.load else None
        outcome = _outcome(variant, runs, same)
        problems += refusals.of_room(model.seen, variant.name, outcome.figures.most_pods.high or 0.0)
        found.append(outcome)
    if problems:
        raise refusals.Unknowable("A variant lies outside what the run has shown.", problems)
    doubts = tuple(trusted(model))
    timeout_s = model.service.timeout_s.value
    told = (_outcome(model.recorded, base, None), *found)
    outcomes = [_widened(outcome, model.spread, timeout_s) for outcome in told]
    if doubts:
        outcomes = [_without_latency(outcome) for outcome in outcomes]
    return Answer(model=model, base=outcomes[0], variants=tuple(outcomes[1:]), seeds=seeds, doubts=doubts)


def _widened(outcome: Outcome, spread: Spread, timeout_s: float) -> Outcome:
    """With bands in which one real run may be expected: see ``autoscale.whatif.spread``.

    Where only the widened p99 reaches the time-out, requests may be lost that no modelled run lost: it is unknown.
    """
    modelled_s, figures = outcome.figures.p99_s.high, outcome.figures
    if modelled_s is not None and modelled_s < timeout_s <= spread.latency(modelled_s, modelled_s)[1]:
        change = outcome.change and replace(outcome.change, lost=_UNKNOWN)
        outcome = replace(outcome, figures=replace(figures, lost=_UNKNOWN), change=change)
    timers = timers_s(outcome.setting)

    def wide(figures: Figures) -> Figures:
        latency = {name: _between(getattr(figures, name), spread.latency) for name in _LATENCY}
        minutes = _between(figures.replica_minutes, spread.minutes)
        first = _moved(figures.first_decision_s, timers)
        return replace(figures, **latency, replica_minutes=minutes, first_decision_s=first)

    curve = tuple((at, _between(each, spread.latency)) for at, each in outcome.curves.p95_s)
    change = wide(outcome.change) if outcome.change else None
    return replace(outcome, figures=wide(outcome.figures), change=change, curves=replace(outcome.curves, p95_s=curve))


def _between(found: Band, widen: Callable[[float, float], tuple[float, float]]) -> Band:
    if found.low is None or found.high is None:
        return found
    low, high = widen(found.low, found.high)
    return replace(found, low=low, high=high)


def _moved(found: Band, seconds: float) -> Band:
    if found.low is None or found.high is None:
        return found
    return replace(found, low=found.low - seconds, high=found.high + seconds)


def _without_latency(outcome: Outcome) -> Outcome:
    unknown = dict.fromkeys(_LATENCY, _UNKNOWN)
    change = replace(outcome.change, **unknown) if outcome.change else None
    curves = replace(outcome.curves, p95_s=())
    return replace(outcome, figures=replace(outcome.figures, **unknown), change=change, curves=curves)


def span_for(model: Model, variant: Setting) -> Span:
    """The recorded span, with as long a tail where the load lasts longer or shorter."""
    span, recorded = model.span, model.recorded.load
    tail = span.end - recorded.duration_s
    least = int(variant.hpa.get("minReplicas") or 1)
    pods = span.pods[: max(least, 1)] if len(span.pods) > least else span.pods
    pods += (pods[-1:] or ((span.begin, span.begin),)) * (least - len(pods))
    return Span(span.zero, span.begin, variant.load.duration_s + tail, pods)


def modelled(
    service: Service, setting: Setting, span: Span, seeds: Sequence[int], phases: Phases | None = None
) -> list[Modelled]:
    """The model run once for each seed."""
    found = []
    shared = chunks(setting.load, compiled=fast.available())
    for seed in seeds:
        arrivals = shared if isinstance(shared, list) else chunks(setting.load, compiled=fast.available())
        witness = Summary(span, setting.load)
        simulate(service, setting, span, arrivals, seed, witness, phases=phases)
        found.append(witness.result())
    return found


def _outcome(setting: Setting, runs: Sequence[Modelled], base: Sequence[Modelled] | None) -> Outcome:
    values = {name: [take(run) for run in runs] for name, take in _TAKEN.items()}
    change = None
    if base is not None:
        old = {name: [take(run) for run in base] for name, take in _TAKEN.items()}
        change = Figures(**{name: band(_differences(values[name], old[name])) for name in _TAKEN})
    binds = Counter({name: n for run in runs for name, n in run.bound.items()}).most_common(1)
    figures = Figures(**{name: band(column) for name, column in values.items()})
    return Outcome(
        setting=setting, figures=figures, change=change, curves=curves(runs), binds=binds[0][0] if binds else None
    )


def _differences(new: Sequence[float | None], old: Sequence[float | None]) -> list[float | None]:
    return [None if a is None or b is None else a - b for a, b in zip(new, old, strict=True)]


def band(values: Sequence[float | None]) -> Band:
    """Middle, 5 % and 95 % of what is known; unknown where half is not."""
    known = sorted(value for value in values if value is not None)
    if len(known) <= len(values) / 2:
        return Band(None, None, None)
    return Band(statistics.median(known), *middle_90(known))


def worst_p95(run: Modelled) -> float | None:
    """The highest p95 of any stage."""
    stages = [run.quantile(0.95, start, end) for _, start, end in run.load.stages] or [run.quantile(0.95)]
    return max((value for value in stages if value is not None), default=None)


_TAKEN: Mapping[str, Callable[[Modelled], float | None]] = {
    "replica_minutes": lambda run: run.replica_minutes(),
    "most_pods": lambda run: run.desired.highest(0.0, run.span.end),
    "first_decision_s": first_decision,
    "p95_s": lambda run: run.quantile(0.95),
    "p99_s": lambda run: run.quantile(0.99),
    "worst_p95_s": worst_p95,
    "lost": lambda run: run.lost(),
}


def curves(runs: Sequence[Modelled]) -> Curves:
    """Bands of pods and of p95 over time."""
    span = runs[0].span
    grid = [CURVE_S / 3 * i for i in range(int(span.begin // 5), int(span.end // 5) + 1)]
    pods = tuple((at, band([run.desired.at(at) for run in runs])) for at in grid)
    latency = [run.percentiles(0.95) for run in runs]
    p95 = tuple((column[0][0], band([value for _, value in column])) for column in zip(*latency, strict=True))
    return Curves(pods, p95)
