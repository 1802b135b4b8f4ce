"""A prediction beside the run that was made to check it: which of its bands held."""

from collections.abc import Iterator
from dataclasses import dataclass

from autoscale.analysis import Analysis
from autoscale.base.errors import Problem
from autoscale.whatif.answer import Band, Model, Outcome
from autoscale.whatif.evidence import Evidence
from autoscale.whatif.missed import seconds
from autoscale.whatif.refusals import Unknowable
from autoscale.whatif.replay import LOST
from autoscale.whatif.service import Setting, Span
from autoscale.whatif.words import band_text

_LATE_S = 0.002  # how late a quiet generator is: below that, twice as late says nothing


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: its band, what was measured (None: it did not happen, or is not known), and the unit for words.

    ``comparable`` False: the two runs were not made under like conditions.
    """

    name: str
    predicted: Band
    measured: float | None
    unit: str
    comparable: bool = True

    @property
    def held(self) -> bool | None:
        """Whether the measurement lies in the band; None where there is no band, or nothing to compare."""
        low, high = self.predicted.low, self.predicted.high
        if not self.comparable or low is None or high is None or self.measured is None:
            return None
        slack = 0.005 * abs(self.measured)  # a band may have no width: a run ends some tenths sooner or later
        return low - slack <= self.measured <= high + slack


@dataclass(frozen=True, slots=True)
class Verified:
    """Prediction beside measurement. ``busier``: why latency cannot be compared; None where it can."""

    run: str
    lines: tuple[Line, ...]
    busier: str | None


def beside(model: Model, outcome: Outcome, real: Evidence) -> Verified:
    """An outcome of ``model`` beside the real run of its setting. Raises ``Unknowable`` where that shows nothing."""
    seen = real.run
    if seen.load_start is None or seen.load_end is None or seen.hpa is None:
        problem = Problem(real.source.name, "no whole load, or no HPA", "a run that went to its end", "Run it again.")
        raise Unknowable("The run that was to check the prediction shows too little.", [problem])
    figures, lost = outcome.figures, _lost(seen)
    busier = _busier(model.spread.lag_s, seen.generator.lag_p99_s)
    overrun = bool(busier) and _more_lost(figures.lost, lost)  # what was not answered did not load the pods either
    if overrun:
        busier = f"{busier}; nor are pods: more requests were lost than the model foretells"
    span = Span(seen.load_start, 0.0, outcome.setting.load.duration_s + model.span.end - model.recorded.load.duration_s)
    whole = seen.latency[0]
    lines = (
        Line(
            name="pod-minutes",
            predicted=figures.replica_minutes,
            measured=_minutes(seen, span),
            unit="",
            comparable=not overrun,
        ),
        Line(
            name="most pods", predicted=figures.most_pods, measured=_most(seen, span), unit="", comparable=not overrun
        ),
        Line(
            name="first decision",
            predicted=figures.first_decision_s,
            measured=_first(seen, span),
            unit="s",
            comparable=not overrun,
        ),
        Line(name="p95", predicted=figures.p95_s, measured=whole.p95, unit="s", comparable=not busier),
        Line(name="p99", predicted=figures.p99_s, measured=whole.p99, unit="s", comparable=not busier),
        Line(
            name="worst stage p95",
            predicted=figures.worst_p95_s,
            measured=_worst(seen, outcome.setting),
            unit="s",
            comparable=not busier,
        ),
        Line(name="not answered", predicted=figures.lost, measured=lost, unit="%", comparable=not busier),
    )
    return Verified(seen.run, lines, busier)


def _minutes(seen: Analysis, span: Span) -> float | None:
    """Pod-minutes of the span that was modelled; where the run ended sooner, its last size is held."""
    known = seen.replicas.desired.known(span.zero, span.zero + span.end)
    if not known:
        return None
    rest = span.end - sum(length for length, _ in known)
    return (sum(length * value for length, value in known) + max(0.0, rest) * known[-1][1]) / 60


def _most(seen: Analysis, span: Span) -> float | None:
    return seen.replicas.desired.highest(span.zero, span.zero + span.end)


def _first(seen: Analysis, span: Span) -> float | None:
    return next((at - span.zero for at, *_ in seen.replicas.desired.changes(span.zero, span.zero + span.end)), None)


def _worst(seen: Analysis, setting: Setting) -> float | None:
    named = {f"stage {name}" for name, *_ in setting.load.stages}
    return max((told.p95 for told in seen.latency if told.label in named and told.p95 is not None), default=None)


def _lost(seen: Analysis) -> float | None:
    told = seen.latency[0]
    if told.count is None:
        return None
    lost = (told.failed or 0) + (told.dropped or 0)
    return lost / (told.count + lost) if told.count + lost else None


def _more_lost(predicted: Band, measured: float | None) -> bool:
    """Whether a share was lost that cannot be the model's error: beyond its band by more than it may miss a replay."""
    return measured is not None and measured > (predicted.high or predicted.middle or 0.0) + LOST


def _busier(recorded_s: float | None, real_s: float | None) -> str | None:
    if recorded_s is None or real_s is None or real_s <= 2 * max(recorded_s, _LATE_S):
        return None
    return (
        "latency and losses are not comparable: the machine was busier (99 % of requests were sent within"
        f" {seconds(real_s)} of their time, {seconds(recorded_s)} in the run that the model is from)"
    )


def to_text(verified: Verified) -> str:
    """For the terminal."""
    return "\n".join([f"Predicted, and measured in run {verified.run}:", *_lines(verified), ""])


def to_markdown(verified: Verified) -> str:
    """For a pull request."""
    head = ["| figure | predicted | measured | in the band |", "| --- | --- | --- | --- |"]
    rows = [f"| {' | '.join(cells(line))} |" for line in verified.lines]
    notes = ["", verified.busier] if verified.busier else []
    return "\n".join([f"### Measured in run {verified.run}", "", *head, *rows, *notes, ""])


def _lines(verified: Verified) -> Iterator[str]:
    rows = [("", "predicted", "measured", "in the band"), *map(cells, verified.lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    yield from (
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
    if verified.busier:
        yield f"  {verified.busier[0].upper()}{verified.busier[1:]}."


def cells(line: Line) -> tuple[str, str, str, str]:
    """Its name, its band, what was measured, and whether that lies in the band."""
    measured = Band(line.measured, line.measured, line.measured)
    told = "none" if line.measured is None else band_text(measured, line.unit)
    held = {True: "yes", False: "NO", None: "unknown"}[line.held]
    return line.name, band_text(line.predicted, line.unit), told, held
