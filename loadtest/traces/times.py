"""What a column of times says: dates, digits that are dates, or seconds, by their magnitude.

An epoch's unit is told by its size: seconds are 10 digits now, milliseconds 13, microseconds 16, nanoseconds 19.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from loadtest.traces import daydates

_EPOCH = (
    (1e8, 1e11, 1.0, "seconds"),
    (1e11, 1e14, 1e3, "milliseconds"),
    (1e14, 1e17, 1e6, "microseconds"),
    (1e17, 1e20, 1e9, "nanoseconds"),
)
_DIGITS = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_SMALL = {"ns": 1e9, "us": 1e6, "ms": 1e3}
_UNIT = re.compile(r"(?<![a-z])(?:(ns|nanos(?:econds?)?)|(us|µs|micros(?:econds?)?)|(ms|millis(?:econds?)?))(?![a-z])")
# "Hour", "hour_of_day", "Nth minute", "elapsed_min", "time in hours", "t (h)"; but not the "time of day".
_LARGE = re.compile(
    r"^(?:nth |elapsed )?(hours?|hrs?|minutes?|mins?|days?|weeks?)\b"
    r"|[(\[](hours?|hrs?|h|minutes?|mins?|days?|d|weeks?)[)\]]"
    r"|(?<!of)(?<!of the) (hours?|hrs?|minutes?|mins?|days?|weeks?)$"
)
_SECONDS = {"h": 3600.0, "m": 60.0, "d": 86400.0, "w": 7 * 86400.0}
_NO_TIME = re.compile(
    r"\b(intervals?|bins?|index|idx|slots?|steps?|periods?|buckets?|windows?|months?|quarters?|years?|rows?|no|nr|id)\b|#"
)
_EPOCH_WORDS = re.compile(r"epoch|unix|timestamp", re.IGNORECASE)


@dataclass(frozen=True)
class Moments:
    """Times in seconds (since the epoch where ``dated``), how they were written, and their zone, in words."""

    seconds: list[float]
    dated: bool
    words: str
    zone: str = ""


def is_time(text: str) -> bool:
    """Whether a cell is a number or a date."""
    return number(text) is not None or is_date(text)


def is_date(text: str) -> bool:
    """Whether a cell is a date, whichever of its numbers is the day."""
    return date(text) is not None or daydates.fields(text) is not None


def number(text: str) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def date(text: str) -> datetime | None:
    """A date and time (ISO 8601, a blank for the T, a zone or none; slashes as CloudWatch has them); None for anything
    else, bare digits and dates that begin with a day or a month too."""
    text = re.sub(r"^(\d{4})/(\d\d)/(\d\d)", r"\1-\2-\3", text)
    if not re.match(r"\d{4}-\d\d", text):
        return None
    try:
        return datetime.fromisoformat(re.sub(r" UTC$", "+00:00", text))
    except ValueError:
        return None


def epoch(text: str) -> float | None:
    """Seconds since the epoch of an epoch number in any unit, by its size; None for another cell."""
    value = number(text)
    unit = next((unit for low, high, unit, _ in _EPOCH if value is not None and low <= value < high), None)
    return None if value is None or unit is None else value / unit


def moment(text: str) -> float | None:
    """Seconds: a number as it stands, an epoch in a finer unit by its size; None for another cell."""
    value = number(text)
    return value if value is None or abs(value) < _EPOCH[0][1] else epoch(text)


def absolute(text: str) -> float | None:
    """Seconds since the epoch of an ISO date (without a zone: UTC) or an epoch number; None for another cell."""
    moment = date(text)
    if moment is None:
        return epoch(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def per_second(heading: str) -> float | None:
    """How many of the unit that a heading names make a second; None where it names none."""
    match = _UNIT.search(heading.lower())
    if match and match.lastindex:
        return _SMALL[("ns", "us", "ms")[match.lastindex - 1]]
    plain = _plain(heading)
    if re.search(r"\b(?:s|secs?|seconds?)\b", plain):
        return 1.0
    return 1 / _SECONDS[next(part for part in match.groups() if part)[0]] if (match := _LARGE.search(plain)) else None


def _plain(heading: str) -> str:
    return re.sub(r"[_\-]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading).lower()).strip()


def of(cells: Sequence[str], heading: str = "") -> Moments | None:
    """What a column of times says; None where some are dates and some are not. ValueError where a month cannot be told
    from a day, or the heading names no unit of time."""
    dates = [date(cell) for cell in cells]
    known = [moment for moment in dates if moment is not None]
    if len(known) == len(dates):
        return _dated(known, "dates")
    if len(days := [found for cell in cells if (found := daydates.fields(cell))]) == len(cells):
        return _dated(*daydates.of(days, cells[0]))
    if known or days:
        return None
    if (as_digits := _digits(cells, heading)) is not None:
        return as_digits
    values = [number(cell) or 0.0 for cell in cells]
    for low, high, unit, words in _EPOCH:
        if all(low <= value < high for value in values):
            return Moments([value / unit for value in values], True, f"epoch {words}", "UTC")
    match = _UNIT.search(heading.lower())
    if match and match.lastindex:
        unit = _SMALL[("ns", "us", "ms")[match.lastindex - 1]]
        return Moments([value / unit for value in values], False, match[0])
    plain = _plain(heading)
    if re.search(r"\b(?:s|secs?|seconds?)\b", plain):
        return Moments(values, False, "seconds")
    if match := _LARGE.search(plain):
        word = next(part for part in match.groups() if part)
        return Moments([value * _SECONDS[word[0]] for value in values], False, word)
    if _NO_TIME.search(plain):
        raise ValueError(f"numbers under the heading {heading!r}, which does not say how many seconds one is")
    return Moments(values, False, "seconds")


def _dated(moments: Sequence[datetime], words: str) -> Moments:
    naive = any(moment.tzinfo is None for moment in moments)
    seconds = [(moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() for moment in moments]
    return Moments(seconds, True, words, "none given: taken as UTC" if naive else _zone(moments))


def _zone(moments: Sequence[datetime]) -> str:
    offsets = sorted({moment.strftime("%z") for moment in moments})
    return "UTC" if offsets == ["+0000"] else " and ".join(f"UTC{text[:3]}:{text[3:5]}" for text in offsets[:3])


def _digits(cells: Sequence[str], heading: str) -> Moments | None:
    """``2026112823`` is 23 h of a day, as Google Analytics writes it, where every cell is such a date."""
    form = _DIGITS.get(len(cells[0])) if cells else None
    if form is None or any(len(cell) != len(cells[0]) or not cell.isdigit() for cell in cells):
        return None
    if _EPOCH_WORDS.search(heading) or not all(cell.startswith(("19", "20")) for cell in cells):
        return None
    try:
        return _dated([datetime.strptime(cell, form) for cell in cells], f"dates as digits ({len(cells[0])})")
    except ValueError:
        return None
