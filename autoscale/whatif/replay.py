"""How far off the model is on the run that it was taken from: the first thing to know, and the reason to refuse."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autoscale.analysis.steps import StepSeries, aligned
from autoscale.whatif.evidence import Evidence
from autoscale.whatif.service import Setting, Span
from autoscale.whatif.summary import Modelled

# What a replay may miss by, before anything else is asked of the model.
REPLICA_MINUTES = 0.10
PODS = 0.75
LATENCY = 1.5
LATENCY_S = 0.010
LOST = 0.02
_LEAST = {0.95: 200, 0.99: 1000}  # answers that a percentile needs


@dataclass(frozen=True, slots=True)
class Error:
    """One figure of the replay beside the recording. ``miss`` is how far off in the unit of ``bound`` (None: unknown);

    ``low`` and ``high``: the 5 to 95 % band of the replay's runs.
    """

    name: str
    recorded: float | None
    modelled: float | None
    unit: str
    miss: float | None
    bound: float
    kind: str  # "share", "ratio", "" (the unit itself)
    cure: str
    low: float | None = None
    high: float | None = None

    @property
    def of_latency(self) -> bool:
        """Whether it concerns latency, and not the pods."""
        return self.name.startswith("p9")

    @property
    def ok(self) -> bool:
        """Whether it is within its bound, or the recording one of the outcomes that the model gives by chance."""
        if self.miss is None or self.miss <= self.bound:
            return True
        return (
            self.recorded is not None
            and self.low is not None
            and self.high is not None
            and (self.low <= self.recorded <= self.high)
        )


def errors(seen: Evidence, recorded: Setting, span: Span, runs: Sequence[Modelled]) -> list[Error]:
    """The replay's errors, the median over its runs."""
    return [*_pods(seen, recorded, span, runs), *_latency(seen, runs), *_lost(seen, runs)]


def _pods(seen: Evidence, recorded: Setting, span: Span, runs: Sequence[Modelled]) -> Iterator[Error]:
    truth = seen.run.replicas.desired
    known = truth.known(span.zero, span.zero + span.end)
    real = sum(length * value for length, value in known) / 60
    minutes = [run.replica_minutes() for run in runs]
    model = statistics.median(minutes)
    steps = "Record a load of steps that hold for a minute, from idle to the peak."
    miss = abs(model / real - 1) if real else None
    low, high = middle_90(minutes)
    yield Error(
        name="replica-minutes",
        recorded=real,
        modelled=model,
        unit="",
        miss=miss,
        bound=REPLICA_MINUTES,
        kind="share",
        cure=steps,
        low=low,
        high=high,
    )
    off = statistics.median(distance(truth, run, span) for run in runs)
    yield Error(
        name="pods over time", recorded=None, modelled=None, unit="pods", miss=off, bound=PODS, kind="", cure=steps
    )
    first = next((at - span.zero for at, _, _ in truth.changes(span.zero, span.zero + span.end)), None)
    firsts = [at for run in runs if (at := first_decision(run)) is not None]
    guess = statistics.median_low(firsts) if len(firsts) > len(runs) / 2 else None
    sync = recorded.config.sync_period_s
    miss = abs(guess - first) if first is not None and guess is not None else None if first == guess else sync * 10
    low, high = middle_90(firsts)
    yield Error(
        name="first decision",
        recorded=first,
        modelled=guess,
        unit="s",
        miss=miss,
        bound=sync + 1.0,
        kind="",
        cure="Record when metrics were sampled, closely.",
        low=low,
        high=high,
    )


def middle_90(values: Sequence[float]) -> tuple[float, float]:
    """5 and 95 % of some values."""
    known = sorted(values) or [0.0]
    return known[round(0.05 * (len(known) - 1))], known[round(0.95 * (len(known) - 1))]


def distance(truth: StepSeries, run: Modelled, span: Span) -> float:
    """Mean absolute difference of pods asked for, over the run."""
    shifted = StepSeries(tuple(at + span.zero for at in run.desired.times), run.desired.values)
    parts = list(aligned(truth, shifted, span.zero, span.zero + span.end))
    whole = sum(length for length, _, _ in parts)
    return sum(length * abs(a - b) for length, a, b in parts) / whole if whole else 0.0


def first_decision(run: Modelled) -> float | None:
    """When the HPA first changed the size, in seconds from the load's start."""
    return next((at for at, *_ in run.decisions if at > 0), None)


def _latency(seen: Evidence, runs: Sequence[Modelled]) -> Iterator[Error]:
    stages = {f"stage {name}": (start, end) for name, start, end in runs[0].load.stages}
    cure = "Record a calm stage at the beginning; what waits for something else than CPU is not modelled."
    for told in seen.run.latency:
        if told.label not in stages:
            continue
        for share, real in ((0.95, told.p95), (0.99, told.p99)):
            values = [v for run in runs if (v := run.quantile(share, *stages[told.label])) is not None]
            if real is None or len(values) <= len(runs) / 2 or (told.count or 0) < _LEAST[share]:
                continue
            model = statistics.median(values)
            miss = max(model / real, real / model) if abs(model - real) > LATENCY_S else 1.0
            low, high = middle_90(values)
            yield Error(
                name=f"p{share * 100:.0f} {told.label.removeprefix('stage ')}",
                recorded=real,
                modelled=model,
                unit="s",
                miss=miss,
                bound=LATENCY if share == 0.95 else 2 * LATENCY,
                kind="ratio",
                cure=cure,
                low=low,
                high=high,
            )


def _lost(seen: Evidence, runs: Sequence[Modelled]) -> Iterator[Error]:
    told = seen.run.latency[0]
    if told.count is None:
        return
    lost = (told.failed or 0) + (told.dropped or 0)
    real = lost / (told.count + lost) if told.count + lost else 0.0
    model = statistics.median(run.lost() or 0.0 for run in runs)
    cure = "Record a run that stays within what the service can do: what fails is not modelled beyond time-outs."
    yield Error(
        name="not answered",
        recorded=real,
        modelled=model,
        unit="share",
        miss=abs(model - real),
        bound=LOST,
        kind="share",
        cure=cure,
    )
