"""Predictions beside the runs that were made for them, as a table, and what they come to together."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from autoscale.analysis.steps import StepSeries, aligned
from autoscale.whatif import order, verify
from autoscale.whatif.answer import Model, Outcome, ask, span_for
from autoscale.whatif.evidence import Evidence
from autoscale.whatif.refusals import Unknowable
from autoscale.whatif.service import Setting
from autoscale.whatif.words import band_text

HEAD = ("case", "figure", "predicted", "measured", "in the band")


@dataclass(frozen=True)
class Compared:
    """One run beside its prediction. ``pods``: its size over time until ``end``, in seconds of the load; ``off_pods``:
    how far the predicted middle lies from it on average."""

    name: str
    verified: verify.Verified
    pods: StepSeries
    end: float
    off_pods: float


def predict(model: Model, setting: Setting) -> Outcome | str:
    """What the tool says of a setting; in words where it says that it does not know."""
    try:
        return ask(model, [setting]).variants[0]
    except Unknowable as error:
        return str(error)


def compare(model: Model, name: str, outcome: Outcome, real: Evidence) -> Compared:
    """One run beside its prediction."""
    start = real.run.load_start
    assert start is not None
    desired = real.run.replicas.desired
    pods = StepSeries(tuple(at - start for at in desired.times), desired.values)
    ends = min(span_for(model, outcome.setting).end, real.run.end - start)
    middle = StepSeries.of([(at, band.middle) for at, band in outcome.curves.pods if band.middle is not None])
    return Compared(name, verify.beside(model, outcome, real), pods, ends, apart(pods, middle, ends))


def apart(a: StepSeries, b: StepSeries, end: float) -> float:
    """How many pods two curves are apart, on average over the load and its tail."""
    parts = list(aligned(a, b, 0.0, end))
    return sum(length * abs(x - y) for length, x, y in parts) / sum(length for length, _, _ in parts)


def table(found: Sequence[Compared]) -> Iterator[str]:
    """A line each case and figure: the band, then every measurement, and how many of them lie in the band."""
    yield f"| {' | '.join(HEAD)} |"
    yield f"|{' --- |' * len(HEAD)}"
    for name, same in _by_name(found):
        for column in zip(*(one.verified.lines for one in same), strict=True):
            yield f"| {' | '.join((name, *_cells(column)))} |"
        off = ", ".join(f"{one.off_pods:.2f}" for one in same)
        yield f"| {name} | pods over time: off by | | {off} | |"


def _cells(column: Sequence[verify.Line]) -> tuple[str, ...]:
    first, known = column[0], [line.held for line in column if line.held is not None]
    cells = [verify.cells(line)[2] + ("" if line.comparable else " (busier)") for line in column]
    held = f"{known.count(True)} of {len(known)}" if known else "not comparable"
    return first.name, band_text(first.predicted, first.unit), ", ".join(cells), held


def summary(found: Sequence[Compared]) -> Iterator[str]:
    """Coverage, errors, order of the settings, and how far equal runs lie apart."""
    if not found:
        yield "nothing to compare"
        return
    for column in zip(*(one.verified.lines for one in found), strict=True):
        held = [line.held for line in column]
        known = sum(one is not None for one in held)
        pairs = [(line.predicted.middle, line.measured) for line in column if line.comparable]
        errors = [abs(said / real - 1) for said, real in pairs if said is not None and real]
        off = f", {statistics.median(errors):.1%} off in the middle, {max(errors):.1%} at most" if errors else ""
        yield f"{column[0].name}: {held.count(True)} of {known} in the band, {held.count(None)} not comparable{off}"
    offs = [one.off_pods for one in found if one.verified.lines[0].comparable]
    if offs:
        yield f"pods over time: {statistics.median(offs):.2f} pods off in the middle, {max(offs):.2f} at most"
    yield from (_order(found, figure) for figure in ("pod-minutes", "p95"))
    yield from (_apart(name, same) for name, same in _by_name(found) if len(same) > 1)


def _order(found: Sequence[Compared], figure: str) -> str:
    """Kendall's tau of predicted against measured, over the middles of equal runs.

    Of the pairs that the prediction tells apart: where bands overlap the tool says itself that there is no order.
    """
    pairs = []
    for _, same in _by_name(found):
        lines = [line for one in same for line in one.verified.lines if line.name == figure]
        real = [line.measured for line in lines if line.measured is not None and line.comparable]
        if real:
            pairs.append((lines[0].predicted, statistics.median(real)))
    signs = [(order.sign(a[0], b[0]), (a[1] > b[1]) - (a[1] < b[1])) for a, b in combinations(pairs, 2)]
    told = [said * real for said, real in signs if said]
    if not told:
        return f"order by {figure}: none of {len(signs)} pairs told apart"
    tau = sum(told) / len(told)
    return f"order by {figure}: Kendall's tau {tau:.2f} over the {len(told)} of {len(signs)} pairs that are told apart"


def _apart(name: str, same: Sequence[Compared]) -> str:
    real = [one.verified.lines[0].measured for one in same]
    known = [value for value in real if value is not None]
    pods = [apart(a.pods, b.pods, min(a.end, b.end)) for a, b in combinations(same, 2)]
    return (
        f"real against real, {name}: pod-minutes {(max(known) - min(known)) / statistics.fmean(known):.1%} apart, "
        f"pods over time {statistics.median(pods):.2f}, in {len(same)} runs"
    )


def _by_name(found: Sequence[Compared]) -> Iterator[tuple[str, list[Compared]]]:
    for name in dict.fromkeys(one.name for one in found):
        yield name, [one for one in found if one.name == name]


def told(outcome: Outcome) -> str:
    """A prediction in one line."""
    figures = outcome.figures
    return (
        f"{band_text(figures.replica_minutes, '')} pod-minutes, at most {band_text(figures.most_pods, '')} pods, first "
        f"decision {band_text(figures.first_decision_s, 's')}, p95 {band_text(figures.p95_s, 's')}"
    )
