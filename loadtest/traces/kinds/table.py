"""A table of two columns, a time and a number in each line; the heading, the cells and the spacing are the evidence.

- ``rate``: a moment and requests per second, linear in between (``0,10``);
- ``count``: the time at which a bin begins (ISO 8601, or seconds) and the requests in it (``1998-06-30 08:00:00,
  17613``); the rate is constant within a bin, so that every bin keeps its count;
- ``limbo``: the middle of an interval in seconds and its rate (``0.5,10``), as LIMBO and the HTTP Load Generator
  write it (https://github.com/joakimkistowski/HTTP-Load-Generator);
- ``counter``: a moment and how many there were so far, as a Prometheus counter.

Columns are divided by commas, semicolons or tabs. A first line without times is a heading. Blank lines and lines that
begin with ``#`` or ``sep=`` are skipped.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from loadtest.errors import Problem
from loadtest.pieces import steps_between
from loadtest.plan import Point
from loadtest.traces import times, values
from loadtest.traces.bins import LONGEST_S
from loadtest.traces.forms import Form, Reader, Source, Understood, ask, refuse
from loadtest.traces.values import Meaning
from loadtest.units import spoken

MOST_LINES = 1_000_000
_SERIES = ["series", "time", "value"]  # Grafana's older export: the series' name first
_KNOWN = "Access logs, Prometheus answers and the other known forms stand in docs/scenarios.md under `load.trace`."


@dataclass(frozen=True)
class Cells:
    """One line: its number in the file, its fields."""

    line: int
    fields: list[str]


@dataclass(frozen=True)
class Sample:
    """One line: its number in the file, its time in seconds, as written, its value."""

    line: int
    time: float
    written: str
    value: float


def read(source: Source) -> Understood:
    """What a table says; ScenarioError with every mistake, or where counts and rates cannot be told apart."""
    rows, divider = _rows(source)
    heading, rows = _heading(rows)
    rows = _one_series(heading, rows, source.name)
    title = heading[-1] if heading else ""
    decimal = "," if divider == ";" and not any("." in row.fields[-1] for row in rows) else "."
    problems = [problem for row in rows if (problem := _mistake(row, decimal, source.name))]
    if problems:
        refuse(source.name, problems)
    moments = times.of([row.fields[0] for row in rows], heading[0] if heading else "")
    if moments is None:
        refuse(source.name, _mixed(rows, source.name))
    units = [values.cell(row.fields[1], decimal) or (0.0, "") for row in rows]
    samples = [
        Sample(row.line, at, row.fields[0], value)
        for row, at, (value, _) in zip(rows, moments.seconds, units, strict=True)
    ]
    if problems := _order(samples, moments, source.name):
        refuse(source.name, problems)
    told = _told(title, {unit for _, unit in units if unit}, source)
    form = source.form or _form(samples, moments, told, heading, source.name)
    return _understood(samples, form, moments, told, source)


def _rows(source: Source) -> tuple[list[Cells], str]:
    """The lines that hold something, split; more of them than a plan can hold are refused."""
    plain = [
        (number, line)
        for number, line in zip(range(1, MOST_LINES + 2), source.lines, strict=False)
        if line.strip() and not line.startswith(("#", "sep="))
    ]
    if len(plain) > MOST_LINES:
        refuse(source.name, [Problem(source.name, f"more than {MOST_LINES:,} lines", "a table of bins")])
    divider = _divider([line for _, line in plain[:20]])
    return [Cells(number, _split(line, divider)) for number, line in plain], divider


def _split(line: str, divider: str) -> list[str]:
    try:
        return [field.strip() for field in next(csv.reader([line], delimiter=divider))]
    except csv.Error:
        return [line]


def _divider(lines: Sequence[str]) -> str:
    """The sign by which most lines have a time and something more."""

    def good(divider: str) -> int:
        split = [_split(line, divider) for line in lines]
        return sum(len(fields) in (2, 3) and any(map(times.is_time, fields[:-1])) for fields in split)

    return max(",;\t", key=good)


def _heading(rows: list[Cells]) -> tuple[list[str], list[Cells]]:
    """The names of the columns, where the first line has no time and no number, and the other lines."""
    first = rows[0].fields if rows else []
    if len(first) in (2, 3) and not any(map(times.is_time, first)):
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


def _mistake(row: Cells, decimal: str, name: str) -> Problem | None:
    where = f"{name}: line {row.line}"
    if len(row.fields) != 2:
        return Problem(where, f"{len(row.fields)} columns", "2: a time and a number", _KNOWN)
    if not times.is_time(row.fields[0]):
        wanted = "a time: seconds, or for example 1998-06-30 08:00:00"
        return Problem(where, repr(row.fields[0][:60]), wanted)
    value = values.cell(row.fields[1], decimal)
    if value is None and not row.fields[1].lower().lstrip("+-").startswith(("nan", "inf")):
        return Problem(where, repr(row.fields[1][:60]), "a number")
    if value is None or not math.isfinite(value[0]) or value[0] < 0:
        return Problem(where, row.fields[1][:60], "a finite number, not below zero")
    return None


def _mixed(rows: Sequence[Cells], name: str) -> list[Problem]:
    first = times.date(rows[0].fields[0]) is not None
    other = next(row for row in rows if (times.date(row.fields[0]) is not None) != first)
    return [Problem(f"{name}: line {other.line}", "a date among seconds", "one kind of time")]


def _order(samples: Sequence[Sample], moments: times.Moments, name: str) -> list[Problem]:
    if len(samples) < 2:
        return [Problem(name, f"{len(samples)} samples", "at least 2", _KNOWN)]
    problems = []
    for before, after in pairwise(samples):
        where = f"{name}: line {after.line}"
        if after.time < before.time:
            problems.append(Problem(where, f"{after.written}: a time before the line above", "times in order"))
        elif after.time == before.time and moments.dated:
            fix = "Where a clock was set back give each time its offset, for example 2026-10-25T02:00:00+01:00."
            problems.append(Problem(where, f"{after.written} a second time", "each time once", fix))
    if not samples[-1].time - samples[0].time < LONGEST_S:
        problems.append(Problem(name, "more than 400 days from first to last", "400 days at most"))
    return problems


def _told(title: str, units: set[str], source: Source) -> Meaning:
    """What the cells say, else what the heading says."""
    meanings = {values.meaning(unit) for unit in units}
    if len(meanings) > 1:
        shown = ", ".join(sorted(units)[:5])
        refuse(source.name, [Problem(source.name, f"several units: {shown}", "one unit for all values")])
    said = meanings.pop() if meanings else Meaning(None)
    return said if said.form else values.meaning(title)


def _form(samples: Sequence[Sample], moments: times.Moments, told: Meaning, heading: Sequence[str], name: str) -> Form:
    """Counts or rates, by what was told, else by the documented default where there is no heading."""
    whole = all(sample.value == int(sample.value) for sample in samples)
    if told.form == "rate":
        return "rate"
    if told.form == "count":
        if whole or told.scale > 1:
            return "count"
        ask(name, f"fractions under the heading {heading[-1]!r}, which names counts")
    if moments.dated and heading:
        ask(name, f"numbers under the heading {heading[-1]!r}, which may be counts or rates")
    if moments.dated:
        return "count" if whole else ask(name, "fractions without a heading")
    width = samples[1].time - samples[0].time
    even = all(math.isclose(b.time - a.time, width, rel_tol=1e-6) for a, b in pairwise(samples))
    return "limbo" if even and math.isclose(samples[0].time, width / 2, rel_tol=1e-6) else "rate"


def _understood(samples: list[Sample], form: Form, moments: times.Moments, told: Meaning, source: Source) -> Understood:
    per = told.per_s if form in ("rate", "limbo") and told.form == "rate" else 1.0
    scaled = [Sample(s.line, s.time, s.written, s.value * told.scale / per) for s in samples]
    width = min((b.time - a.time for a, b in pairwise(samples) if b.time > a.time), default=0.0)
    words = {
        "rate": f"rates{f' per {spoken(per)}' if per > 1 else ''}, linear in between",
        "count": "counts in bins",
        "limbo": "LIMBO rates",
        "counter": "a counter",
    }[form]
    return Understood(
        points=_POINTS[form](scaled, source.name),
        what=f"table of {words} ({moments.words}{f', in units of {told.scale:,.0f}' if told.scale > 1 else ''})",
        begin=samples[0].time if moments.dated else None,
        zone=moments.zone,
        bins=f"{len(samples)} of {spoken(width)}" if form in ("count", "limbo") else f"{len(samples)} samples",
    )


def _rate_points(samples: list[Sample], name: str) -> list[Point]:
    begin = samples[0].time
    if samples[-1].time == begin:
        refuse(name, [Problem(name, "no span of time", "times in order")])
    return [(s.time - begin, s.value) for s in samples]


def _width(samples: list[Sample], name: str) -> float:
    """The one width of all bins; where a bin is missing or doubled, an error that names the lines."""
    width = min(b.time - a.time for a, b in pairwise(samples))
    uneven = [b for a, b in pairwise(samples) if not math.isclose(b.time - a.time, width, rel_tol=1e-6) or width <= 0]
    if uneven:
        fix = "Say 0 where there was nothing; where a clock was set forward give times with their offset."
        refuse(
            name,
            [
                Problem(
                    f"{name}: line {s.line}", f"{s.written}: a gap or a repeated time", f"bins {width:g} s apart", fix
                )
                for s in uneven
            ],
        )
    return width


def _count_points(samples: list[Sample], name: str) -> list[Point]:
    width = _width(samples, name)
    edges = [n * width for n in range(len(samples) + 1)]
    return steps_between(edges, [s.value / width for s in samples])


def _limbo_points(samples: list[Sample], name: str) -> list[Point]:
    width = _width(samples, name)
    edges = [n * width for n in range(len(samples) + 1)]
    return steps_between(edges, [s.value for s in samples])


def _counter_points(samples: list[Sample], name: str) -> list[Point]:
    """The increase between neighbours; a fall is a restart from zero."""
    begin = samples[0].time
    pairs = [(a, b) for a, b in pairwise(samples) if b.time > a.time]
    if not pairs:
        refuse(name, [Problem(name, "no span of time", "times in order")])
    rates = [(b.value - a.value if b.value >= a.value else b.value) / (b.time - a.time) for a, b in pairs]
    return steps_between([0.0, *(b.time - begin for _, b in pairs)], rates)


_POINTS = {"rate": _rate_points, "count": _count_points, "limbo": _limbo_points, "counter": _counter_points}
READER = Reader(lambda _head: True, read, order=100)
