"""The moments at which requests are due, in chunks that fit into memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from autoscale.whatif import fast
from autoscale.whatif.service import Load
from loadtest.plan import RatePlan

_CHUNK = 20_000


@dataclass(frozen=True)
class Chunk:
    """Requests due before ``until`` (and after the chunk before): seconds from the load's start, a list or an array."""

    times: Any
    until: float


def chunks(load: Load, *, compiled: bool) -> list[Chunk] | Iterator[Chunk]:
    """The load's arrivals; the last chunk has no end. A short load is a list that serves many runs."""
    made = _chunks(load, compiled)
    plan = RatePlan(load.points)
    return list(made) if plan.total <= 10 * _CHUNK else made


def longest(load: Load) -> int:
    """Room for the requests of any one chunk."""
    return int(load.peak * _width(load)) + 2 * int(load.peak) + 1000


def _width(load: Load) -> float:
    return max(1.0, _CHUNK / max(load.peak, 1e-9))


def _chunks(load: Load, compiled: bool) -> Iterator[Chunk]:
    plan = RatePlan(load.points)
    if load.arrivals == "uniform" and compiled:
        yield from _evenly(load, plan)
        return
    width, edge = _width(load), _width(load)
    part: list[float] = []
    for at in plan.arrivals(load.arrivals, load.seed):
        while at >= edge:
            yield _chunk(part, edge, compiled)
            part, edge = [], edge + width
        part.append(at)
    yield _chunk(part, float("inf"), compiled)


def _chunk(part: list[float], until: float, compiled: bool) -> Chunk:
    return Chunk(fast.array(part) if compiled else part, until)


def _evenly(load: Load, plan: RatePlan) -> Iterator[Chunk]:
    """The same moments as ``plan.arrivals`` of even arrivals, computed as arrays."""
    width = _width(load)
    edges = list(takewhile(lambda edge: edge < plan.duration_s, (width * (i + 1) for i in range(10**9))))
    for low, high in zip([0.0, *edges], [*edges, plan.duration_s], strict=True):
        until = high if high < plan.duration_s else float("inf")
        yield Chunk(fast.even(load.points, plan, low, high), until)
