"""Logs of requests as CSV: each line is one request, dated by one of its columns, counted by it.

A list of times alone (one column), or a time among what else is known of a request: the inference traces of Azure
(``TIMESTAMP,ContextTokens,GeneratedTokens``) and BurstGPT (``Timestamp,Model,Request tokens,...``). A table of bins
looks alike where it has several numbers for each time; its times are evenly spaced, and so is told: such a file, one
that names counts or rates, and times whose unit nothing tells are not read but asked about.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from loadtest.errors import Problem
from loadtest.traces import columns, times, values
from loadtest.traces.forms import Reader, Source, Understood, refuse
from loadtest.traces.hits import Hit, counted, duration
from loadtest.traces.opening import HEAD

_TIME = re.compile(
    r"\b(?:time ?stamps?|date(?: ?time)?|arriv\w*|start(?:ed)?|begin|began|ts)\b|\bat$"
    r"|^t(?:ime)?(?: (?:n|u|m)?s| utc)?$|\b(?:request|event|created?|log|access|end) time\b"
)
_END = re.compile(r"\b(?:end(?:ed)?|finish(?:ed)?|complet(?:ed?|ion)|stop(?:ped)?)\b")
_ONE = re.compile(r"\b(?:method|path|ur[il]|(?:trace|request) ?id)\b")  # what only one request has
# What is measured of many at a time, and what is said of each of several series.
_SAMPLED = re.compile(
    r"%|\b(?:cpu|cores?|memory|percent(?:age)?|ratio|avg|average|mean|median|p\d\d+|rate|users?|replicas?|pods?"
    r"|concurren\w+|active|metric|series|gauge|value)\b"
)
_BURST_GPT = ["timestamp", "model", "request tokens"]  # its times are seconds (its README)
_MOST = 0.9  # of the lines looked at that are dated
_EVEN = 0.8  # of the steps that are alike in a table of bins
_FEW = 3
_UNITS = {1.0: "seconds", 1e3: "milliseconds", 1e6: "microseconds", 1e9: "nanoseconds"}


@dataclass(frozen=True)
class _Log:
    """What divides the columns, their names ([] where there are none), and which of them dates a line."""

    divider: str
    heading: list[str]
    rows: list[list[str]]
    time: int

    @property
    def title(self) -> str:
        return self.heading[self.time] if self.heading else ""

    @property
    def cells(self) -> list[str]:
        """The times."""
        return [row[self.time] for row in self.rows]


def _log(head: Sequence[str]) -> _Log | None:
    """The first lines as a log; None where they are none."""
    plain = [line for line in head if line.strip() and not columns.is_remark(line)]
    if not plain:
        return None
    every = (_split_by(divider, plain) for divider in ",;\t|")
    return next((log for log in every if log and len(log.rows[0]) > 1), None) or _split_by("\0", plain)


def _split_by(divider: str, plain: Sequence[str]) -> _Log | None:
    lines = [columns.split(line, divider) for line in plain]
    heading, rows = (lines[0], lines[1:]) if not any(map(times.is_time, lines[0])) else ([], lines)
    rows = [row for row in rows if len(row) == len(lines[0])]
    if len(rows) < max(_FEW, _MOST * (len(plain) - 1)):
        return None
    dated = [place for place in range(len(rows[0])) if _share(row[place] for row in rows) >= _MOST]
    place = _which(dated, heading, rows)
    return None if place is None else _Log(divider, heading, [row for row in rows if times.is_time(row[place])], place)


def _share(cells: Iterator[str]) -> float:
    found = [times.is_time(cell) for cell in cells]
    return sum(found) / len(found)


def _which(dated: Sequence[int], heading: Sequence[str], rows: Sequence[Sequence[str]]) -> int | None:
    """The column that says when a request came: a date before a number, a begin before an end."""
    titles = [values.plain_words(title) for title in heading] or [""] * len(rows[0])
    some = [place for place in dated if times.is_date(rows[0][place])]
    some = some or [place for place in dated if _TIME.search(titles[place]) or times.epoch(rows[0][place]) is not None]
    begins = [place for place in some if not _END.search(titles[place])]
    return next(iter(begins or some), None)


def matches(head: Sequence[str]) -> bool:
    """Whether each line is one request: a time alone, or a time beside what is of one request."""
    log = _log(head)
    if log is None:
        return False
    width = len(log.rows[0])
    if width == 1:
        return True
    numbers = [all(values.cell(row[place]) for row in log.rows) for place in range(width)]
    if width == 2 and numbers[1 - log.time]:
        return False  # a time and a number
    titles = [(number, values.plain_words(title)) for number, title in zip(numbers, log.heading, strict=False)]
    titles = [one for place, one in enumerate(titles) if place != log.time]
    if any(
        _SAMPLED.search(title) or (number and values.meaning(title).form) not in (False, None, "other")
        for number, title in titles
    ):
        return False
    return any(_ONE.search(title) for _, title in titles) or not _binned(log)


def _binned(log: _Log) -> bool:
    """Whether times are evenly spaced, with as many lines of each: bins, not arrivals."""
    found = _moments(log)
    lines = Counter(found.seconds if found else [])
    steps = [round(b - a, 3) for a, b in pairwise(sorted(lines))]
    return bool(steps) and min(_alike(steps), _alike(list(lines.values()))) >= _EVEN


def _alike(some: Sequence[float]) -> float:
    """The share of the most frequent one."""
    return Counter(some).most_common(1)[0][1] / len(some)


def _moments(log: _Log) -> times.Moments | None:
    """What the times of the first lines say, None where that cannot be told."""
    try:
        return times.of(log.cells, log.title)
    except ValueError:
        return None


def read(source: Source) -> Understood:
    """Count the lines by their time; ScenarioError where it cannot be told what the times are."""
    every = iter(source.lines)
    head = [line for _, line in zip(range(HEAD), every, strict=False)]
    log = _log(head)
    assert log is not None  # `matches` said so
    moment, words = _clock(log, source.name)
    place = {title.strip().lower(): number for number, title in enumerate(log.heading)}
    late = bool(_END.search(values.plain_words(log.title)))

    def hit(line: str) -> Hit | None:
        row = columns.split(line, log.divider)
        if len(row) <= log.time or (at := moment(row[log.time])) is None:
            return None
        told = {name: row[number] for name, number in place.items() if number < len(row)}
        path = next((told[name] for name in ("path", "url", "uri") if name in told), "")
        took = duration(told.get("duration", "")) if late else 0.0
        method = told.get("method", "GET" if path else "-")
        return Hit(at=at, zone=_zone(row[log.time]), method=method, path=path or "-", took=took)

    return counted(source, f"list of requests ({words})", _rows(log, chain(head, every)), hit)


def _rows(log: _Log, lines: Iterator[str]) -> Iterator[str]:
    """The lines, a blank one in the place of heading and remarks."""
    heading = bool(log.heading)
    for line in lines:
        remark = columns.is_remark(line)
        yield "" if remark or (heading and line.strip()) else line
        heading = heading and (remark or not line.strip())


def _clock(log: _Log, name: str) -> tuple[Callable[[str], float | None], str]:
    """What makes seconds of a cell, and how the times are written; ScenarioError where their unit is not told."""
    found = _moments(log)
    if found is not None and found.words.startswith(("epoch ", "dates")) and all(map(times.absolute, log.cells)):
        return times.absolute, found.words
    per = times.per_second(log.title)
    if per is None and [title.lower() for title in log.heading[:3]] == _BURST_GPT:
        per = 1.0
    if per is None or any(times.number(cell) is None for cell in log.cells):
        shown = f"times such as {log.cells[0]}" + (f" under the heading {log.title!r}" if log.heading else "")
        fix = "Name the column for its unit, for example arrival_s or timestamp_ms, or give ISO dates."
        refuse(name, [Problem(name, shown, "times of requests whose form and unit are known", fix)])

    def of_number(cell: str) -> float | None:
        value = times.number(cell)
        return None if value is None or value < 0 else value / per

    return of_number, _UNITS.get(per, "hours, minutes or days")


def _zone(cell: str) -> str:
    moment = times.date(cell)
    return "+0000" if moment is None else moment.strftime("%z")


READER = Reader(matches, read, order=90)
