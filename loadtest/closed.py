"""The closed model: users who wait for an answer before they ask again, each on a timetable of its own.

User j is there while the plan of users is above j. It asks every ``pacing`` seconds; its first time is shifted by a
part of the pacing, spread evenly over the users (golden ratio), so that users who come together do not ask together.
The timetable does not slip: an answer that comes late makes the next request late, and latency counts from the
intended time.
"""

from collections.abc import Iterator
from itertools import pairwise

from loadtest.plan import RatePlan

_GOLDEN = 0.6180339887498949


def presence(users: RatePlan, j: int) -> list[tuple[float, float]]:
    """The spans (from, to) in seconds in which user ``j`` is there, in order."""
    spans: list[tuple[float, float]] = []
    for (t0, u0), (t1, u1) in pairwise(users.points):
        if t1 == t0 or max(u0, u1) <= j:
            continue
        crossing = t0 + (j - u0) * (t1 - t0) / (u1 - u0) if u1 != u0 else t0
        begin, end = (crossing if u0 <= j else t0), (crossing if u1 <= j else t1)
        if spans and spans[-1][1] == begin:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((begin, end))
    return spans


def timetable(users: RatePlan, j: int, pacing: float) -> Iterator[float]:
    """The intended times of user ``j``'s requests."""
    shift = (j * _GOLDEN % 1.0) * pacing
    for begin, end in presence(users, j):
        n = 0
        while (at := begin + shift + n * pacing) < end:
            yield at
            n += 1
