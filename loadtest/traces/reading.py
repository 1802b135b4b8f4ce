"""Which reader a file is for, and what of the trace is wanted."""

import pkgutil
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path

from loadtest.plan import Point
from loadtest.traces import forms, kinds, opening
from loadtest.traces.forms import Form, Reader, Source, Understood

SHOWN = forms.SHOWN


@cache
def readers() -> tuple[Reader, ...]:
    """Every kind of trace: the modules of ``loadtest.traces.kinds``."""
    found = [import_module(f"{kinds.__name__}.{module.name}").READER for module in pkgutil.iter_modules(kinds.__path__)]
    return tuple(sorted(found, key=lambda reader: reader.order))


def read(path: Path, form: Form | None = None) -> list[Point]:
    """The points (second from the trace's begin, requests per second) of a trace file; ScenarioError if it is bad."""
    return understand(path, form).points


def understand(path: Path, form: Form | None = None) -> Understood:
    """What a trace file holds; ScenarioError if it cannot be read or not be told."""
    return _understand(opening.lines(path), path.name, form)


def parse(lines: Iterable[str], name: str, form: Form | None = None) -> list[Point]:
    """The points of a trace given as lines; every mistake is named with its line."""
    return _understand(lines, name, form).points


def _understand(lines: Iterable[str], name: str, form: Form | None) -> Understood:
    head, every = opening.peek(iter(lines))
    reader = next(reader for reader in readers() if reader.matches(head))
    return reader.read(Source(name, every, form))


def window(found: Understood, begin: float, length: float | None) -> list[Point]:
    """The points of a part of a trace, from its second ``begin`` on; single requests are counted in bins for it."""
    if found.tally is None:
        return cut(found.points, begin, length)
    whole = float(len(found.tally.counts) * found.tally.width)
    first = begin // found.tally.width * found.tally.width
    end = whole if length is None else min(whole, begin + length)
    return cut(found.tally.steps(begin, end), begin - first, end - begin)


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
