"""Requests of an access log, counted by their time: what every kind of log comes to."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from loadtest.errors import Problem
from loadtest.traces import times
from loadtest.traces.bins import Bins
from loadtest.traces.forms import Source, Understood, refuse
from loadtest.traces.mix import MOST, template
from loadtest.units import spoken


class Hit(NamedTuple):
    """One request: when (seconds since the epoch, UTC offset as written, "" for none), what was asked for, where told,
    and the seconds it had taken by then: 0 in a log that dates requests by their begin, or does not tell."""

    at: float
    zone: str
    method: str
    path: str
    took: float = 0.0

    @property
    def begin(self) -> float:
        """When it came. A time in whole seconds is moved by whole seconds."""
        return self.at - (self.took if self.at % 1 else round(self.took))


def duration(text: object) -> float:
    """A logged duration as it stands, 0 where there is none."""
    value = times.number(str(text))
    return value if value is not None and value > 0 else 0.0


def counted(source: Source, what: str, lines: Iterable[str], hit: Callable[[str], Hit | None]) -> Understood:
    """What the lines of a log come to, each read by ``hit``; ScenarioError where none is a request, where they span too
    long a time, or where another form is asked for."""
    if source.form not in (None, "count"):
        wanted = "no form, or `count`: an access log is counted"
        refuse(source.name, [Problem(f"{source.name}: form", str(source.form), wanted)])
    bins, mix, zones, skipped, moved = _count(lines, hit, source.name)
    if not bins.total:
        refuse(source.name, [Problem(source.name, "no request", "a log with requests")])
    tally = bins.tally()
    points = tally.steps()
    width = points[1][0] - points[0][0]
    notes = [f"{skipped[0]:,} lines were no requests and left out, the first: line {skipped[1]}."] if skipped else []
    notes += ["Each request counts where it began: its logged end less the time that it took."] if moved else []
    return Understood(
        points=points,
        what=what,
        begin=float(tally.begin),
        zone=_zones(zones),
        notes=tuple(notes),
        mix=mix,
        bins=f"{len(points) // 2} of {spoken(width)}",
        tally=tally,
    )


def _count(
    lines: Iterable[str], hit: Callable[[str], Hit | None], name: str
) -> tuple[Bins, Counter[str], set[str], tuple[int, int] | None, bool]:
    bins, zones, moved = Bins(), set[str](), False
    mix: Counter[str] = Counter()
    skipped: tuple[int, int] | None = None
    for number, line in enumerate(lines, start=1):
        found = hit(line) if line.strip() else None
        if found is None:
            if line.strip():
                skipped = ((skipped[0] if skipped else 0) + 1, skipped[1] if skipped else number)
            continue
        try:
            bins.add(found.begin)
        except ValueError as error:
            refuse(name, [Problem(f"{name}: line {number}", str(error), "one span of at most 400 days")])
        moved = moved or found.begin != found.at
        zones.add(found.zone)
        _mix(mix, found)
    return bins, mix, zones, skipped, moved


def _mix(mix: Counter[str], hit: Hit) -> None:
    """Count what was asked for: the template of its path, without query values."""
    key = f"{hit.method} {template(hit.path)}" if hit.method.isalpha() and hit.path else ""
    if key and (key in mix or len(mix) < MOST):
        mix[key] += 1


def _zones(zones: set[str]) -> str:
    named = sorted(_zone(zone) for zone in zones)
    return " and ".join(named[:3])


def _zone(zone: str) -> str:
    if not zone:
        return "none given: taken as UTC"
    return "UTC" if zone in ("+0000", "-0000") else f"UTC{zone[:3]}:{zone[3:5]}"
