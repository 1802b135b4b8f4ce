"""Locust's CSV (``locust --csv PREFIX``, the file PREFIX_stats_history.csv)."""

import csv
from collections.abc import Iterable

from autoscale.base.errors import InputError, Problem
from autoscale.imports.building import Second, number, spread

NOTES = (
    "Locust's CSV holds percentiles, which cannot be merged or cut again: latency is not known.",
    "Locust's CSV does not record how late requests were sent, nor its own CPU: whether it was the limit is not known.",
    "Pods, HPA and CPU are not in Locust's results.",
)
_NEEDED = ("Timestamp", "Name", "Total Request Count", "Total Failure Count")


def read(lines: Iterable[str], name: str) -> dict[int, Second]:
    """What happened in each second, from the running totals; raises InputError where a column is missing."""
    reader = csv.DictReader(lines)
    missing = [column for column in _NEEDED if column not in (reader.fieldnames or ())]
    if missing:
        found = ", ".join(str(column) for column in (reader.fieldnames or ())[:6]) or "nothing"
        problem = Problem(f"{name}: line 1", found, f"the columns {', '.join(missing)}")
        raise InputError(f"{name} is no Locust history", problems=[problem], fix="give PREFIX_stats_history.csv")
    totals = [
        (int(at), int(requests), int(failures))
        for row in reader
        if row["Name"] == "Aggregated"
        and (at := number(row["Timestamp"])) is not None
        and (requests := number(row["Total Request Count"])) is not None
        and (failures := number(row["Total Failure Count"])) is not None
    ]
    if len(totals) < 2:
        raise InputError(f"{name} holds less than two aggregated rows, so nothing happened that could be told")
    return _seconds(totals)


def _seconds(totals: list[tuple[int, int, int]]) -> dict[int, Second]:
    seconds: dict[int, Second] = {}
    at, requests, failures = totals[0]
    for now, more, failed in totals[1:]:
        length = now - at
        if length <= 0:
            continue
        done, bad = max(0, more - requests), max(0, failed - failures)
        parts = zip(spread(max(0, done - bad), length), spread(bad, length), strict=True)
        for i, (answered, lost) in enumerate(parts):
            second = seconds.setdefault(at + i, Second())
            second.answered = (second.answered or 0) + answered
            second.fail("failed", lost)
        at, requests, failures = now, more, failed
    return seconds
