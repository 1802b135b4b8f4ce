"""A verdict held against the raw rows of its record, read here and not by what is tested.

Where a fault may break an objective or not, machine and moment decide, so several verdicts may be right: the one that
was given has to be the one for which the rows speak.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autoscale.base.exits import ExitCode
from loadtest import histogram

Row = Mapping[str, Any]
_NEAR_S = 1.5  # so near to its bound a time may be either
_NEAR = 0.002  # and a share
_NEVER_SENT = 0.001
_BLIND_S = 28.0
_BUSY = 0.9
_ERRORS = re.compile(r"errors < ([\d.]+)%")
_READY = re.compile(r"ready >= (\d+) within (\d+)s of (\w+)")


def untrue(code: int | None, rows: Sequence[Row]) -> list[str]:
    """What the rows say otherwise than a run's exit code; nothing of codes that are no verdict."""
    if not rows or code not in (ExitCode.PASS, ExitCode.OBJECTIVE_FAILED, ExitCode.UNKNOWN, ExitCode.INVALID):
        return []
    held = [holds(text, rows) for text in rows[0]["scenario"]["objectives"]]
    reasons, limits = doubts(rows), strained(rows)
    if code == ExitCode.PASS:
        said = [text for text, found in zip(rows[0]["scenario"]["objectives"], held, strict=True) if found is False]
        return [
            *(f"passed, though by the rows not: {text}" for text in said),
            *(f"passed, though {one}" for one in (*limits, *torn(rows))),
        ]
    if code == ExitCode.OBJECTIVE_FAILED:
        return [] if any(found is not True for found in held) else ["failed, though by the rows every objective held"]
    if code == ExitCode.INVALID:
        return [] if limits else ["invalid, though by the rows the generator kept its plan"]
    return [] if reasons or None in held else ["unknown, though nothing in the rows makes it so"]


def holds(objective: str, rows: Sequence[Row]) -> bool | None:
    """Whether the rows say that it held; None where they do not tell, or it is near."""
    loads = [row for row in rows if row["k"] == "load"]
    if found := _ERRORS.fullmatch(objective):
        wrong = sum(sum((row["failed"] or {}).values()) + (row["dropped"] or 0) for row in loads)
        total = wrong + sum(row["answered"] or 0 for row in loads)
        share, bound = wrong / max(total, 1), float(found[1]) / 100
        return None if not total or abs(share - bound) < _NEAR else share < bound
    if found := _READY.fullmatch(objective):
        return _in_time(rows, int(found[1]), float(found[2]), found[3])
    return None


def _in_time(rows: Sequence[Row], size: int, within_s: float, stage: str) -> bool | None:
    """Whether the target had so many ready pods in time."""
    begun = next((row["at"] for row in rows if row["k"] == "mark" and row["name"] == "load-start"), None)
    since = next((one["start_s"] for one in rows[0]["scenario"]["stages"] if one["name"] == stage), None)
    if begun is None or since is None:
        return None
    target, start = rows[0]["target"], begun + since
    sizes = [(row["t"], row["ready"]) for row in rows if row["k"] == "workload" and row["name"] == target["name"]]
    before = [ready for t, ready in sizes if t <= start]
    if before and before[-1] >= size:
        return True
    reached = next((t for t, ready in sizes if t > start and ready >= size), None)
    if reached is not None:
        return None if abs(reached - start - within_s) < _NEAR_S else reached - start < within_s
    return False if rows[-1]["t"] > start + within_s else None


def doubts(rows: Sequence[Row]) -> list[str]:
    """What may make a verdict unknown."""
    found = [f"a gap of {row['source']}" for row in rows if row["k"] == "gap"]
    found += [f"{row['k']} was removed" for row in rows if row["k"] in ("hpa", "workload", "service") and gone(row)]
    found += ["a worker was lost" for row in rows if row["k"] == "mark" and row["name"] == "worker-lost"]
    found += [f"of {row['name']} another came" for row in _others(rows)]
    found += ["the HPA was blind"] if _blind_s(rows) > _BLIND_S else []
    return found + torn(rows)


def torn(rows: Sequence[Row]) -> list[str]:
    """Where the record is not whole."""
    found = ["it has no end"] if rows[-1]["k"] != "end" or rows[-1]["reason"] != "done" else []
    seqs = {(row["shard"], row["seq"]) for row in rows if row["k"] == "load"}
    return found + (["load rows are missing"] if not seqs or any(n and (s, n - 1) not in seqs for s, n in seqs) else [])


def gone(row: Row) -> bool:
    """Whether a row says that its object is no more."""
    return bool(row.get("removed"))


def _others(rows: Iterable[Row]) -> list[Row]:
    """Rows of an HPA, a workload or a Service under the name of one before, which it is not."""
    first: dict[tuple[str, str], str] = {}
    return [
        row
        for row in rows
        if row["k"] in ("hpa", "workload", "service")
        and first.setdefault((row["k"], row["name"]), row["uid"]) != row["uid"]
    ]


def _blind_s(rows: Sequence[Row]) -> float:
    """For how long of the load the HPA said that it has no metric."""
    marks = {row["name"]: row["at"] for row in rows if row["k"] == "mark"}
    start, end = marks.get("load-start", rows[0]["t"]), marks.get("load-end", rows[-1]["t"])
    told = [(row["t"], row["conditions"].get("ScalingActive", {}).get("status")) for row in rows if row["k"] == "hpa"]
    spans = zip(told, [*(t for t, _ in told[1:]), end], strict=True) if told else ()
    return sum(max(0.0, min(until, end) - max(t, start)) for (t, status), until in spans if status == "False")


def strained(rows: Sequence[Row]) -> list[str]:
    """Where the load generator did not keep its plan, by a wide margin: late by 300 ms (a hundredth of the scenarios'
    time-out) at the 99th percentile, a thousandth never sent, a worker beyond nine tenths of a core."""
    loads = [row for row in rows if row["k"] == "load"]
    lag = histogram.merge({int(name): n for name, n in row["lag"].items()} for row in loads)
    late = histogram.quantile(lag, 0.99) or 0.0
    bound = min((float(one["timeout"]) for one in rows[0]["scenario"]["requests"]), default=30.0) / 100
    planned = sum(row["planned"] or 0 for row in loads)
    dropped = sum(row["dropped"] or 0 for row in loads)
    found = [f"requests left {late:.3f} s late"] if late > bound * 1.02 else []
    found += [f"{dropped} of {planned} were never sent"] if dropped > _NEVER_SENT * max(planned, 1) else []
    spans = [loads[i : i + 10] for i in range(max(1, len(loads) - 9))]
    busy = max((sum(row["cpu_s"] or 0.0 for row in span) / 10 for span in spans if len(span) == 10), default=0.0)
    return found + ([f"a worker used {busy:.0%} of a core"] if busy > _BUSY else [])
