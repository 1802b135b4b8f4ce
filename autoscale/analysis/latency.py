"""Percentiles of spans of the run, always from merged buckets."""

from collections.abc import Iterator, Sequence

from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.intake.load import LoadCollector
from autoscale.analysis.resolution import Resolution
from autoscale.analysis.results.figures import Latency, LatencyObjective
from autoscale.analysis.results.scaling import ScaleEvent
from autoscale.analysis.results.series import Seconds, StageSpan
from autoscale.base.errors import InputError
from autoscale.objectives.language import parse
from autoscale.record.rows.header import Header
from loadtest.histogram import Counts, bucket, middle, quantiles

AROUND_S = 30.0  # before, during and after a scale event: this long each
YOUNG, OLDER = "young pods beside older ones", "older pods beside young ones"
_AGE_LABELS = ("pods younger than 60 s", "pods of 60 to 120 s", "pods older than 120 s")


def latency(
    kept: Collected,
    series: Seconds,
    stages: Sequence[StageSpan],
    events: Sequence[ScaleEvent],
) -> tuple[Latency, ...]:
    """Each stage, around each scale event, and by age of the answering pod, also of those that answered at one time."""
    spans = [(f"stage {stage.name}", stage.start, stage.end) for stage in stages]
    spans += list(_around(events))
    ages = [
        _figures(label, None, None, counts, {}, (sum(counts.values()), 0, 0))
        for label, counts in zip(
            (*_AGE_LABELS, YOUNG, OLDER), (*kept.load.by_age(), *kept.load.side_by_side.sums()), strict=True
        )
        if counts
    ]
    return (*(of_span(kept.load, series, *span) for span in spans), *ages)


def _around(events: Sequence[ScaleEvent]) -> Iterator[tuple[str, float, float]]:
    """Before and after each change; at most 20 changes, since nobody reads more."""
    for event in events[:20]:
        change = f"{event.before} to {event.after}"
        yield f"before {change}", event.at - AROUND_S, event.at
        yield f"during {change}", event.at, event.at + AROUND_S
        yield f"after {change}", event.at + AROUND_S, event.at + 2 * AROUND_S


def of_span(load: LoadCollector, series: Seconds, label: str, start: float, end: float) -> Latency:
    """The figures of requests intended in [start, end)."""
    columns = (series.answered, series.failed, series.dropped)
    answered, failed, dropped = (span_sum(series, column, start, end) for column in columns)
    response, service = load.response.merged(start, end), load.service.merged(start, end)
    return _figures(label, start, end, response, service, (answered, failed, dropped))


def span_sum(series: Seconds, column: Sequence[int | None], start: float, end: float) -> int | None:
    """The sum of a per-second column over the seconds whose middle lies in [start, end); None if none is known."""
    first = round(max(0.0, start - series.start))
    last = round(min(float(len(column)), max(0.0, end - series.start)))
    known = [value for value in column[first:last] if value is not None]
    return sum(known) if known else None


def _figures(
    label: str,
    start: float | None,
    end: float | None,
    response: Counts,
    service: Counts,
    totals: tuple[int | None, int | None, int | None],
) -> Latency:
    p50, p90, p95, p99, p999 = quantiles(response, (0.5, 0.9, 0.95, 0.99, 0.999))
    service_p50, service_p95, service_p99 = quantiles(service, (0.5, 0.95, 0.99))
    answered, failed, dropped = totals
    return Latency(
        label=label,
        start=start,
        end=end,
        count=answered,
        failed=failed,
        dropped=dropped,
        p50=p50,
        p90=p90,
        p95=p95,
        p99=p99,
        p999=p999,
        highest=middle(max(response)) if response else None,
        service_p50=service_p50,
        service_p95=service_p95,
        service_p99=service_p99,
    )


def tightest(header: Header, *, named: bool = False) -> LatencyObjective | None:
    """The scenario's lowest latency bound on a percentile; None without one, or where the texts cannot be read.

    ``named``: also of those that are about the requests of one name only.
    """
    scenario = header["scenario"]
    names = [str(stage.get("name")) for stage in scenario.get("stages") or []]
    found: list[LatencyObjective] = []
    for text in scenario.get("objectives") or []:
        try:
            objective = parse([text], names)[0]
        except InputError:
            continue
        share = objective.quantile
        if share is not None and objective.operator in ("<", "<=") and (named or objective.subject is None):
            found.append(LatencyObjective(share, objective.bound, objective.text))
    return min(found, key=lambda objective: (objective.bound_s, -objective.quantile), default=None)


def violated_seconds(
    load: LoadCollector, series: Seconds, objective: LatencyObjective, known: Resolution
) -> list[int | None]:
    """For each second the requests that were not good: slower than the objective, failed, or dropped."""
    found: list[int | None] = [None] * len(series)
    if known.whole or known.inside(objective.bound_s):
        return found
    first = round(series.start - load.response.phase)
    last = _last_within(objective.bound_s)
    slow = {second: load.response.above(where, last) for second, where in load.response.by_second().items()}
    for i in range(len(series)):
        parts = (series.failed[i], series.dropped[i])
        if series.answered[i] is not None or first + i in slow:
            found[i] = slow.get(first + i, 0) + sum(part or 0 for part in parts)
    return found


def _last_within(bound_s: float) -> int:
    """The last bucket whose middle, which a percentile would be reported as, lies within a bound."""
    index = bucket(bound_s)
    return index if middle(index) <= bound_s else index - 1
