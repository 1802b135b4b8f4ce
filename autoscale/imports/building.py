"""A record from what another tool measured: header, load rows a second, other rows, end. What is missing is null."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autoscale.base.errors import InputError, Problem
from autoscale.record.rows import SCHEMA, UNKNOWN_CONFIG, Header, Load, Mark, Row, Totals
from autoscale.record.writer import Writer
from loadtest.histogram import SPEC, bucket, to_json

CLK = "observer"  # one tool measured it all: everything is dated by its clock
_LONGEST_S = 8 * 86400


@dataclass(slots=True)
class Second:
    """What happened in one second; None is not known. ``latency``: {bucket: count} of answers."""

    sent: int | None = None
    answered: int | None = None
    failed: dict[str, int] = field(default_factory=dict)
    dropped: int | None = None
    in_flight: int | None = None
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


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of the run: the tool, the workload, the objectives to judge by, and notes on what is missing."""

    tool: str
    name: str
    kind: str
    workload: str
    objectives: Sequence[str]
    notes: Sequence[str]


def record(source: Source, seconds: Mapping[int, Second], others: Iterable[Row]) -> list[Row]:
    """All rows of the record, the header first; raises InputError where there is nothing, or too long a span."""
    rows = sorted([*_marks(seconds), *_load_rows(seconds), *others], key=lambda row: float(row["t"]))
    if not rows:
        raise InputError(
            f"there is nothing to import from {source.name}", fix="look at the notes of `autoscale import`"
        )
    first, last = rows[0]["t"], rows[-1]["t"]
    if not last - first <= _LONGEST_S:
        problem = Problem(source.name, f"{(last - first) / 86400:.0f} days", "8 days at most")
        raise InputError("the data span too long a time for one run", problems=[problem])
    end: Row = {"k": "end", "t": last, "reason": "done", "rows": len(rows) + 2, "totals": _totals(seconds)}
    return [_header(source, first), *rows, end]


def write(path: Path, rows: Iterable[Row]) -> int:
    """Write a record; returns how many rows it has. Raises AutoscaleError where the file cannot be written."""
    with Writer(path) as writer:
        for row in rows:
            writer.write(row, row["t"])
        return writer.rows


def _header(source: Source, t: float) -> Header:
    return {
        "k": "header", "t": t, "schema": SCHEMA, "run": source.name,
        "scenario": {"name": source.name, "model": "closed", "points": None, "stages": [], "requests": [],
                     "objectives": list(source.objectives), "load": {}},
        "target": {"kind": source.kind, "name": source.workload, "namespace": "", "service": None, "url": "",
                   "hpa": None, "names_pods": None},
        "objects": [], "context": {"name": f"imported from {source.tool}"}, "versions": {},
        "hpa_config": UNKNOWN_CONFIG,
        "environment": {"imported_from": source.tool, "notes": list(source.notes)}, "histogram": SPEC, "accepted": [],
    }  # fmt: skip


def _marks(seconds: Mapping[int, Second]) -> list[Mark]:
    if not seconds:
        return []
    names = (("load-start", float(min(seconds))), ("load-end", float(max(seconds) + 1)))
    return [{"k": "mark", "t": at, "name": name, "at": at, "clk": CLK} for name, at in names]


def _load_rows(seconds: Mapping[int, Second]) -> list[Load]:
    """One row for each second that the source told of; one that it did not tell of stays a hole in time."""
    return [
        {
            "k": "load", "t": float(second + 1), "shard": 0, "pod": "", "seq": seq, "at": float(second), "clk": CLK,
            "planned": None, "sent": now.sent, "answered": now.answered or 0, "failed": now.failed,
            "dropped": now.dropped, "in_flight": now.in_flight, "cpu_s": None, "lag": {},
            "response": {"0": to_json(now.latency)} if now.latency else {},
            "service": {"0": to_json(now.latency)} if now.latency else {}, "by_pod": {},
        }
        for seq, (second, now) in enumerate(sorted(seconds.items()))
    ]  # fmt: skip


def _totals(seconds: Mapping[int, Second]) -> Totals:
    failed: dict[str, int] = {}
    for now in seconds.values():
        for cause, n in now.failed.items():
            failed[cause] = failed.get(cause, 0) + n
    return {"planned": None, "answered": sum(now.answered or 0 for now in seconds.values()), "failed": failed}


def spread(total: int, parts: int) -> list[int]:
    """A count spread evenly over some seconds, exactly."""
    return [total * (i + 1) // parts - total * i // parts for i in range(parts)]


def number(text: Any) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None
