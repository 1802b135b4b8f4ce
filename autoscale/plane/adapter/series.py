"""The series of the pods' metrics, as Prometheus keeps them: by name and labels, stale once their pod is gone."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from autoscale.plane.adapter.functions import AGGREGATIONS, RANGE_FUNCTIONS, Samples
from autoscale.plane.adapter.rules import Query

LOOKBACK_S = 300.0
"""How old the newest sample may be (Prometheus' ``query.lookback-delta``)."""

Labels = tuple[tuple[str, str], ...]
Scraped = Iterable[tuple[str, Mapping[str, str], float]]
"""(name, labels, value) of every sample of one scrape."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series: the labels in order, and the samples that are kept."""

    name: str
    labels: Mapping[str, str]
    samples: Samples


@dataclass
class SeriesStore:
    """``kept``: by the target (a pod's uid), then by name and labels."""

    kept: dict[str, dict[tuple[str, Labels], list[tuple[float, float]]]] = field(default_factory=dict)

    def add(self, target: str, own: Mapping[str, str], scraped: Scraped, at: float, keep_s: float) -> None:
        """Take one scrape of a target; ``own`` are the target's labels, which come before an exported one of that name.

        Samples older than ``keep_s`` go; a series that is not in the scrape any more is stale and goes whole.
        """
        before, now = self.kept.get(target, {}), {}
        for name, labels, value in scraped:
            key = name, tuple(sorted({**labels, **own}.items()))
            now[key] = [sample for sample in before.get(key, []) if sample[0] > at - keep_s] + [(at, value)]
        self.kept[target] = now

    def forget(self, but: Collection[str]) -> None:
        """Drop every target but these: what is gone is stale at once."""
        self.kept = {target: series for target, series in self.kept.items() if target in but}

    def all(self) -> Iterator[Series]:
        """Every series."""
        for series in self.kept.values():
            for (name, labels), samples in series.items():
                yield Series(name, dict(labels), samples)


def evaluate(query: Query, series: Iterable[Series], by: Collection[str], now: float) -> dict[Labels, float]:
    """The value of a query over the selected series at ``now``, by the values of the labels ``by``."""
    groups: dict[Labels, list[float]] = {}
    for one in series:
        value = _value(query, one.samples, now)
        if value is not None and all(matcher.holds(one.labels) for matcher in query.matchers):
            groups.setdefault(tuple((label, one.labels.get(label, "")) for label in by), []).append(value)
    return {group: AGGREGATIONS[query.aggregation](values) for group, values in groups.items()}


def _value(query: Query, samples: Samples, now: float) -> float | None:
    if query.function:
        start = now - query.range_s
        within = [sample for sample in samples if start < sample[0] <= now]
        return RANGE_FUNCTIONS[query.function](within, start, now)
    newest = [value for at, value in samples if now - LOOKBACK_S < at <= now]
    return newest[-1] if newest else None
