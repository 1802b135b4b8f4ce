"""Predictions beside the runs that were made for them, as a table, and what they come to together."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from autoscale.whatif import verify
from autoscale.whatif.answer import Model, Outcome, ask, modelled, span_for
from autoscale.whatif.evidence import Evidence
from autoscale.whatif.missed import value_text
from autoscale.whatif.refusals import Unknowable
from autoscale.whatif.replay import distance
from autoscale.whatif.service import Setting, Span
from autoscale.whatif.words import band_text

HEAD = ("case", "figure", "predicted", "measured", "in the band")


@dataclass(frozen=True)
class Compared:
    """One run beside its prediction. ``off_pods``: how many pods apart on average over the run."""

    name: str
    verified: verify.Verified
    off_pods: float


def predict(model: Model, setting: Setting) -> Outcome | str:
    """What the tool says of a setting; in words where it says that it does not know."""
    try:
        return ask(model, [setting]).variants[0]
    except Unknowable as error:
        return str(error)


def compare(model: Model, name: str, outcome: Outcome, real: Evidence) -> Compared:
    """One run beside its prediction."""
    assert real.run.load_start is not None
    span = span_for(model, outcome.setting)
    ends = min(span.end, real.run.end - real.run.load_start)
    runs = modelled(model.service, outcome.setting, span, range(20))
    shown = Span(real.run.load_start, 0.0, ends)
    off = statistics.median(distance(real.run.replicas.desired, run, shown) for run in runs)
    return Compared(name, verify.beside(model, outcome, real), off)


def table(found: Sequence[Compared]) -> list[str]:
    """A line each case and figure: the band, then every measurement, and how many of them lie in the band."""
    lines = [f"| {' | '.join(HEAD)} |", f"|{' --- |' * len(HEAD)}"]
    for name in dict.fromkeys(one.name for one in found):
        same = [one for one in found if one.name == name]
        columns = zip(*(one.verified.lines for one in same), strict=True)
        lines += [f"| {' | '.join((name, *_cells(column)))} |" for column in columns]
        off = ", ".join(f"{one.off_pods:.2f}" for one in same)
        lines.append(f"| {name} | pods over time, off on average | | {off} | |")
    return lines


def _cells(column: Sequence[verify.Line]) -> tuple[str, ...]:
    first, known = column[0], [line.held for line in column if line.held is not None]
    measured = ", ".join(
        value_text(line.measured, line.unit) + ("" if line.comparable else " (busier)") for line in column
    )
    held = f"{known.count(True)} of {len(known)}" if known else ""
    return first.name, band_text(first.predicted, first.unit), measured, held


def summary(found: Sequence[Compared]) -> Iterator[str]:
    """Coverage, errors, order of the variants, and how far equal runs lie apart."""
    if not found:
        yield "nothing to compare"
        return
    for figure in [line.name for line in found[0].verified.lines]:
        lines = [line for one in found for line in one.verified.lines if line.name == figure]
        held = [line.held for line in lines]
        known = sum(one is not None for one in held)
        errors = [abs(line.predicted.middle / line.measured - 1) for line in lines
                  if line.predicted.middle is not None and line.measured]  # fmt: skip
        off = f", {statistics.median(errors):.1%} off in the middle, {max(errors):.1%} at most" if errors else ""
        yield f"{figure}: {held.count(True)} of {known} in the band, {held.count(None)} unknown{off}"
    yield f"pods over time: {max(one.off_pods for one in found):.2f} pods off at most"
    yield from _order(found)
    yield from _apart(found)


def _order(found: Sequence[Compared]) -> Iterator[str]:
    """Kendall's tau of predicted against measured cost, over the means of equal runs."""
    pairs = [(said, statistics.fmean(real)) for _, said, real in _minutes(found)]
    signs = [(a[0] - b[0]) * (a[1] - b[1]) for a, b in combinations(pairs, 2)]
    if signs:
        tau = sum((sign > 0) - (sign < 0) for sign in signs) / len(signs)
        yield f"order by pod-minutes: Kendall's tau {tau:.2f} over {len(pairs)} settings"


def _apart(found: Sequence[Compared]) -> Iterator[str]:
    for name, _, real in _minutes(found):
        if len(real) > 1:
            spread = (max(real) - min(real)) / statistics.fmean(real)
            yield f"real against real, {name}: pod-minutes {spread:.1%} apart in {len(real)} runs"


def _minutes(found: Sequence[Compared]) -> Iterator[tuple[str, float, list[float]]]:
    for name in dict.fromkeys(one.name for one in found):
        lines = [one.verified.lines[0] for one in found if one.name == name]
        real = [line.measured for line in lines if line.measured is not None]
        if real and lines[0].predicted.middle is not None:
            yield name, lines[0].predicted.middle, real


def told(outcome: Outcome) -> str:
    """A prediction in one line."""
    figures = outcome.figures
    return (
        f"{band_text(figures.replica_minutes, '')} pod-minutes, at most {band_text(figures.most_pods, '')} pods, first "
        f"decision {band_text(figures.first_decision_s, 's')}, p95 {band_text(figures.p95_s, 's')}"
    )
