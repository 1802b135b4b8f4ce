"""The columns of a table: what divides them, what they are called, which of them is the time."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loadtest.errors import Problem
from loadtest.traces import times
from loadtest.traces.forms import refuse

MOST_LINES = 1_000_000
_SERIES = ["series", "time", "value"]  # Grafana's older export: the series' name first


@dataclass(frozen=True)
class Cells:
    """One line: its number in the file, its fields."""

    line: int
    fields: list[str]


@dataclass(frozen=True)
class Table:
    """The names of the columns ([] where the first line names none), the other lines, and what divides the columns."""

    heading: list[str]
    rows: list[Cells]
    divider: str


def table(lines: Iterable[str], name: str) -> Table:
    """The lines that hold something, split, the time first; ScenarioError where they are too many or several series."""
    rows, divider = _rows(lines, name)
    heading, rows = _heading(rows)
    rows = _one_series(heading, rows, name)
    return Table(*_time_first(heading, rows), divider)


def _rows(lines: Iterable[str], name: str) -> tuple[list[Cells], str]:
    """The lines that hold something, split; more of them than a plan can hold are refused."""
    plain = [
        (number, line)
        for number, line in zip(range(1, MOST_LINES + 2), lines, strict=False)
        if line.strip() and not is_remark(line)
    ]
    if len(plain) > MOST_LINES:
        refuse(name, [Problem(name, f"more than {MOST_LINES:,} lines", "a table of bins")])
    divider = _divider([line for _, line in plain[:20]])
    return [Cells(number, split(line, divider)) for number, line in plain], divider


def is_remark(line: str) -> bool:
    """Whether a line is a remark, or a spreadsheet's word on what divides the columns."""
    return line.startswith(("#", "sep="))


def split(line: str, divider: str) -> list[str]:
    """The fields of a line, without blanks around them."""
    try:
        return [field.strip() for field in next(csv.reader([line], delimiter=divider))]
    except csv.Error:
        return [line]


def _divider(lines: Sequence[str]) -> str:
    """The sign by which most lines have a time and something more."""

    def good(divider: str) -> int:
        rows = [split(line, divider) for line in lines]
        return sum(len(fields) in (2, 3) and any(map(times.is_time, fields[:-1])) for fields in rows)

    return max(",;\t|", key=good)


def _heading(rows: list[Cells]) -> tuple[list[str], list[Cells]]:
    """The names of the columns, where the first line has no time and no number, and the other lines."""
    first = rows[0].fields if rows else []
    if len(first) >= 2 and not any(map(times.is_time, first)):
        return first, rows[1:]
    return [], rows


def _one_series(heading: list[str], rows: list[Cells], name: str) -> list[Cells]:
    """The table without Grafana's column of series names, where there is one series."""
    if [field.lower() for field in heading] != _SERIES:
        return rows
    several = sorted({row.fields[0] for row in rows})
    if len(several) > 1:
        shown = ", ".join(several[:5])
        refuse(name, [Problem(name, f"{len(several)} series: {shown}", "one", "Export one series, or their sum.")])
    return [Cells(row.line, row.fields[1:]) for row in rows]


def _time_first(heading: list[str], rows: list[Cells]) -> tuple[list[str], list[Cells]]:
    """The table with its time before its number: where the second column holds all dates, and the first holds none."""
    if not rows or any(len(row.fields) != 2 for row in rows) or len(heading) not in (0, 2):
        return heading, rows
    if any(times.is_date(row.fields[0]) for row in rows) or not _dated(heading, rows, 1) or _dated(heading, rows, 0):
        return heading, rows
    return heading[::-1], [Cells(row.line, row.fields[::-1]) for row in rows]


def _dated(heading: list[str], rows: list[Cells], column: int) -> bool:
    try:
        moments = times.of([row.fields[column] for row in rows], heading[column] if heading else "")
    except ValueError:  # dates, of which a day cannot be told from a month
        return True
    return moments is not None and moments.dated
