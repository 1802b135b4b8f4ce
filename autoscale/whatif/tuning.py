"""The cheapest HPA that holds the objectives under the recorded load, as far as the model can tell.

Many settings are modelled a few times and put in order by cost, in pod-minutes; the cheapest ones that hold the latency
objectives are then modelled as whole records and judged as a real run would be, objective by objective.
"""

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from autoscale.analysis import analyse
from autoscale.base.errors import Problem
from autoscale.objectives.language import Objective, parse
from autoscale.verdict.judging import judge
from autoscale.whatif import refusals, variants
from autoscale.whatif.answer import Band, Model, band, modelled, span_for, trusted, worst_p95
from autoscale.whatif.evidence import Evidence
from autoscale.whatif.rows import rows
from autoscale.whatif.service import Setting
from autoscale.whatif.summary import Modelled

TARGETS = (30, 40, 50, 60, 70, 80, 90)
CONFIDENCE = 0.9
_COARSE, _FINE = 5, 10
_AT_ONCE, _MOST_JUDGED = 6, 24
_MOST_SAVING = 2
MORE_LOAD = 1.2
_UP_FAST = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Percent", "value": 400, "periodSeconds": 15},
        {"type": "Pods", "value": 4, "periodSeconds": 15},
    ],
}
Work = Callable[[Callable[[Setting], Any], Sequence[Setting]], list[Any]]


@dataclass(frozen=True)
class Candidate:
    """One setting, modelled a few times: its cost, its latency, how many of the runs held the latency objectives."""

    setting: Setting
    replica_minutes: Band
    worst_p95_s: Band
    held: float


@dataclass(frozen=True)
class Judged:
    """One setting judged on whole records. ``held``: of each objective, the share of the runs in which it passed."""

    candidate: Candidate
    held: tuple[tuple[str, float], ...]
    runs: int

    @property
    def confidence(self) -> float:
        """The share of the runs in which the hardest objective passed."""
        return min((share for _, share in self.held), default=1.0)


@dataclass(frozen=True)
class Advice:
    """``front``: settings of which none is both cheaper and quicker. ``best`` None: none of those judged holds.

    ``best`` is the recorded setting where nothing cheaper holds.

    ``around``: the best setting's neighbours in target, and the best one under more load. ``same``: the saving is less
    than the model can tell.
    """

    model: Model
    recorded: Judged
    front: tuple[Candidate, ...]
    judged: tuple[Judged, ...]
    best: Judged | None
    around: tuple[tuple[str, Candidate], ...]
    same: bool
    confidence: float
    tried: int


@dataclass(frozen=True)
class Saving:
    """A setting that needs fewer pods, and the same one under more load."""

    judged: Judged
    more_load: Candidate


def serial(function: Callable[[Setting], Any], settings: Sequence[Setting]) -> list[Any]:
    """One after the other."""
    return [function(setting) for setting in settings]


def advise(model: Model, texts: Sequence[str] = (), *, confidence: float = CONFIDENCE, work: Work = serial) -> Advice:
    """Search and judge. Raises ``Unknowable`` where the replay misses what the objectives are about."""
    objectives = _trusted_objectives(model, texts)
    if not objectives:
        raise refusals.Unknowable(
            "There is no objective to hold.",
            [Problem("objectives", "none", "at least one", "Give one with --objective.")],
        )
    coarse = _Coarse(model, objectives)
    settings = list(candidates(model.recorded))
    tried: list[Candidate] = work(coarse, settings)
    cheap = distinct(sorted((one for one in tried if one.held >= confidence), key=_cost))
    judging = _Judging(model, tuple(one.text for one in objectives))
    recorded = Judged(coarse(model.recorded), judging(model.recorded), _FINE)
    judged: list[Judged] = []
    best: Judged | None = None
    for some in batched(cheap[:_MOST_JUDGED], _AT_ONCE):
        found = zip(some, work(judging, [one.setting for one in some]), strict=True)
        judged += [Judged(one, held, _FINE) for one, held in found]
        best = next((one for one in judged if one.confidence >= confidence), None)
        if best is not None:
            break
    if recorded.confidence >= confidence and (best is None or _cost(recorded.candidate) <= _cost(best.candidate)):
        best = recorded
    around = tuple(_around(coarse, best.candidate.setting)) if best else ()
    same = best is not None and _same(model, recorded.candidate, best.candidate)
    return Advice(
        model=model,
        recorded=recorded,
        front=tuple(pareto(tried)),
        judged=tuple(judged),
        best=best,
        around=around,
        same=same,
        confidence=confidence,
        tried=len(settings),
    )


def saving(model: Model, texts: Sequence[str]) -> Saving | None:
    """The cheapest of a few settings that need fewer pods than the recorded one, and hold; None where none does that.

    Much less work than ``advise``. Raises ``Unknowable`` as that does.
    """
    coarse = _Coarse(model, _trusted_objectives(model, texts))
    old = coarse(model.recorded)
    found = (one for one in map(coarse, cheaper(model.recorded)) if one.held >= CONFIDENCE)
    for one in sorted(found, key=_cost)[:_MOST_SAVING]:
        if _same(model, old, one):
            return None
        judged = Judged(one, _Judging(model, tuple(texts))(one.setting), _FINE)
        if judged.confidence >= CONFIDENCE:
            return Saving(judged, _more_load(coarse, one.setting))
    return None


def _cost(candidate: Candidate) -> float:
    return candidate.replica_minutes.middle or 0.0


def _trusted_objectives(model: Model, texts: Sequence[str]) -> list[Objective]:
    doubts = trusted(model)
    if doubts:
        raise refusals.Unknowable("Latency is unknown here, so no setting can be recommended.", doubts)
    return objectives_of(model.seen, texts)


def objectives_of(seen: Evidence, texts: Sequence[str]) -> list[Objective]:
    """The objectives that are given, else those of the recorded scenario; InputError for one that cannot be read."""
    given = list(texts) or [str(text) for text in seen.scenario.get("objectives") or []]
    return parse(given, [str(stage["name"]) for stage in seen.scenario.get("stages") or ()], "objectives")


def candidates(recorded: Setting) -> Iterator[Setting]:
    """Targets, minima, maxima and behaviours around the recorded setting; those that upstream would take."""
    spec = recorded.hpa
    least, most = int(spec.get("minReplicas") or 1), int(spec["maxReplicas"])
    minima = sorted({_fewer(least), least, least + 1, least + 2})
    behaviours = [("", spec.get("behavior")), ("quick up", {**(spec.get("behavior") or {}), "scaleUp": _UP_FAST})]
    targets = TARGETS if _target(recorded) else (None,)
    for target, low, high, (words, behaviour) in product(targets, minima, (most, 2 * most), behaviours):
        if low <= high:
            yield _setting(recorded, target, low, high, behaviour, words)


def cheaper(recorded: Setting) -> Iterator[Setting]:
    """Higher targets and smaller minima than the recorded ones."""
    spec, old = recorded.hpa, _target(recorded)
    least, most = int(spec.get("minReplicas") or 1), int(spec["maxReplicas"])
    targets = [old, *(target for target in TARGETS if old and target > old)]
    for target, low in product(targets, sorted({_fewer(least), least})):
        if (target, low) != (old, least):
            yield _setting(recorded, target, low, most, spec.get("behavior"), "")


def _fewer(least: int) -> int:
    """One pod less, but two stay two: one may fail, or be moved, which no model of the load knows of."""
    return max(min(least, 2), least - 1)


def _sources(hpa: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The targets of the metrics that are a utilisation."""
    for metric in hpa.get("metrics") or []:
        target = (metric.get("resource") or metric.get("containerResource") or {}).get("target") or {}
        if "averageUtilization" in target:
            yield target


def _target(setting: Setting) -> int | None:
    """The target utilisation; None where it is given in cores."""
    return next((int(target["averageUtilization"]) for target in _sources(setting.hpa)), None)


def _setting(recorded: Setting, target: int | None, low: int, high: int, behaviour: Any, words: str) -> Setting:
    hpa = deepcopy(dict(recorded.hpa))
    hpa |= {"minReplicas": low, "maxReplicas": high, **({"behavior": behaviour} if behaviour else {})}
    for one in _sources(hpa):
        one["averageUtilization"] = target
    name = (f"target {target} %, " if target else "") + f"{low} to {high} pods" + (f", {words}" if words else "")
    return variants.checked(replace(recorded, name=name, hpa=hpa))


@dataclass(frozen=True)
class _Coarse:
    """Model a setting a few times."""

    model: Model
    objectives: Sequence[Objective]

    def __call__(self, setting: Setting) -> Candidate:
        runs = modelled(self.model.service, setting, span_for(self.model, setting), range(_COARSE))
        held = statistics.fmean(all(_holds(run, one) for one in self.objectives) for run in runs)
        minutes = band([run.replica_minutes() for run in runs])
        return Candidate(setting, minutes, band([worst_p95(run) for run in runs]), held)


def _holds(run: Modelled, objective: Objective) -> bool:
    """Whether an objective on latency or errors may hold; what is not told from counts is left to the judging."""
    window = objective.window
    if window.kind not in ("whole", "during") or window.offset_s or objective.operator not in ("<", "<="):
        return True
    start, end = next(((a, b) for name, a, b in run.load.stages if name == window.of), (0.0, float("inf")))
    if objective.metric == "errors":
        value = run.lost(start, end)
    elif objective.quantile is not None and not objective.metric.startswith("service_"):
        value = run.quantile(objective.quantile, start, end)
    else:
        return True
    return value is None or value <= objective.bound


@dataclass(frozen=True)
class _Judging:
    """Judge a setting on whole records."""

    model: Model
    texts: tuple[str, ...]

    def __call__(self, setting: Setting) -> tuple[tuple[str, float], ...]:
        verdicts = [judge(analyse(rows(self.model, setting, seed)), self.texts) for seed in range(_FINE)]
        outcomes = [[verdict.judgements[i].outcome for verdict in verdicts] for i in range(len(self.texts))]
        return tuple((text, _share(column)) for text, column in zip(self.texts, outcomes, strict=True))


def _share(outcomes: Sequence[str]) -> float:
    """Passes among what could be judged; what could be judged in less than half of the runs did not pass."""
    known = [outcome for outcome in outcomes if outcome != "unknown"]
    return statistics.fmean(outcome == "pass" for outcome in known) if 2 * len(known) >= len(outcomes) else 0.0


def _around(coarse: _Coarse, best: Setting) -> Iterator[tuple[str, Candidate]]:
    """What little changes around the best setting do: a knee or a plateau."""
    middle = _target(best)
    for step in (-10, -5, 5, 10) if middle else ():
        if middle and middle + step < 1:
            continue
        hpa = deepcopy(dict(best.hpa))
        for target in _sources(hpa):
            target["averageUtilization"] += step
        yield f"target {step:+d}", coarse(variants.checked(replace(best, hpa=hpa)))
    yield f"{MORE_LOAD:.0%} of the load", _more_load(coarse, best)


def _more_load(coarse: _Coarse, setting: Setting) -> Candidate:
    return coarse(replace(setting, load=setting.load.times(MORE_LOAD)))


def _same(model: Model, old: Candidate, new: Candidate) -> bool:
    """Whether the bands of cost overlap, or differ by less than the replay was off."""
    a, b = old.replica_minutes, new.replica_minutes
    if a.middle is None or b.middle is None or a.low is None or b.high is None:
        return True
    error = next((e.miss or 0.0 for e in model.replay if e.name == "replica-minutes"), 0.0)
    return b.high >= a.low or a.middle - b.middle <= error * a.middle


def batched(found: Sequence[Candidate], n: int) -> Iterator[Sequence[Candidate]]:
    """``n`` at a time."""
    return (found[i : i + n] for i in range(0, len(found), n))


def distinct(found: Iterable[Candidate]) -> list[Candidate]:
    """The first of those that came out alike in every figure: what was changed beside it did not matter."""
    return list({(one.replica_minutes, one.worst_p95_s, one.held): one for one in reversed(list(found))}.values())[::-1]


def pareto(tried: Iterable[Candidate]) -> Iterator[Candidate]:
    """From cheap to quick: each one is quicker than all that are cheaper."""
    best = float("inf")
    for one in sorted(tried, key=lambda one: (_cost(one), one.worst_p95_s.middle or 0.0)):
        quick = one.worst_p95_s.middle
        if quick is not None and quick < best * 0.98:
            best = quick
            yield one
