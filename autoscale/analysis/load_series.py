"""The load over time: its span, its seconds, its stages and its plan."""

from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.intake.load import LoadCollector
from autoscale.analysis.plan import PlannedRate, measured, planned
from autoscale.analysis.results.series import Seconds, StageSpan
from autoscale.record.rows.header import Header

_LONGEST_S = 40 * 86400


def load_span(kept: Collected) -> tuple[float | None, float | None]:
    """Beginning and end of the load: the marks, else the first second with a request and the end of the last."""
    named = {mark.name: mark.at for mark in kept.marks}
    busy = _busy(kept.load)
    phase = kept.load.phase or 0.0
    start = named.get("load-start", busy[0] + phase if busy else None)
    end = named.get("load-end", busy[1] + phase + 1 if busy else None)
    if start is not None and end is not None and end <= start:
        end = None
    return start, end


def _busy(load: LoadCollector) -> tuple[int, int] | None:
    seconds = [second for second, counts in load.seconds.items() if any(counts)]
    return (min(seconds), max(seconds)) if seconds else None


def seconds(load: LoadCollector, *, percentiles: bool = True) -> Seconds:
    """The per-second series; a second nobody reported stays unknown, and one absurdly far off is left out."""
    known = sorted(load.seconds)
    while known and known[-1] - known[len(known) // 2] > _LONGEST_S:
        known.pop()
    while known and known[len(known) // 2] - known[0] > _LONGEST_S:
        known.pop(0)
    first = known[0] if known else 0
    size = known[-1] - first + 1 if known else 0
    columns: list[list[int | None]] = [[None] * size for _ in range(6)]
    for second in known:
        for column, value in zip(columns, load.seconds[second], strict=True):
            column[second - first] = value
    p50, p95, p99 = _percentiles(load if percentiles else LoadCollector(load.clocks), first, size)
    planned_n, sent, answered, failed, dropped, in_flight = columns
    start = first + (load.phase or 0.0)
    return Seconds(
        start=start,
        planned=planned_n,
        sent=sent,
        answered=answered,
        failed=failed,
        dropped=dropped,
        in_flight=in_flight,
        p50=p50,
        p95=p95,
        p99=p99,
    )


def _percentiles(load: LoadCollector, first: int, size: int) -> list[list[float | None]]:
    columns: list[list[float | None]] = [[None] * size for _ in range(3)]
    for second, positions in load.response.by_second().items():
        if 0 <= second - first < size:
            found = load.response.quantiles(positions, (0.5, 0.95, 0.99))
            for column, value in zip(columns, found, strict=True):
                column[second - first] = value
    return columns


def stages(header: Header, start: float | None) -> tuple[StageSpan, ...]:
    """The named spans of the load on the observer's clock; none without a load."""
    if start is None:
        return ()
    return tuple(
        StageSpan(str(stage["name"]), start + stage["start_s"], start + stage["end_s"])
        for stage in header["scenario"].get("stages") or []
        if 0 <= stage["start_s"] <= stage["end_s"] <= _LONGEST_S
    )


def planned_rate(header: Header, start: float | None, series: Seconds) -> PlannedRate:
    """The plan of an open load; without one what was planned (else sent, else ended) each second."""
    points = header["scenario"].get("points")
    if start is not None and points and header["scenario"].get("model", "open") == "open":
        return planned(points, start)
    return measured(series.start, series.asked) if any(series.asked) else PlannedRate()
