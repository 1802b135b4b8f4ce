"""What has become of each name of requests so far, in a run that is still going on."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from autoscale.record.rows.load import Load
from loadtest.histogram import quantiles
from loadtest.lines import NameShare

MOST = 50  # lines of the table; the report has all
SHARES = (0.5, 0.95, 0.99)


@dataclass(slots=True)
class Total:
    """Of one name since the load began; ``response`` by bucket of time from the intended start."""

    answered: int = 0
    failed: int = 0
    dropped: int = 0
    response: Counter[int] = field(default_factory=Counter)

    def add(self, share: NameShare) -> None:
        """A second of one worker."""
        self.answered += share["answered"]
        self.failed += sum(share["failed"].values())
        self.dropped += share.get("dropped", 0)
        for buckets in share["response"].values():
            self.response.update({int(index): n for index, n in buckets.items()})


@dataclass(slots=True)
class LiveNames:
    """The journeys and the requests of a run by name, where its rows have names."""

    journeys: dict[str, Total] = field(default_factory=dict)
    requests: dict[str, Total] = field(default_factory=dict)

    def add(self, row: Load) -> None:
        """Take one ``load`` row that was not had before."""
        _add(self.journeys, row.get("journeys", {}))
        _add(self.requests, row.get("by_name", {}))

    def shown(self) -> list[list[str | float | None]]:
        """[["journey" or "request", name, answered, failed, dropped, p50, p95, p99 in ms], ...]: the most frequent."""
        found = [("journey", *item) for item in _sorted(self.journeys)]
        found += [("request", *item) for item in _sorted(self.requests)]
        return [[kind, name, *_line(total)] for kind, name, total in found[:MOST]]


def _add(totals: dict[str, Total], shares: Mapping[str, NameShare]) -> None:
    for name, share in shares.items():
        totals.setdefault(name, Total()).add(share)


def _sorted(totals: dict[str, Total]) -> list[tuple[str, Total]]:
    return sorted(totals.items(), key=lambda item: (-item[1].answered - item[1].failed, item[0]))


def _line(total: Total) -> list[float | None]:
    times = [None if at is None else float(f"{at * 1000:.3g}") for at in quantiles(total.response, SHARES)]
    return [total.answered, total.failed, total.dropped, *times]
