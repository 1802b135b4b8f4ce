"""Locust's CSV (``locust --csv PREFIX``, the file PREFIX_stats_history.csv)."""

import csv
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from autoscale.base.errors import InputError, Problem
from autoscale.imports.building import Second, check_span, number, spread
from autoscale.imports.files import Lines
from autoscale.imports.importer import Imported, Importer, first_line, names_in

NOTES = (
    "Locust's CSV holds percentiles, which cannot be merged or cut again: latency is not known.",
    "Locust's CSV does not record how late requests were sent, nor its own CPU: whether it was the limit is not known.",
    "Pods, HPA and CPU are not in Locust's results.",
)
_NEEDED = ("Timestamp", "Name", "Total Request Count", "Total Failure Count")
REPORT_S = 3  # a distributed Locust's workers report every three seconds (locust.runners.WORKER_REPORT_INTERVAL)
_CADENCE_SHARE = 0.5  # of the ups and downs from second to second that come back every three seconds

Total = tuple[int, int, int]  # second, requests, failures


def read(paths: Sequence[Path], _workload: str | None) -> Imported:
    """What happened in each second, from the running totals; raises InputError where a column is missing."""
    if len(paths) > 1:
        raise InputError(f"Locust results are one file, found {len(paths)}", fix="import each on its own")
    name, lines = str(paths[0]), Lines(paths[0])
    totals, cut = _totals(lines, name)
    cut = lines.cut or cut
    if len(totals) < 2:
        raise InputError(f"{name} holds less than two aggregated rows, so nothing happened that could be told")
    check_span((at for at, _, _ in totals), name)
    distributed = _in_reports(totals)
    seconds = _seconds(totals, REPORT_S if distributed else 1)
    notes = [f"The end is missing: {cut}."] if cut else []
    if any(b[1] < a[1] for a, b in pairwise(totals)):
        notes.append("Locust's statistics were reset (--reset-stats): what they held before is counted, too.")
    if distributed:
        notes.append(f"Workers reported every {REPORT_S} s: counts are spread over that time.")
    return Imported(seconds, notes=(*notes, *NOTES), model="closed", partial=cut)


def _totals(lines: Lines, name: str) -> tuple[list[Total], str]:
    """The running totals, and why the last row is left out ("" where it is whole)."""
    cut = [""]
    reader = csv.DictReader(_whole_lines(lines, cut), restval="")
    try:
        missing = [column for column in _NEEDED if column not in (reader.fieldnames or ())]
        if missing:
            found = ", ".join(str(column) for column in (reader.fieldnames or ())[:6]) or "nothing"
            problem = Problem(f"{name}: line 1", found, f"the columns {', '.join(missing)}")
            raise InputError(f"{name} is no Locust history", problems=[problem], fix="give PREFIX_stats_history.csv")
        return [
            (int(at), int(requests), int(failures))
            for row in reader
            if row["Name"] == "Aggregated"
            and (at := number(row["Timestamp"])) is not None
            and (requests := number(row["Total Request Count"])) is not None
            and (failures := number(row["Total Failure Count"])) is not None
        ], cut[0]
    except csv.Error as error:
        raise InputError(f"{name} is no CSV: {error}") from None


def _whole_lines(lines: Lines, cut: list[str]):  # type: ignore[no-untyped-def]
    """The lines but for a last one without its end, whose numbers may be cut."""
    columns = 0
    for line in lines:
        columns = columns or line.count(",")
        if not line.endswith("\n") and line.count(",") < columns:
            cut[0] = "the last line is cut off"
            return
        yield line


def _in_reports(totals: Sequence[Total]) -> bool:
    """Whether the totals move as workers report: ups and downs that come back every three seconds."""
    steps = [b[1] - a[1] if b[1] >= a[1] else b[1] for a, b in pairwise(totals) if b[0] - a[0] == 1]
    active = steps[next((i for i, n in enumerate(steps) if n), 0) :]
    bumps = [n - sum(active[i : i + 3]) / 3 for i, n in enumerate(active[1:-1])]
    if len(bumps) < 2 * REPORT_S:
        return False
    whole = regular = 0.0
    for begin in range(0, len(bumps) - REPORT_S + 1, 10 * REPORT_S):  # in short parts: the reports drift
        part = bumps[begin : begin + 10 * REPORT_S]
        whole += sum(bump * bump for bump in part)
        for phase in range(REPORT_S):
            own = part[phase::REPORT_S]
            regular += sum(own) ** 2 / len(own) if own else 0.0
    spiky = max(active) > 1.5 * sum(active) / len(active)
    return spiky and whole > 0 and regular / whole > _CADENCE_SHARE


def _seconds(totals: Sequence[Total], report_s: int) -> dict[int, Second]:
    """Each increase, spread over the seconds since the row before, and over those that a report covers."""
    seconds: dict[int, Second] = {}
    first = totals[0][0]
    at, requests, failures = totals[0]
    for now, more, failed in totals[1:]:
        if now <= at:
            continue
        done, bad = (more - requests, failed - failures) if more >= requests else (more, failed)
        bad = min(max(0, bad), done)
        begin = max(first, min(at, now - report_s)) if done else at
        parts = zip(spread(max(0, done - bad), now - begin), spread(bad, now - begin), strict=True)
        for i, (answered, lost) in enumerate(parts):
            second = seconds.setdefault(begin + i, Second())
            second.answered = (second.answered or 0) + answered
            second.fail("failed", lost)
        at, requests, failures = now, more, failed
    return seconds


def recognises(head: str) -> bool:
    """Whether the first line is the heading of a history."""
    return names_in(first_line(head), ("Timestamp",)) and first_line(head).lstrip('"').startswith("Timestamp")


IMPORTER = Importer("locust", "PREFIX_stats_history.csv (locust --csv PREFIX)", recognises, read)
