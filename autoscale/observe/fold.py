"""What the sources see -> rows of the record: each change once, nothing twice, holes counted.

``Fold`` is state and no I/O: the same changes give the same rows, so a recorded cluster can be replayed through it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from autoscale.base.secrets import harmless
from autoscale.cluster.logs import Line
from autoscale.cluster.watch import Change, Lost
from autoscale.kube.kinds import Object
from autoscale.observe import convert, loglines
from autoscale.observe.clocks import Clocks
from autoscale.observe.gaps import gap_row
from autoscale.observe.lateness import Lateness, Silence
from autoscale.observe.scope import Scope
from autoscale.observe.table import RECORDED, Gone, Source
from autoscale.record.rows.course import Gap, Machine
from autoscale.record.rows.hpa import MetricAnswer
from autoscale.record.rows.kinds import Row
from loadtest.lines import Line as Written
from loadtest.lines import Load, Mark, PodLoad

API_CLOCK = "api"
# What one row covers, in seconds.
_SPAN_S = {"load": 1.0, "pod_load": 10.0}
_REPLICAS_S = 60.0


@dataclass(frozen=True)
class Samples:
    """One answer of metrics.k8s.io; ``items`` are PodMetrics."""

    items: list[Object]
    t: float


@dataclass(frozen=True)
class Answered:
    """What the API of a metric said of it; ``of``: another service than the target whose HPA has the metric."""

    row: MetricAnswer
    t: float
    of: str | None = None


@dataclass(frozen=True)
class Measured:
    """What was seen of the machine itself."""

    row: Machine
    t: float


@dataclass(frozen=True)
class ClockRead:
    """Another clock was measured: ``offset_s`` ahead of ours, within ``error_s``."""

    clk: str
    offset_s: float
    error_s: float
    t: float


Seen = Change | Lost | Line | Samples | Answered | Measured | ClockRead | Silence


@dataclass
class Fold:
    """Turns what was seen into rows. ``uids``: pod name -> uid of the target's pods."""

    scope: Scope
    sources: Mapping[str, Source] = field(default_factory=lambda: RECORDED)
    uids: dict[str, str] = field(default_factory=dict)
    _last: dict[tuple[str, str], Row] = field(default_factory=dict)
    _held: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)
    _sampled: dict[str, float] = field(default_factory=dict)
    _seq: dict[tuple[str, str], int] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)
    clocks: Clocks = field(default_factory=Clocks)
    lateness: Lateness = field(default_factory=Lateness)

    def rows(self, seen: Seen) -> list[Row]:
        """The rows of one thing seen, in the order in which they are to be written."""
        match seen:
            case Change():
                return self._change(seen)
            case Samples():
                return self._samples(seen)
            case Answered():
                return [{**seen.row, "of": seen.of} if seen.of else seen.row]
            case Measured():
                return [seen.row]
            case Line():
                return self._line(seen)
            case Lost():
                self.lateness.told[seen.source] = seen.until
                return [gap_row(seen)]
            case Silence():
                return [gap_row(lost) for lost in self.lateness.of_silence(seen.source, seen.since, seen.until)]
            case ClockRead():
                self._follow(seen)
                return [*self.clocks.master(seen.clk, seen.offset_s, seen.error_s)]

    def _follow(self, read: ClockRead) -> None:
        """What is no news is known by the server's time of it: where that was set back the run began earlier by it."""
        known = self.clocks.masters.get(read.clk)
        if read.clk == API_CLOCK and known and (step := read.offset_s - known[0]) < -known[1] - read.error_s:
            self.scope = replace(self.scope, since=self.scope.since + step)

    def _change(self, change: Change) -> list[Row]:
        """One object of the API: those of its rows in which anything has changed. LookupError for a kind without rows:
        what is watched and not recorded would be missing in silence."""
        source, obj = self.sources.get(change.kind), {**change.object, "kind": change.kind}
        if source is None or source.rows is None:
            raise LookupError(f"there are no rows for {change.kind}: it has no entry in autoscale.observe.table")
        gone: Gone = "DELETED" if change.type == "DELETED" else "GONE" if change.type == "GONE" else ""
        found = source.rows(obj, self.scope, gone)
        if source.left is not None:
            found |= {
                key: source.left(key, self.scope) for key in self._left(change.kind, obj["metadata"]["uid"], found)
            }
        return [*self._late(change, source), *(row for key, row in found.items() if self._is_new(key, row))]

    def _late(self, change: Change, source: Source) -> list[Gap]:
        """A gap where the change was heard late by the API server's clock, once that is known."""
        self.lateness.recent.append(change.t)
        if change.written is None or (clock := self.clocks.masters.get(API_CLOCK)) is None:
            return []
        return [gap_row(lost) for lost in self.lateness.of_change(change, source.resource.plural, *clock)]

    def _left(self, kind: str, uid: str, found: Collection[str]) -> list[str]:
        """The keys that were among an object's rows before, and are in no object of the kind now; remembers them."""
        held = self._held.setdefault(kind, {})
        before, held[uid] = held.get(uid, frozenset()), frozenset(found)
        left = before - held[uid]
        return sorted(left.difference(*held.values())) if left else []

    def _is_new(self, key: str, row: Row) -> bool:
        """Whether anything differs from the last row of that key; remembers it."""
        if row["k"] == "pod":
            self.uids[row["name"]] = row["uid"]
        place = (row["k"], key)
        before, self._last[place] = self._last.get(place), row
        return row != before

    def _samples(self, samples: Samples) -> list[Row]:
        """Samples that were not there the last time."""
        rows: list[Row] = []
        for item in samples.items:
            uid = self.uids.get(item["metadata"]["name"])
            if uid is None:
                continue
            row = convert.usage_row(item, uid, API_CLOCK)
            # An older one is of another replica of metrics-server; a much older one of a clock that was set back.
            last = self._sampled.get(uid, 0.0)
            if not last - _REPLICAS_S <= row["at"] <= last:
                self._sampled[uid] = row["at"]
                rows.append(row)
        return rows

    def _line(self, line: Line) -> list[Row]:
        """A row that a load pod wrote to its log; a text that is none is kept for error messages."""
        try:
            row = loglines.parse(line.text)
        except ValueError:
            self.strangers = [*self.strangers[-49:], harmless(f"{line.pod}: {line.text}")]
            return []
        if row is None:
            return []
        place = ("master", line.pod)
        if row["k"] == "load" or row["k"] == "pod_load":
            place = (row["k"], str(row["shard"]))
        if row["seq"] <= self._seq.get(place, -1):
            return []  # seen before the stream broke
        gaps = self._hole(place, row, line)
        return [*gaps, *(self.clocks.worker(row) if row["k"] == "clock" else [_row(row)])]

    def _hole(self, place: tuple[str, str], row: Written, line: Line) -> list[Gap]:
        """A gap where sequence numbers are missing before this row; remembers the number."""
        before = self._seq.get(place, -1)
        self._seq[place] = row["seq"]
        missing = row["seq"] - before - 1
        if missing <= 0:
            return []
        until = line.at if row["k"] == "clock" else row["at"]
        since = until - missing * _SPAN_S.get(place[0], 1.0)
        cause = f"{missing} rows of the log of {line.pod} are missing"
        return [gap_row(Lost("/".join(place), since, until, cause))]


def _row(line: Load | PodLoad | Mark) -> Row:
    """A worker's line as a row: the same, to be numbered and stamped."""
    return cast("Row", line)
