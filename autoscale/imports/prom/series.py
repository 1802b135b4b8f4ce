"""Time series of range answers, and what a counter grew by."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from autoscale.base.errors import InputError, Problem
from autoscale.imports.building import check_span, number
from autoscale.imports.prom import native
from loadtest.traces.times import moment

_LONG_GAP_S = 300.0  # Prometheus itself looks back five minutes: what lies farther apart is no neighbour
_REPLICAS = ("prometheus_replica", "__replica__", "receive_replica", "replica")  # the last may be the target's own
_SCRAPES = ("job", "endpoint", "prometheus")
_OWNERS = ("job", "instance", "namespace", "pod")


@dataclass(frozen=True)
class Series:
    """One time series: its labels and its points (time, value) in order."""

    labels: Mapping[str, str]
    points: Sequence[tuple[float, float]]

    @property
    def name(self) -> str:
        """The metric's name; "" where a function such as ``rate()`` lost it. OpenTelemetry's dots, which Prometheus 3
        may keep, are underscores here."""
        return self.labels.get("__name__", "").replace(".", "_")


class Increase(NamedTuple):
    """What a counter grew by between two points, in whole seconds; None over a gap too long to spread it."""

    start: int
    end: int
    n: float | None


def series_of(document: Any, where: str) -> list[Series]:
    """The series of one range answer (or of ``promtool query range -o json``); InputError on anything else."""
    data = document.get("data") if isinstance(document, dict) else None
    result = document if isinstance(document, list) else data.get("result") if isinstance(data, dict) else None
    kind = data.get("resultType", "matrix") if isinstance(data, dict) else "matrix"
    if kind != "matrix" or not isinstance(result, list):
        found = f"a {kind}" if isinstance(result, list) else _error(document)
        problem = Problem(where, found, '{"status": "success", "data": {"resultType": "matrix", ...}}')
        fix = "save the answer of /api/v1/query_range?query=...&start=...&end=...&step=15"
        raise InputError(f"{where} is no Prometheus range answer", problems=[problem], fix=fix)
    items = [item for item in result if isinstance(item, dict) and isinstance(item.get("metric"), dict)]
    plain = [Series(_labels(item), _points(item.get("values"))) for item in items]
    return [*plain, *_native(items)]


def _labels(item: Mapping[str, Any]) -> dict[str, str]:
    return {str(k): str(v) for k, v in item["metric"].items()}


def _native(items: Sequence[Mapping[str, Any]]) -> list[Series]:
    """Native histograms as classic ones, those of each name together."""
    by_name: dict[str, list[tuple[dict[str, str], list[native.Sample]]]] = {}
    for item in items:
        if found := native.samples(item.get("histograms")):
            by_name.setdefault(str(item["metric"].get("__name__", "")), []).append((_labels(item), found))
    return [Series(labels, points) for some in by_name.values() for labels, points in native.classic(some)]


def _error(document: Any) -> str:
    said = document.get("error") if isinstance(document, dict) else None
    return f"the error {str(said)[:120]!r}" if said else "no range answer"


def _points(values: Any) -> list[tuple[float, float]]:
    return sorted(
        (at, value)
        for pair in (values if isinstance(values, list) else ())
        if isinstance(pair, list)
        and len(pair) == 2
        and (at := moment(str(pair[0]))) is not None
        and (value := number(pair[1])) is not None
    )


def merged(several: Iterable[Series], name: str) -> list[Series]:
    """All series of several files, the points of one series together; InputError where they span too long a time."""
    found: dict[tuple[tuple[str, str], ...], dict[float, float]] = {}
    for one in several:
        found.setdefault(tuple(sorted(one.labels.items())), {}).update(one.points)
    check_span((at for points in found.values() for at in points), name)
    return [Series(dict(labels), sorted(points.items())) for labels, points in found.items() if points]


def once(series: Sequence[Series]) -> tuple[list[Series], list[str]]:
    """Each target's series once, where several Prometheus servers or several of their jobs scraped it, and a note of
    what was left aside.

    The labels of a pair of servers (``prometheus_replica``; ``replica`` where the target has an address) and, at one
    ``instance``, those of the jobs say who scraped, and not what. Of jobs the one with the most series is kept, for all
    targets alike.
    """
    jobs = Counter(one.labels.get("job", "") for one in series)
    kept: dict[frozenset[tuple[str, str]], Series] = {}

    def rank(one: Series) -> tuple[int, int, list[tuple[str, str]]]:
        return -jobs[one.labels.get("job", "")], -len(one.points), sorted(one.labels.items())

    for one in sorted(series, key=rank):
        kept.setdefault(_of_target(one), one)
    if len(kept) == len(series):
        return list(series), []
    those = {id(one) for one in kept.values()}
    aside = [one for one in series if id(one) not in those]
    names = [label for label in (*_REPLICAS, *_SCRAPES) if len({one.labels.get(label) for one in series}) > 1]
    note = f"{len(aside)} series are those of a target that was scraped more than once and are left aside"
    return [one for one in series if id(one) in those], [f"{note} (by {', '.join(names)})."]


def _of_target(one: Series) -> frozenset[tuple[str, str]]:
    """The labels without those that say who scraped."""
    placed = one.labels.get("instance") or one.labels.get("pod")
    scrapers = (*_REPLICAS[: None if placed else -1], *(_SCRAPES if one.labels.get("instance") else ()))
    return frozenset(item for item in one.labels.items() if item[0] not in scrapers)


def complete(series: Sequence[Series]) -> list[Series]:
    """Counters with the zero they began with, where their target was scraped before they were there.

    A counter of failures appears with the first failure: what it holds then was counted since the scrape before.
    """
    seen: dict[tuple[str, ...], set[float]] = {}
    for one in series:
        seen.setdefault(owner(one), set()).update(at for at, _ in one.points)
    ordered = {target: sorted(times) for target, times in seen.items()}
    return [_begun(one, ordered[owner(one)]) for one in series]


def owner(one: Series) -> tuple[str, ...]:
    """The target that a series was scraped from."""
    return tuple(one.labels.get(label, "") for label in _OWNERS)


def _begun(one: Series, times: Sequence[float]) -> Series:
    first = one.points[0][0]
    before = max((at for at in times if at < first), default=None)
    return one if before is None else Series(one.labels, [(before, 0.0), *one.points])


def increases(points: Sequence[tuple[float, float]]) -> list[Increase]:
    """What a counter grew by between neighbours; a fall is a restart from zero."""
    steps = sorted(b - a for (a, _), (b, _) in pairwise(points))
    usual = steps[len(steps) // 2] if steps else 0.0
    longest = max(_LONG_GAP_S, 4 * usual)
    return [
        Increase(math.floor(a), math.floor(b), _grown(before, after) if b - a <= longest else None)
        for (a, before), (b, after) in pairwise(points)
        if math.floor(b) > math.floor(a)
    ]


def _grown(before: float, after: float) -> float:
    return max(0.0, after - before if after >= before else after)
