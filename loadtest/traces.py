"""Recorded demand as a rate plan: a CSV with a time and a number in each line.

Three forms are read, told apart by what is in them or named by ``form``:

- ``rate``: second and requests per second, linear in between (``0,10``);
- ``count``: the time at which a bin begins (ISO 8601, or seconds) and the requests in it (``1998-06-30 08:00:00,
  17613``); the rate is constant within a bin, so that every bin keeps its count;
- ``limbo``: the middle of an interval in seconds and its rate (``0.5,10``), as LIMBO and the HTTP Load Generator
  write it (https://github.com/joakimkistowski/HTTP-Load-Generator).

A first line without numbers is a heading. Blank lines and lines that begin with ``#`` are skipped.
"""

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Literal

from loadtest.errors import Problem, ScenarioError
from loadtest.pieces import steps_between
from loadtest.plan import Point

Form = Literal["rate", "count", "limbo"]
SHOWN = 20  # mistakes of one file that are listed; more would hide the first


@dataclass(frozen=True)
class Sample:
    """One line: its number in the file, its time in seconds (since the epoch where ``dated``), its value."""

    line: int
    time: float
    value: float
    dated: bool


def read(path: Path, form: Form | None = None) -> list[Point]:
    """The points (second from the trace's begin, requests per second) of a trace file; ScenarioError if it is bad."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ScenarioError(f"Cannot read the trace {path}: {reason}.") from None
    return parse(text.splitlines(), path.name, form)


def parse(lines: Iterable[str], name: str, form: Form | None = None) -> list[Point]:
    """The points of a trace given as lines; every mistake is named with its line."""
    samples, problems = _samples(list(lines), name)
    if not problems:
        problems = _order(samples, name)
    if problems:
        more = [Problem(name, f"{len(problems) - SHOWN} more mistakes")] if len(problems) > SHOWN else []
        raise ScenarioError(f"The trace {name} cannot be used.", problems[:SHOWN] + more)
    return _POINTS[form or _guess(samples)](samples, name)


def cut(points: list[Point], begin: float, length: float | None) -> list[Point]:
    """The part of a trace from second ``begin`` on, ``length`` seconds long; its own second 0 is ``begin``."""
    end = points[-1][0] if length is None else min(points[-1][0], begin + length)
    inside = [(t - begin, rate) for t, rate in points if begin < t < end]
    return [(0.0, _rates(points, begin)[-1]), *inside, (end - begin, _rates(points, end)[0])]


def _rates(points: list[Point], t: float) -> list[float]:
    """The rates at ``t``: two where pieces meet, the one before and the one after."""
    return [
        r0 + (r1 - r0) * (t - t0) / (t1 - t0) for (t0, r0), (t1, r1) in pairwise(points) if t0 <= t <= t1 and t0 < t1
    ]


def _samples(lines: list[str], name: str) -> tuple[list[Sample], list[Problem]]:
    samples: list[Sample] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        sample = _sample(number, line, f"{name}: line {number}")
        if isinstance(sample, Sample):
            samples.append(sample)
        elif samples or problems or not _heading(line):
            problems.append(sample)
    return samples, problems


def _heading(line: str) -> bool:
    """Two columns, neither of which is a time or a number."""
    fields = [field.strip() for field in next(csv.reader([line]))]
    return len(fields) == 2 and all(_time(field) is None for field in fields)


def _sample(number: int, line: str, where: str) -> Sample | Problem:
    fields = [field.strip() for field in next(csv.reader([line]))]
    if len(fields) != 2:
        return Problem(where, f"{len(fields)} columns", "2: a time and a number")
    time = _time(fields[0])
    if time is None:
        return Problem(where, repr(fields[0]), "a time: seconds, or for example 1998-06-30 08:00:00")
    try:
        value = float(fields[1])
    except ValueError:
        return Problem(where, repr(fields[1]), "a number")
    if not math.isfinite(value) or value < 0:
        return Problem(where, fields[1], "a finite number, not below zero")
    return Sample(number, time[0], value, time[1])


def _time(text: str) -> tuple[float, bool] | None:
    """Seconds and whether it was a date; None for what is no time."""
    try:
        seconds = float(text)
        return (seconds, False) if math.isfinite(seconds) else None
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp(), True


def _order(samples: list[Sample], name: str) -> list[Problem]:
    if len(samples) < 2:
        return [Problem(name, f"{len(samples)} samples", "at least 2")]
    problems = []
    for before, after in pairwise(samples):
        if after.time < before.time:
            problems.append(Problem(f"{name}: line {after.line}", "a time before the line above", "times in order"))
        if after.dated != before.dated:
            problems.append(Problem(f"{name}: line {after.line}", "a date among seconds", "one kind of time"))
    return problems


def _guess(samples: list[Sample]) -> Form:
    if samples[0].dated:
        return "count"
    width = samples[1].time - samples[0].time
    even = all(math.isclose(b.time - a.time, width, rel_tol=1e-6) for a, b in pairwise(samples))
    return "limbo" if even and math.isclose(samples[0].time, width / 2, rel_tol=1e-6) else "rate"


def _rate_points(samples: list[Sample], name: str) -> list[Point]:
    begin = samples[0].time
    if samples[-1].time == begin:
        raise ScenarioError(f"The trace {name} cannot be used.", [Problem(name, "no span of time", "times in order")])
    return [(s.time - begin, s.value) for s in samples]


def _width(samples: list[Sample], name: str) -> float:
    """The one width of all bins; where a bin is missing or doubled, an error that names the lines."""
    width = min(b.time - a.time for a, b in pairwise(samples))
    uneven = [b for a, b in pairwise(samples) if not math.isclose(b.time - a.time, width, rel_tol=1e-6) or width <= 0]
    if uneven:
        problems = [
            Problem(f"{name}: line {s.line}", "a gap or a repeated time", f"bins {width:g} s apart") for s in uneven
        ]
        raise ScenarioError(f"The trace {name} cannot be used.", problems[:SHOWN])
    return width


def _count_points(samples: list[Sample], name: str) -> list[Point]:
    width = _width(samples, name)
    edges = [n * width for n in range(len(samples) + 1)]
    return steps_between(edges, [s.value / width for s in samples])


def _limbo_points(samples: list[Sample], name: str) -> list[Point]:
    width = _width(samples, name)
    edges = [n * width for n in range(len(samples) + 1)]
    return steps_between(edges, [s.value for s in samples])


_POINTS = {"rate": _rate_points, "count": _count_points, "limbo": _limbo_points}
