"""Dates as people write them: month/day/year, day/month/year, day.month.year, with a time of 12 or 24 hours.

Whether a day or a month comes first is told by the dates themselves: a number above 12 is a day; else by the reading in
which they are in order and evenly spaced. Within one day both readings are the same load.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

_DATE = re.compile(
    r"(\d{1,2})([/.])(\d{1,2})\2(\d{4}|\d\d)"
    r"(?:,? +(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,6}))?)?(?: *([AaPp])\.?[Mm]\.?)?)?"
)


class Fields(NamedTuple):
    """A date as written: two numbers of which one is the day, their sign, the year, seconds of the day."""

    first: int
    sign: str
    second: int
    year: int
    of_day: float


def fields(text: str) -> Fields | None:
    """What a cell says; None for another form and for a time that no day has."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    first, sign, second, year, hour, minute, seconds, fraction, half = match.groups()
    hours = int(hour or 0)
    if half:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half in "pP" else 0)
    of_day = hours * 3600 + int(minute or 0) * 60 + int(seconds or 0) + float(f"0.{fraction or 0}")
    if of_day >= 86400:
        return None
    whole = int(year) + (2000 if len(year) == 2 else 0)
    return Fields(first=int(first), sign=sign, second=int(second), year=whole, of_day=of_day)


def of(found: Sequence[Fields], example: str) -> tuple[list[datetime], str]:
    """The moments, and how they were read; ValueError where both readings are possible or none is."""
    dotted = found[0].sign == "."
    readings = {
        words: moments
        for words, day_first in (("dates, the month first", False), ("dates, the day first", True))
        if (day_first or not dotted) and (moments := _read(found, day_first=day_first)) is not None
    }
    if not readings:
        raise ValueError(f"dates such as {example} are in no order of day and month")
    if len(readings) > 1:
        month, day = readings.values()
        if [at - month[0] for at in month] == [at - day[0] for at in day]:
            return month, "dates, the month first (the day first would be the same load)"
        even = {words: moments for words, moments in readings.items() if _even(moments)}
        if len(even) != 1:
            raise ValueError(f"dates such as {example}, of which either number may be the month")
        readings = even
    words, moments = readings.popitem()
    return moments, words


def _read(found: Sequence[Fields], *, day_first: bool) -> list[datetime] | None:
    try:
        return [
            datetime(one.year, *((one.second, one.first) if day_first else (one.first, one.second)))
            + timedelta(seconds=one.of_day)
            for one in found
        ]
    except ValueError:
        return None


def _even(moments: Sequence[datetime]) -> bool:
    """Whether they are in order, all equally far apart."""
    steps = {b - a for a, b in pairwise(moments)}
    return len(steps) == 1 and min(steps).total_seconds() > 0
