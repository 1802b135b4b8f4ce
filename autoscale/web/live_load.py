"""The load of a run that is still going on, second by second."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from autoscale.analysis.intake.seconds import FIELDS, Count, LoadSeconds, intended
from autoscale.record.rows.load import Load
from autoscale.web.live_names import SHARES, LiveNames
from loadtest.histogram import Counts, quantiles

# Seconds are shown before every worker has reported them once they are this old: one worker may be gone.
_WAIT_S = 3
# Answers come later than this only after their timeout; older histograms are folded into their percentiles.
_KEEP_S = 120
# What goes on at this moment is the mean of so many seconds.
RECENT_S = 5
_SHOWN = tuple(FIELDS.index(name) for name in ("planned", "answered", "failed", "dropped"))
_NONE: list[Count] = [0] * len(FIELDS)  # of a second of which only answers were heard, to what was intended in it


@dataclass(slots=True)
class Second:
    """One second beside its counts: who told of it, and the responses to what was intended in it."""

    version: int = 0
    shards: set[int] = field(default_factory=set)
    responses: Counts | None = field(default_factory=dict)
    percentiles: list[float | None] = field(default_factory=lambda: [None] * len(SHARES))


@dataclass(slots=True)
class LiveLoad:
    """The report's fold of load rows, handed out in increments. ``workers``: how many report each second.

    Latency counts from the intended start and stands at the second of that start, as in the report; so a second
    may still change while its last answers come in. ``seconds`` is kept in the order of change.
    """

    fold: LoadSeconds
    workers: int = 1
    seconds: dict[int, Second] = field(default_factory=dict)
    unsettled: set[int] = field(default_factory=set)
    newest: int | None = None
    names: LiveNames = field(default_factory=LiveNames)

    def add(self, row: Load, version: int) -> None:
        """Take one ``load`` row."""
        number = self.fold.count(row)
        if number is None:
            return
        self.names.add(row)
        self._touch(number, version).shards.add(row["shard"])
        for second, buckets in intended(number, row["response"]):
            self._respond(second, buckets, version)
        self.newest = number if self.newest is None else max(self.newest, number)
        self._settle(self.newest - _KEEP_S)

    def _settle(self, before: int) -> None:
        """Keep only the percentiles of seconds that no answer will change any more: a run may last a day."""
        for number in [number for number in self.unsettled if number < before]:
            second = self.seconds[number]
            second.percentiles = _percentiles(second)
            second.responses = None
            self.unsettled.remove(number)

    def _touch(self, number: int, version: int) -> Second:
        """The second, moved to the end of the order of change."""
        second = self.seconds.pop(number, None)
        if second is None:
            second = Second()
            self.unsettled.add(number)
        second.version = version
        self.seconds[number] = second
        return second

    def _respond(self, number: int, buckets: Mapping[str, int], version: int) -> None:
        known = self.seconds.get(number)
        if not buckets or (known is not None and known.responses is None):
            return
        responses = self._touch(number, version).responses
        if responses is not None:
            for index, count in buckets.items():
                responses[int(index)] = responses.get(int(index), 0) + count

    def since(self, version: int) -> tuple[list[list[float | None]], int | None]:
        """([[start, offered, answered, failed, dropped, p50, p95, p99 in ms], ...], version held back or None).

        What changed after ``version``, earliest first. A second that is not complete yet is held back: whoever asks
        next must ask from before the version returned.
        """
        rows, held = [], None
        for number, second in reversed(self.seconds.items()):
            if second.version <= version:
                break
            if self._complete(number, second):
                rows.append(self._row(number, second))
            else:
                held = second.version
        return sorted(rows, key=lambda row: row[0] or 0.0), held

    def rates(self) -> tuple[float, float] | None:
        """(requests that ended, of them failed) a second, over the last complete seconds; None where not known."""
        newest = [(number, self.seconds[number]) for number in sorted(self.seconds, reverse=True)[: RECENT_S + _WAIT_S]]
        told = [self._counts(n)[1:3] for n, one in newest if one.shards and self._complete(n, one)][:RECENT_S]
        known = [(answered, failed) for answered, failed in told if answered is not None and failed is not None]
        if not known or len(known) < len(told):
            return None
        failures = sum(failed for _, failed in known) / len(known)
        return sum(answered for answered, _ in known) / len(known) + failures, failures

    def _complete(self, number: int, second: Second) -> bool:
        return len(second.shards) >= self.workers or (self.newest is not None and number <= self.newest - _WAIT_S)

    def _row(self, number: int, second: Second) -> list[float | None]:
        return [round(number + (self.fold.phase or 0.0), 1), *self._counts(number), *_percentiles(second)]

    def _counts(self, number: int) -> list[Count]:
        """Planned, answered, failed and dropped in a second."""
        counts = self.fold.seconds.get(number, _NONE)
        return [counts[place] for place in _SHOWN]


def _percentiles(second: Second) -> list[float | None]:
    """p50, p95 and p99 in ms; None where nothing was answered."""
    if second.responses is None:
        return second.percentiles
    return [_ms(value) for value in quantiles(second.responses, SHARES)]


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else float(f"{seconds * 1000:.3g}")
