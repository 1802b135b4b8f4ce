"""Schedules of CronJobs: five fields (or ``@hourly`` and the like), and the times that they mean.

The language is that of github.com/robfig/cron/v3's standard parser, which Kubernetes uses: minute, hour, day of the
month, month, day of the week; a day has to fit both day fields, or one of them where neither is ``*``.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

_FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_MONTHS = {dt.date(2000, month, 1).strftime("%b").lower(): month for month in range(1, 13)}
_DAYS = {dt.date(2000, 1, 2 + day).strftime("%a").lower(): day for day in range(7)}
_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_PART = re.compile(r"(?P<low>[^-/]+)(-(?P<high>[^-/]+))?(/(?P<step>[^-/]+))?")
_FAR = dt.timedelta(days=5 * 366)
"""How far a schedule is searched for its next time; 30 February never comes."""


class ScheduleError(ValueError):
    """It is no schedule; the text says why."""


@dataclass(frozen=True)
class Schedule:
    """The numbers that each field takes. ``any_day``: one of the day fields is ``*``, so that both have to fit."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool

    def after(self, moment: float, zone: str = "UTC") -> float | None:
        """The first time after a moment (seconds since the epoch), by the clocks of a time zone; None for never."""
        place = ZoneInfo(zone)
        start = dt.datetime.fromtimestamp(moment, place)
        day = start.date()
        while day <= start.date() + _FAR:
            found = (at for at in self._on(day, place) if at > moment)
            if (first := next(found, None)) is not None:
                return first
            day += dt.timedelta(days=1)
        return None

    def last(self, since: float, until: float, zone: str = "UTC") -> float | None:
        """The last time in (since, until]; None where there is none."""
        place = ZoneInfo(zone)
        day, first = dt.datetime.fromtimestamp(until, place).date(), dt.datetime.fromtimestamp(since, place).date()
        while day >= first:
            found = [at for at in self._on(day, place) if since < at <= until]
            if found:
                return found[-1]
            day -= dt.timedelta(days=1)
        return None

    def _on(self, day: dt.date, place: ZoneInfo) -> Iterator[float]:
        """The times of one day in order; hours that a change of the clocks leaves out have none."""
        if not self._fits(day):
            return
        for hour in sorted(self.hours):
            for minute in sorted(self.minutes):
                clock = dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=place)
                at = clock.timestamp()
                if dt.datetime.fromtimestamp(at, place).hour == hour:
                    yield at

    def _fits(self, day: dt.date) -> bool:
        both = (day.day in self.days, day.isoweekday() % 7 in self.weekdays)
        return day.month in self.months and (all(both) if self.any_day else any(both))


def parse_schedule(text: str) -> Schedule:
    """Read a schedule. ScheduleError where it is none, in the parser's words."""
    fields = _NAMED.get(text, text).split()
    if text.startswith("@") and text not in _NAMED:
        raise ScheduleError(f"unrecognized descriptor: {text}")
    if len(fields) != len(_FIELDS):
        raise ScheduleError(f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]")
    minutes, hours, days, months, weekdays = (
        _field(part, low, high) for part, (low, high) in zip(fields, _FIELDS, strict=True)
    )
    any_day = any(field.startswith(("*", "?")) for field in (fields[2], fields[4]))
    return Schedule(minutes=minutes, hours=hours, days=days, months=months, weekdays=weekdays, any_day=any_day)


def _field(text: str, least: int, most: int) -> frozenset[int]:
    return frozenset(number for part in text.split(",") for number in _range(part, least, most))


def _range(text: str, least: int, most: int) -> range:
    match = _PART.fullmatch(text)
    if match is None:
        raise ScheduleError(f"too many hyphens or slashes: {text}" if text else "empty list item")
    low, high, step = match["low"], match["high"], _number(match["step"] or "1")
    if low in ("*", "?"):
        first, last = least, most
    else:
        first = _number(low)
        last = _number(high) if high else most if match["step"] else first
    if first < least:
        raise ScheduleError(f"beginning of range ({first}) below minimum ({least}): {text}")
    if last > most:
        raise ScheduleError(f"end of range ({last}) above maximum ({most}): {text}")
    if first > last:
        raise ScheduleError(f"beginning of range ({first}) beyond end of range ({last}): {text}")
    if step == 0:
        raise ScheduleError(f"step of range should be a positive number: {text}")
    return range(first, last + 1, step)


def _number(text: str) -> int:
    named = {**_MONTHS, **_DAYS}.get(text.lower())
    if named is not None:
        return named
    if not text.isascii() or not text.isdigit():
        raise ScheduleError(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text)
