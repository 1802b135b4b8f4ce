"""A record from what another tool measured: header, load rows a second, other rows, end. What is missing is null."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from autoscale.base.errors import InputError, Problem
from autoscale.record.rows.course import Mark, Totals
from autoscale.record.rows.header import SCHEMA, UNKNOWN_CONFIG, Header
from autoscale.record.rows.kinds import Row
from autoscale.record.rows.load import Load
from autoscale.record.writer import Writer
from loadtest.histogram import SPEC, bucket, to_json

CLK = "observer"  # one tool measured it all: everything is dated by its clock
LONGEST_S = 8 * 86400


@dataclass(slots=True)
class Second:
    """What happened in one second; None is not known. ``latency``: {bucket: count} of answers; ``unknown``: requests
    of which nobody knows how they ended."""

    sent: int | None = None
    answered: int | None = None
    failed: dict[str, int] = field(default_factory=dict)
    dropped: int | None = None
    in_flight: int | None = None
    unknown: int = 0
    latency: dict[int, int] = field(default_factory=dict)

    def answer(self, duration_s: float) -> None:
        """One answer as expected."""
        self.answered = (self.answered or 0) + 1
        index = bucket(duration_s)
        self.latency[index] = self.latency.get(index, 0) + 1

    def fail(self, cause: str, n: int = 1) -> None:
        """Some requests that failed."""
        self.answered = self.answered or 0
        if n:
            self.failed[cause] = self.failed.get(cause, 0) + n

    def count(self, cause: str | None, n: int) -> None:
        """Some requests: "" answered, a cause of failure, or None for an end that is not known."""
        if cause is None:
            self.unknown += n
        elif cause:
            self.fail(cause, n)
        else:
            self.answered = (self.answered or 0) + n


@dataclass(frozen=True)
class Imported:
    """What one tool's results hold.

    ``seconds``: the load by second; ``rows``: all else; ``bounds_s``: upper bounds in seconds of the buckets that
    durations were counted in, empty where each duration is known; ``whole``: durations are known of the whole run
    only; ``of_all``: failed requests' durations are among them; ``model``: None where the data do not tell;
    ``partial``: why the end is missing.
    """

    seconds: Mapping[int, Second]
    rows: Sequence[Row] = ()
    workload: str | None = None
    kind: str = "Deployment"
    notes: Sequence[str] = ()
    bounds_s: Sequence[float] = ()
    whole: bool = False
    of_all: bool = False
    model: Literal["open", "closed"] | None = None
    partial: str = ""


def record(tool: str, name: str, found: Imported, workload: str | None, objectives: Sequence[str]) -> list[Row]:
    """All rows of the record, the header first; raises InputError where there is nothing, or too long a span."""
    check_span(found.seconds, name)
    known = not any(now.unknown for now in found.seconds.values())
    rows = sorted(
        [*_marks(found.seconds), *_load_rows(found.seconds, known=known), *found.rows], key=lambda row: float(row["t"])
    )
    if not rows:
        raise InputError(f"there is nothing to import: the files of {tool} hold no load, pods or HPA")
    first, last = rows[0]["t"], rows[-1]["t"]
    check_span((first, last), name)
    end: Row = {
        "k": "end",
        "t": last,
        "reason": "interrupted" if found.partial else "done",
        "rows": len(rows) + 2,
        "totals": _totals(found.seconds, known=known),
    }
    return [_header(tool, name, found, workload, objectives, first), *rows, end]


def check_span(times: Iterable[float], name: str) -> None:
    """Raise InputError where the data span more than a run can last: no list of seconds is made before that."""
    first, last = math.inf, -math.inf
    for time in times:
        first, last = min(first, time), max(last, time)
    if last - first > LONGEST_S:
        problem = Problem(name, f"{(last - first) / 86400:.0f} days", f"{LONGEST_S // 86400} days at most")
        raise InputError("the data span too long a time for one run", problems=[problem], fix="give a part of it")


def write(path: Path, rows: Iterable[Row]) -> int:
    """Write a record; returns how many rows it has. Raises AutoscaleError where the file cannot be written."""
    with Writer(path) as writer:
        for row in rows:
            writer.write(row, row["t"])
        return writer.rows


def _header(tool: str, name: str, found: Imported, workload: str | None, objectives: Sequence[str], t: float) -> Header:
    namespace, _, own = (found.workload or workload or "unknown").rpartition("/")
    environment = {
        "imported_from": tool,
        "notes": list(found.notes),
        "partial": found.partial or None,
        "bounds_s": list(found.bounds_s),
        "latency": "whole" if found.whole else "second",
        "of_all": found.of_all,
    }
    return {
        "k": "header",
        "t": t,
        "schema": SCHEMA,
        "run": name,
        "scenario": {
            "name": name,
            "model": found.model,
            "points": None,
            "stages": [],
            "requests": [],
            "objectives": list(objectives),
            "load": {},
        },
        "target": {
            "kind": found.kind,
            "name": own,
            "namespace": namespace,
            "service": None,
            "url": "",
            "hpa": None,
            "names_pods": None,
        },
        "objects": [],
        "context": {"name": f"imported from {tool}"},
        "versions": {},
        "hpa_config": UNKNOWN_CONFIG,
        "environment": environment,
        "histogram": SPEC,
        "accepted": [],
    }


def _marks(seconds: Mapping[int, Second]) -> list[Mark]:
    if not seconds:
        return []
    names = (("load-start", float(min(seconds))), ("load-end", float(max(seconds) + 1)))
    return [{"k": "mark", "t": at, "name": name, "at": at, "clk": CLK} for name, at in names]


def _load_rows(seconds: Mapping[int, Second], *, known: bool) -> list[Load]:
    """One row for each second that the source told of; one that it did not tell of stays a hole in time.

    Where the end of any request is not ``known``, all answers and failures are unknown: their sums would mislead.
    """
    return [
        {
            "k": "load",
            "t": float(second + 1),
            "shard": 0,
            "pod": "",
            "seq": seq,
            "at": float(second),
            "clk": CLK,
            "planned": None,
            "sent": now.sent if known else _all(now),
            "answered": (now.answered or 0) if known else None,
            "failed": now.failed if known else None,
            "dropped": now.dropped,
            "in_flight": now.in_flight,
            "cpu_s": None,
            "lag": {},
            "response": {"0": to_json(now.latency)} if now.latency else {},
            "service": {"0": to_json(now.latency)} if now.latency else {},
            "by_pod": {},
        }
        for seq, (second, now) in enumerate(sorted(seconds.items()))
    ]


def _all(now: Second) -> int:
    return (now.answered or 0) + sum(now.failed.values()) + now.unknown


def _totals(seconds: Mapping[int, Second], *, known: bool) -> Totals:
    failed: dict[str, int] = {}
    for now in seconds.values():
        for cause, n in now.failed.items():
            failed[cause] = failed.get(cause, 0) + n
    answered = sum(now.answered or 0 for now in seconds.values())
    return {"planned": None, "answered": answered if known else None, "failed": failed if known else None}


def spread(total: int, parts: int) -> list[int]:
    """A count spread evenly over some seconds, exactly."""
    return [total * (i + 1) // parts - total * i // parts for i in range(parts)]


def number(text: Any) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None
