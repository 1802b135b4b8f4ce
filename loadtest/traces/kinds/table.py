"""A table of two columns, a time and a number in each line; the heading, the cells and the spacing are the evidence.

- ``rate``: a moment and requests per second, linear in between (``0,10``);
- ``count``: the time at which a bin begins (ISO 8601, or seconds) and the requests in it (``1998-06-30 08:00:00,
  17613``); the rate is constant within a bin, so that every bin keeps its count;
- ``limbo``: the middle of an interval in seconds and its rate (``0.5,10``), as LIMBO and the HTTP Load Generator
  write it (https://github.com/joakimkistowski/HTTP-Load-Generator);
- ``counter``: a moment and how many there were so far, as a Prometheus counter.

Columns are divided by commas, semicolons, tabs or bars, the time before the number or after it. A first line without
times is a heading. Blank lines and lines that
begin with ``#`` or ``sep=`` are skipped.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from loadtest.errors import Problem
from loadtest.pieces import steps_between
from loadtest.plan import Point
from loadtest.traces import times, values
from loadtest.traces.bins import LONGEST_S
from loadtest.traces.columns import Cells, table
from loadtest.traces.forms import Form, Reader, Source, Understood, ask, refuse
from loadtest.traces.values import Meaning
from loadtest.units import spoken

_SET_BACK_S = 2 * 3600  # a clock that is set back goes back an hour, and the bin before it was as long at most
_SO_FAR = re.compile(r"_total$|\b(?:cumulative|so far|running)\b", re.IGNORECASE)  # a Prometheus counter's name, too
_MEANT = "Give the column that counts them; if it is that, say `form:` under `load.trace` (`--form` of autoscale plan)."
_KNOWN = "Access logs, Prometheus answers and the other known forms stand in docs/scenarios.md under `load.trace`."
_ALONE = ", or the time alone where each line is one request"
_LIST = "Where each line is the time of one request say so by a heading with its unit: arrival_s, timestamp_ms."


@dataclass(frozen=True)
class Sample:
    """One line: its number in the file, its time in seconds, as written, its value."""

    line: int
    time: float
    written: str
    value: float


def read(source: Source) -> Understood:
    """What a table says; ScenarioError with every mistake, or where counts and rates cannot be told apart."""
    found = table(source.lines, source.name)
    heading, rows = found.heading, found.rows
    title = heading[-1] if heading else ""
    decimal = "," if found.divider == ";" and not any("." in row.fields[-1] for row in rows) else "."
    problems = [problem for row in rows if (problem := _mistake(row, decimal, heading, source.name))]
    if problems:
        refuse(source.name, _once(problems, len(rows), source.name))
    moments = _moments(rows, heading, source.name)
    units = [values.cell(row.fields[1], decimal) or (0.0, "") for row in rows]
    samples = [
        Sample(row.line, at, row.fields[0], value)
        for row, at, (value, _) in zip(rows, moments.seconds, units, strict=True)
    ]
    turned = moments.dated and len(samples) > 2 and all(b.time < a.time for a, b in pairwise(samples))
    samples = samples[::-1] if turned else samples  # newest first, as some export them
    if problems := _order(samples, moments, source.name):
        refuse(source.name, problems)
    told = _told(title, {unit for _, unit in units if unit}, source)
    form = source.form or _form(samples, moments, told, heading, source.name)
    return _understood(samples, form, moments, told, source)


def _moments(rows: Sequence[Cells], heading: Sequence[str], name: str) -> times.Moments:
    """What the times say; ScenarioError where they are of two kinds, or a day cannot be told from a month."""
    try:
        moments = times.of([row.fields[0] for row in rows], heading[0] if heading else "")
    except ValueError as error:
        refuse(name, [Problem(name, str(error), "for example 1998-06-30 08:00:00, or a heading: seconds, hour, ts_ms")])
    return moments if moments is not None else refuse(name, _mixed(rows, name))


def _once(problems: list[Problem], lines: int, name: str) -> list[Problem]:
    """One mistake that all lines make is told once."""
    first = problems[0]
    same = all(one.wanted == first.wanted for one in problems)
    if lines < 3 or len(problems) < lines or not same:
        return problems
    return [Problem(f"{name}: {first.where.rpartition(': ')[2]} and all below", first.found, first.wanted, first.fix)]


def _mistake(row: Cells, decimal: str, heading: Sequence[str], name: str) -> Problem | None:
    where = f"{name}: line {row.line}"
    if len(row.fields) != 2:
        named = f" ({', '.join(heading[:8])})" if len(heading) == len(row.fields) > 2 else ""
        fix = f"Keep the time and the number that is meant{_ALONE}." if named else _KNOWN
        fix = _LIST if len(row.fields) == 1 and times.number(row.fields[0]) is not None else fix
        return Problem(where, f"{len(row.fields)} columns{named}", "2: a time and a number", fix)
    if not times.is_time(row.fields[0]):
        wanted = "a time: seconds, or a date such as 1998-06-30 08:00:00 or 6/30/1998 8:00 AM"
        return Problem(where, repr(row.fields[0][:60]), wanted)
    value = values.cell(row.fields[1], decimal)
    if value is None and not row.fields[1].lower().lstrip("+-").startswith(("nan", "inf")):
        return Problem(where, repr(row.fields[1][:60]), "a number")
    if value is None or not math.isfinite(value[0]) or value[0] < 0:
        return Problem(where, row.fields[1][:60], "a finite number, not below zero")
    return None


def _kind(row: Cells) -> str:
    if times.number(row.fields[0]) is not None:
        return "seconds"
    return "an ISO date" if times.date(row.fields[0]) else "a date"


def _mixed(rows: Sequence[Cells], name: str) -> list[Problem]:
    first = _kind(rows[0])
    other = next(row for row in rows if _kind(row) != first)
    return [Problem(f"{name}: line {other.line}", f"{_kind(other)} below {first}", "one kind of time")]


def _order(samples: Sequence[Sample], moments: times.Moments, name: str) -> list[Problem]:
    if len(samples) < 2:
        return [Problem(name, f"{len(samples)} samples", "at least 2", _KNOWN)]
    problems = []
    for before, after in pairwise(samples):
        where = f"{name}: line {after.line}"
        fix = "Where a clock was set back give each time its offset, for example 2026-10-25T02:00:00+01:00."
        if after.time < before.time:
            set_back = moments.zone.startswith("none") and before.time - after.time <= _SET_BACK_S
            found = f"{after.written}: a time before the line above"
            problems.append(Problem(where, found, "times in order", fix if set_back else ""))
        elif after.time == before.time and moments.dated:
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
    unit = meanings.pop() if meanings else Meaning(None)
    said = unit if unit.form else values.meaning(title)
    if said.form == "other" and source.form is None:
        shown = f"numbers in {sorted(units)[0]!r}" if unit.form else f"numbers under the heading {title!r}"
        refuse(source.name, [Problem(source.name, shown, "how many requests there were", _MEANT)])
    return said


def _form(samples: Sequence[Sample], moments: times.Moments, told: Meaning, heading: Sequence[str], name: str) -> Form:
    """Counts or rates, by what was told, else by the documented default where there is no heading."""
    whole = all(sample.value == int(sample.value) for sample in samples)
    if told.form == "rate":
        return "rate"
    if told.form == "count" and _SO_FAR.search(heading[-1] if heading else "") and _grows(samples):
        ask(name, f"numbers that only grow under the heading {heading[-1]!r}: in each bin, or so far?")
    if told.form == "count":
        if whole or told.scale > 1:
            return "count"
        ask(name, f"fractions under the heading {heading[-1]!r}, which names counts")
    width = samples[1].time - samples[0].time
    even = all(math.isclose(b.time - a.time, width, rel_tol=1e-6) for a, b in pairwise(samples))
    if not moments.dated and even and math.isclose(samples[0].time, width / 2, rel_tol=1e-6):
        return "limbo"
    if heading:
        ask(name, f"numbers under the heading {heading[-1]!r}, which may be counts or rates")
    if moments.dated:
        return "count" if whole else ask(name, "fractions without a heading")
    return "rate"


def _grows(samples: Sequence[Sample]) -> bool:
    return len(samples) > 3 and all(a.value <= b.value for a, b in pairwise(samples))


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
