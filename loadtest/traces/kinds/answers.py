"""Answers of monitoring systems, each one JSON document: Prometheus range queries, CloudWatch statistics.

- Prometheus (``/api/v1/query_range``): rates (``sum(rate(...))``) or raw counters (a name that ends in ``_total`` or
  ``_count``); several series of one name are added up. ``increase()`` is given as ``form: count``.
- CloudWatch ``get-metric-statistics`` (Sum of a period) and ``get-metric-data``: what has no data point had none.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from loadtest.errors import Problem
from loadtest.pieces import steps_between
from loadtest.plan import Point
from loadtest.traces.bins import LONGEST_S
from loadtest.traces.counters import CURE, IN_TURN, in_turn
from loadtest.traces.forms import Reader, Source, Understood, ask, refuse
from loadtest.traces.times import moment, number
from loadtest.units import spoken

_MOST = 128 * 2**20  # characters of a document
_MOST_POINTS = 100_000
Pair = tuple[float, float]


def matches(head: Sequence[str]) -> bool:
    """Whether a file begins as a JSON object or list does."""
    return bool(head) and re.match(r"\s*(\{|\[\s*($|[{\[\]\"]))", head[0]) is not None


def read(source: Source) -> Understood:
    """What an answer says; ScenarioError where it is of another kind."""
    found = _document(source)
    document = found if isinstance(found, Mapping) else {}
    data = document.get("data")
    if isinstance(data, Mapping) and isinstance(data.get("result"), list):
        return _prometheus(data, source)
    if isinstance(document.get("Datapoints"), list):
        return _statistics(document, source)
    if isinstance(document.get("MetricDataResults"), list):
        return _metric_data(document["MetricDataResults"], source)
    keys = ", ".join(map(str, list(document)[:6])) or type(found).__name__
    wanted = "a Prometheus range answer, CloudWatch's get-metric-statistics, or an access log with one JSON a line"
    return refuse(source.name, [Problem(source.name, f"JSON of another kind ({keys})", wanted)])


def _document(source: Source) -> Any:
    parts, size = [], 0
    for line in source.lines:
        size += len(line)
        if size > _MOST:
            refuse(source.name, [Problem(source.name, "JSON of more than 128 MiB", "a smaller answer")])
        parts.append(line)
    try:
        return json.loads("\n".join(parts))
    except (ValueError, RecursionError) as error:
        _refuse_lines(parts, source.name)
        refuse(source.name, [Problem(source.name, f"no JSON: {error}"[:200], "a whole answer")])


def _refuse_lines(parts: Sequence[str], name: str) -> None:
    """Say so where it is a log with one JSON object a line, none that is known."""
    try:
        entry = json.loads(parts[0])
    except (ValueError, RecursionError):
        return
    if isinstance(entry, dict) and len(parts) > 1:
        found = f"one JSON a line, without the fields of a known access log ({', '.join(map(str, list(entry)[:8]))})"
        wanted = (
            "Traefik's, Caddy's, Envoy's or Istio's, or time_iso8601, request_method and request_uri as nginx has them"
        )
        refuse(name, [Problem(name, found, wanted)])


def _prometheus(data: Mapping[str, Any], source: Source) -> Understood:
    if data.get("resultType") != "matrix":
        wanted = "a range (matrix): /api/v1/query_range with start, end and step"
        refuse(source.name, [Problem(source.name, f"a {data.get('resultType')}", wanted)])
    every = [item for item in data["result"] if isinstance(item, Mapping)]
    names = {str((item.get("metric") or {}).get("__name__", "")) for item in every}
    if len(names) != 1:
        found = ", ".join(sorted(name or "no name" for name in names)) or "no series"
        refuse(source.name, [Problem(source.name, found, "series of one name")])
    series = [points for item in every if len(points := _points(item)) >= 2]
    if not series:
        refuse(source.name, [Problem(source.name, "less than two points in every series", "at least 2")])
    _bounded([point for points in series for point in points], source.name)
    form = source.form or _prometheus_form(names.pop(), series, source.name)
    if form == "counter" and any(in_turn([value for _, value in points]) for points in series):
        wanted, fix = "counters of one process each", f"{CURE[0].upper()}{CURE[1:]}."
        refuse(source.name, [Problem(source.name, f"a counter that {IN_TURN}", wanted, fix)])
    step = min(b[0] - a[0] for points in series for a, b in pairwise(points))
    begin = min(points[0][0] for points in series)
    words = {"counter": "counters", "count": "counts of a step"}.get(form, "rates, linear in between")
    return Understood(
        points=_PROMETHEUS[form](series, step),
        what=f"Prometheus range answer: {len(series)} series of {words}",
        begin=begin,
        zone="UTC",
        bins=f"steps of {spoken(step)}",
    )


def _points(item: Mapping[str, Any]) -> list[Pair]:
    pairs = item.get("values")
    found = {
        at: value
        for pair in (pairs if isinstance(pairs, list) else ())
        if isinstance(pair, list)
        and len(pair) == 2
        and (at := moment(str(pair[0]))) is not None
        and (value := number(str(pair[1]))) is not None
        and value >= 0
    }
    return sorted(found.items())


def _bounded(points: Sequence[Pair], name: str) -> None:
    if max(at for at, _ in points) - min(at for at, _ in points) > LONGEST_S or len(points) > _MOST_POINTS:
        found = f"{len(points):,} points over more than a year, or more than {_MOST_POINTS:,}"
        refuse(name, [Problem(name, found, f"at most 400 days and {_MOST_POINTS:,} points")])


def _prometheus_form(name: str, series: Sequence[Sequence[Pair]], where: str) -> str:
    """A raw counter by its name, else rates; what only ever grows and has no name may be either."""
    if name.endswith(("_total", "_count", "_sum", "_bucket")):
        return "counter"
    if name and ":" not in name:
        ask(where, f"series {name}, which is no counter by its name", "a rate or a counter")
    rising = all(b >= a for points in series for (_, a), (_, b) in pairwise(points))
    if rising and any(points[-1][1] > points[0][1] for points in series):
        ask(where, "values without a name that only grow", "a rate or a counter")
    return "rate"


def _rates(series: Sequence[Sequence[Pair]], _step: float) -> list[Point]:
    """The sum of rates at each time; a series counts only where it has a point."""
    sums: dict[float, float] = {}
    for points in series:
        for at, value in points:
            sums[at] = sums.get(at, 0.0) + value
    begin = min(sums)
    return [(at - begin, value) for at, value in sorted(sums.items())]


def _counters(series: Sequence[Sequence[Pair]], _step: float) -> list[Point]:
    """The increase between neighbours, added up; a fall is a restart from zero."""
    times = sorted({at for points in series for at, _ in points})
    place = {at: i for i, at in enumerate(times)}
    rates = [0.0] * (len(times) - 1)
    for points in series:
        for (a, before), (b, after) in pairwise(points):
            rate = (after - before if after >= before else after) / (b - a)
            for i in range(place[a], place[b]):
                rates[i] += rate
    return steps_between([at - times[0] for at in times], rates)


def _counts(series: Sequence[Sequence[Pair]], step: float) -> list[Point]:
    """Counts of the step that ends at each point, as ``increase(...[step])`` gives them."""
    sums = {round(at, 3): value * step for at, value in _rates(series, step)}
    last = max(sums)
    edges = [i * step for i in range(round(last / step) + 2)]
    return steps_between(edges, [sums.get(round(edge, 3), 0.0) / step**2 for edge in edges[:-1]])


_PROMETHEUS = {"rate": _rates, "limbo": _rates, "counter": _counters, "count": _counts}


def _statistics(document: Mapping[str, Any], source: Source) -> Understood:
    """``get-metric-statistics``: data points in any order, each a statistic of its period."""
    points = [point for point in document["Datapoints"] if isinstance(point, Mapping)]
    rate = bool(points) and all(str(p.get("Unit", "")).endswith("/Second") and "Average" in p for p in points)
    field = "Average" if rate else "Sum"
    if points and not all(field in point for point in points):
        found = ", ".join(sorted({key for point in points for key in point} - {"Timestamp", "Unit"}))
        refuse(source.name, [Problem(source.name, f"the statistics {found}", "Sum", "Ask with --statistics Sum.")])
    pairs = _cloudwatch_pairs([(p.get("Timestamp"), p.get(field)) for p in points], source.name)
    return _cloudwatch(pairs, str(document.get("Label", "")), source, per_second=rate)


def _metric_data(results: Sequence[Any], source: Source) -> Understood:
    """``get-metric-data``: the statistic is not in the answer, so it must be said."""
    if len(results) != 1 or not isinstance(results[0], Mapping):
        refuse(source.name, [Problem(source.name, f"{len(results)} results", "one")])
    if source.form is None:
        ask(source.name, "get-metric-data, which does not tell its statistic (Sum is `count`)")
    one = results[0]
    pairs = _cloudwatch_pairs(
        list(zip(one.get("Timestamps") or [], one.get("Values") or [], strict=False)), source.name
    )
    return _cloudwatch(pairs, str(one.get("Label", "")), source, per_second=source.form == "rate")


def _cloudwatch_pairs(items: Sequence[tuple[Any, Any]], name: str) -> list[Pair]:
    found: dict[float, float] = {}
    for stamp, value in items:
        at, amount = _stamp(stamp), number(str(value))
        if at is None or amount is None or amount < 0:
            refuse(name, [Problem(name, f"{str(stamp)[:40]}: {str(value)[:40]}", "a time and a number, not below 0")])
        found[at] = amount
    if len(found) < 2:
        refuse(name, [Problem(name, f"{len(found)} data points", "at least 2")])
    _bounded(list(found.items()), name)
    return sorted(found.items())


def _stamp(stamp: Any) -> float | None:
    try:
        return datetime.fromisoformat(stamp).timestamp() if isinstance(stamp, str) else moment(str(stamp))
    except ValueError:
        return None


def _cloudwatch(pairs: list[Pair], label: str, source: Source, *, per_second: bool) -> Understood:
    period = min(b[0] - a[0] for a, b in pairwise(pairs))
    begin = pairs[0][0]
    number_of = round((pairs[-1][0] - begin) / period) + 1
    if number_of > _MOST_POINTS:
        refuse(source.name, [Problem(source.name, f"{number_of:,} periods of {period:g} s", "a longer period")])
    values = [0.0] * number_of
    for at, value in pairs:
        values[round((at - begin) / period)] += value
    missing = number_of - len(pairs)
    notes = (f"{missing} periods have no data point: nothing was counted in them.",) if missing else ()
    rates = [value if per_second else value / period for value in values]
    return Understood(
        points=steps_between([i * period for i in range(number_of + 1)], rates),
        what=f"CloudWatch: {'rates' if per_second else 'counts'} of {label or 'a metric'}",
        begin=begin,
        zone="UTC",
        bins=f"{number_of} of {spoken(period)}",
        notes=notes,
    )


READER = Reader(matches, read, order=20)
