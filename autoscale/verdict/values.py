"""The value that an objective is judged by, taken from the analysis over the objective's span."""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace

from autoscale.analysis.latency import span_sum
from autoscale.analysis.measures import flapping
from autoscale.analysis.plan import largest_rise
from autoscale.analysis.reaction import back_to_min
from autoscale.analysis.resolution import Interval, Resolution, resolution_of
from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.steps import StepSeries
from autoscale.objectives.language import Objective, Operator
from loadtest.histogram import middle, quantile

COMPARE: dict[Operator, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_EDGE_S = 1.0
_UNTIMED = "how long requests took is not known"


@dataclass(frozen=True, slots=True)
class Value:
    """A value with its span; None is unknown, for ``reason``. ``at_least``: a lower bound; ``inf``: never answered.
    ``within``: the bounds between which it lies, where no more than these is known."""

    value: float | None
    start: float | None = None
    end: float | None = None
    reason: str = ""
    at_least: bool = False
    within: Interval | None = None


def value_of(analysis: Analysis, objective: Objective) -> Value:
    """What the objective's metric was in its span."""
    if objective.metric == "back_to_min":
        return _back_to_min(analysis, objective)
    if objective.subject is not None:
        return _named(analysis, objective, objective.subject)
    span = span_of(analysis, objective)
    if isinstance(span, str):
        return Value(None, reason=span)
    start, end = span
    if objective.metric in ("ready", "desired", "running"):
        return _supply(analysis, objective, start, end)
    if objective.metric == "cpu":
        return _cpu(analysis, objective, start, end)
    if objective.quantile is not None or objective.metric == "max":
        return _latency(analysis, objective, start, end)
    if objective.metric in _COUNTED:
        return _counted(analysis, objective.metric, start, end)
    return _measure(analysis, objective, start, end)


def _named(analysis: Analysis, objective: Objective, name: str) -> Value:
    """The same of the requests of one name."""
    part = analysis.by_name.get(name)
    if part is None:
        known = ", ".join(analysis.by_name)
        return Value(None, reason=f"no request was called {name!r}" + (f", but {known}" if known else ""))
    if any(analysis.seconds.dropped) and not any(n is not None for n in part.seconds.dropped):
        return Value(None, reason="of which name the requests were that were never sent is not known")
    own = replace(analysis, seconds=part.seconds, responses=part.responses)
    return value_of(own, replace(objective, subject=None))


def moment(analysis: Analysis, name: str) -> float | None:
    """A stage's beginning, or ``start``, ``end`` (of the load) or ``step`` (its largest rise)."""
    for stage in analysis.stages:
        if stage.name == name:
            return stage.start
    if name == "step":
        rise = largest_rise(analysis.changes)
        return rise.at if rise else None
    return {"start": analysis.load_start, "end": analysis.load_end}.get(name)


def span_of(analysis: Analysis, objective: Objective) -> tuple[float, float] | str:
    """The span that counts, or why there is none."""
    window = objective.window
    start, end = analysis.load_start, analysis.load_end
    if start is None:
        return "the record holds no load"
    end = analysis.end if end is None else end
    if window.kind == "whole" or window.of is None:
        return start, end
    if window.kind == "during":
        stage = next((stage for stage in analysis.stages if stage.name == window.of), None)
        if stage is None:
            return f"there is no stage {window.of}"
        first = stage.start + window.offset_s
        return (first, stage.end) if first < stage.end else f"stage {window.of} is shorter than {window.offset_s:g} s"
    at = moment(analysis, window.of)
    if at is None:
        return f"when {window.of} was is not known"
    if window.kind == "within":
        return at, at + window.offset_s
    first = at + window.offset_s
    return (first, end) if first < end else "the load ended before"


def _latency(analysis: Analysis, objective: Objective, start: float, end: float) -> Value:
    """A percentile of all requests: one that failed or was never sent is slower than any bound (``math.inf``)."""
    series = analysis.services if objective.metric.startswith("service_") else analysis.responses
    known = resolution_of(analysis.header)
    if known.whole and objective.window.kind != "whole":
        return Value(None, start, end, "durations are known of the whole load only")
    counts = series.merged(-math.inf, math.inf) if known.whole else series.merged(start, end)
    since, until = _drained(analysis, start, end)
    failed, dropped, ended = (
        span_sum(analysis.seconds, column, since, until)
        for column in (analysis.seconds.failed, analysis.seconds.dropped, analysis.seconds.answered)
    )
    without = (failed or 0) + (dropped or 0)
    timed = sum(counts.values())
    answered = timed - (without if known.of_all else 0) if timed else (ended or 0)
    if answered + without <= 0:
        return Value(None, start, end, "no request in this span" if not any(analysis.seconds.asked) else _UNTIMED)
    share = 1.0 if objective.quantile is None else objective.quantile
    # the same rank as ``quantile`` takes, among all: without failures the figure of the report
    rank = max(1, math.ceil(share * (answered + without) - 1e-9))
    if rank > answered:
        return Value(math.inf, start, end, _unanswered(answered, without, quantile(counts, share), known))
    if not timed:
        return Value(None, start, end, _UNTIMED)
    value = middle(max(counts)) if objective.quantile is None else quantile(counts, rank / timed)
    if failed is None:  # nobody knows how many failed, and each of these is slower than any bound
        near = known.around(value)
        return Value(value, start, end, within=Interval(near.low if near else value or 0.0, None))
    highest = quantile(counts, min(1.0, (rank + without) / timed)) if known.of_all else value
    return Value(value, start, end, within=known.between(value, highest))


def _unanswered(answered: int, without: int, survivors: float | None, known: Resolution) -> str:
    """Why a percentile of all requests has no value."""
    words = (
        f"{without} of {answered + without} requests failed or were never sent ({without / (answered + without):.2%})"
    )
    if survivors is None:
        return words
    alone = f"{survivors:.3g} s" if survivors >= 0.9995 else f"{survivors * 1000:.3g} ms"
    return f"{words}; of the answered ones alone it is {known.text(survivors) or alone}"


def _counted(analysis: Analysis, metric: str, start: float, end: float) -> Value:
    """Shares and rates that are sums over seconds, those included in which the load's last requests ended."""
    series = analysis.seconds
    if metric == "bad" and analysis.bad is None:
        return Value(None, start, end, "there is no latency objective")
    columns = (series.planned, series.answered, series.failed, series.dropped, analysis.bad or [])
    since, until = _drained(analysis, start, end)
    planned, answered, failed, dropped, bad = (span_sum(series, column, since, until) for column in columns)
    value = _COUNTED[metric](planned, answered, failed, dropped, bad, end - start)
    reason = "no request in this span, or it was not counted"
    if answered is None and failed is None and any(series.asked):
        reason = "how the requests ended is not known"
    return Value(value, start, end, "" if value is not None else reason)


def _drained(analysis: Analysis, start: float, end: float) -> tuple[float, float]:
    """A span that reaches to an end of the load, out to that end of the rows: a request that hangs is counted when it
    fails, and that may be a timeout later than the load's last second."""
    series = analysis.seconds
    if analysis.load_start is not None and start <= analysis.load_start + _EDGE_S:
        start = min(start, series.start - 1)
    if analysis.load_end is not None and end >= analysis.load_end - _EDGE_S:
        end = max(end, series.start + len(series) + 1)
    return start, end


def _errors(
    _p: int | None, answered: int | None, failed: int | None, _d: int | None, _b: int | None, _s: float
) -> float | None:
    if answered is None or failed is None or answered + failed == 0:
        return None
    return failed / (answered + failed)


def _throughput(
    _p: int | None, answered: int | None, _f: int | None, _d: int | None, _b: int | None, length: float
) -> float | None:
    return answered / length if answered is not None else None


def _dropped(
    planned: int | None, _a: int | None, _f: int | None, dropped: int | None, _b: int | None, _s: float
) -> float | None:
    return dropped / planned if dropped is not None and planned else None


def _bad(
    planned: int | None, _a: int | None, _f: int | None, _d: int | None, bad: int | None, _s: float
) -> float | None:
    return bad / planned if bad is not None and planned else None


_Counter = Callable[[int | None, int | None, int | None, int | None, int | None, float], float | None]
_COUNTED: dict[str, _Counter] = {"errors": _errors, "throughput": _throughput, "dropped": _dropped, "bad": _bad}


def _supply(analysis: Analysis, objective: Objective, start: float, end: float) -> Value:
    """The value that decides over a span: the best reached for ``within``, else the worst seen."""
    series: StepSeries = getattr(analysis.replicas, objective.metric)
    if objective.metric == "desired" and not series:
        series = analysis.replicas.hpa_desired
    return _extreme(analysis, objective, series, start, end)


def _cpu(analysis: Analysis, objective: Objective, start: float, end: float) -> Value:
    """CPU as a share of the requests, as the HPA's status showed it."""
    shown = analysis.cpu.utilization
    shares = StepSeries(shown.times, tuple(v if v is None else v / 100 for v in shown.values))
    return _extreme(analysis, objective, shares, start, end)


def _extreme(analysis: Analysis, objective: Objective, series: StepSeries, start: float, end: float) -> Value:
    seen_until = min(end, analysis.end)
    low, high = series.lowest(start, seen_until), series.highest(start, seen_until)
    if low is None or high is None:
        return Value(None, start, end, f"{objective.metric} was not recorded in this span")
    within = objective.window.kind == "within"
    upward = objective.operator in (">", ">=")
    if objective.operator in ("==", "!="):
        value = _deciding(objective, {value for _, value in series.known(start, seen_until)})
    else:
        value = (high if upward else low) if within else (low if upward else high)
    cut = within and end > analysis.end
    reached = COMPARE[objective.operator](value, objective.bound)
    if cut and not reached:
        return Value(None, start, end, "the run ended before the time was up")
    return Value(value, start, end, _when(objective, series, start, seen_until) if within and reached else "")


def _deciding(objective: Objective, values: set[float]) -> float:
    """Of the values of a span the one that decides: for ``within`` one that holds, else one that does not, if any."""
    wanted = objective.window.kind == "within"
    decisive = {value for value in values if COMPARE[objective.operator](value, objective.bound) is wanted}
    return min(decisive or values)


def _when(objective: Objective, series: StepSeries, start: float, end: float) -> str:
    """When a size was reached, in words."""
    bound = objective.bound
    time = series.first(lambda value: COMPARE[objective.operator](value, bound), start, end)
    return f"{objective.metric} reached {bound:g} after {time - start:.1f} s" if time is not None else ""


def _measure(analysis: Analysis, objective: Objective, start: float, end: float) -> Value:
    """A measure of the whole load; a part of the load has none of its own, except for flapping."""
    measure = analysis.measures.get(objective.metric)
    if measure is None:
        return Value(None, start, end, f"{objective.metric} is not measured")
    if objective.window.kind != "whole":
        if objective.metric == "reversals" and measure.value is not None:
            desired = analysis.replicas.desired or analysis.replicas.hpa_desired
            return Value(flapping(desired, analysis.plan, (start, end))[0], start, end)
        return Value(None, start, end, f"{objective.metric} is measured over the whole load only")
    reason = measure.note if measure.value is None or measure.at_least else ""
    return Value(value=measure.value, start=start, end=end, reason=reason, at_least=measure.at_least)


def _back_to_min(analysis: Analysis, objective: Objective) -> Value:
    """From a moment to ready pods at the HPA's minimum, to stay there until the record ends."""
    spec, at = analysis.hpa, moment(analysis, objective.window.of or "end")
    if spec is None or at is None:
        return Value(None, reason="no HPA was recorded" if spec is None else "the moment is not known")
    if analysis.replicas.ready.at(at) is None:
        return Value(None, reason="ready pods were not recorded")
    reached = back_to_min(analysis.replicas, spec, at, analysis.end)
    if reached.value is None or (reached.at_least and not reached.value):
        return Value(None, reason=reached.note or "ready pods were not recorded")
    words = f"{reached.note}, {reached.value:.0f} s later"
    if not reached.at_least:
        when = f"{reached.value:.0f} s after it" if reached.value else "already, and from then on"
        words = f"{spec.min_replicas} ready pods {when}"
    return Value(reached.value, at, at + reached.value, words, at_least=reached.at_least)
