"""How finely durations are known: those of other tools lie somewhere in a bucket of the tool's own."""

from bisect import bisect_left
from typing import NamedTuple

from autoscale.record.rows.header import Header

_SAME = 1.05  # bounds as near as this are one figure to a reader


class Interval(NamedTuple):
    """Between which bounds, in seconds, a duration lies; ``high`` is None beyond the last bound."""

    low: float
    high: float | None


class Resolution(NamedTuple):
    """``bounds_s``: upper bounds of the buckets, in order; empty where durations are known as they are. ``whole``: they
    are known of the whole load only. ``of_all``: durations of failed requests are among them."""

    bounds_s: tuple[float, ...] = ()
    whole: bool = False
    of_all: bool = False

    def around(self, seconds: float | None) -> Interval | None:
        """The bucket in which a duration lies; None where it is known itself, or not at all."""
        if seconds is None or not self.bounds_s:
            return None
        place = bisect_left(self.bounds_s, seconds)
        low = self.bounds_s[place - 1] if place else 0.0
        return Interval(low, self.bounds_s[place] if place < len(self.bounds_s) else None)

    def between(self, lowest: float | None, highest: float | None) -> Interval | None:
        """From the bucket of one duration to that of another; None where each is known itself and they are one."""
        low, high = self.around(lowest), self.around(highest)
        if low is None or high is None:
            return None if lowest == highest or lowest is None else Interval(lowest, highest)
        return Interval(low.low, high.high)

    def text(self, seconds: float | None) -> str | None:
        """What is known of a duration in words, "between 250 ms and 500 ms"; None where its figure says it."""
        found = self.around(seconds)
        if found is None:
            return None
        if found.high is None:
            return f"at least {_plain(found.low)}"
        if found.high <= found.low * _SAME:
            return None
        return f"between {_plain(found.low)} and {_plain(found.high)}" if found.low else f"at most {_plain(found.high)}"

    def inside(self, bound_s: float) -> bool:
        """Whether a bound lies inside a bucket, so that nobody knows which of its durations are beyond it."""
        found = self.around(bound_s)
        return found is not None and bound_s != found.high


def resolution_of(header: Header) -> Resolution:
    """The resolution that a record's header states; every duration as it is where it states none."""
    given = header["environment"]
    bounds = given.get("bounds_s")
    numbers = [float(b) for b in bounds if isinstance(b, int | float)] if isinstance(bounds, list) else []
    return Resolution(tuple(sorted(numbers)), given.get("latency") == "whole", given.get("of_all") is True)


def _plain(seconds: float) -> str:
    return f"{seconds * 1000:.4g} ms" if seconds < 1 else f"{seconds:.4g} s"
