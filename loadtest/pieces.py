"""Pieces that plans are joined of. All rates are requests per second, all durations seconds."""

from itertools import pairwise

from loadtest.plan import Point


def hold(rate: float, duration: float) -> list[Point]:
    """A flat piece."""
    return [(0.0, rate), (duration, rate)]


def slope(start: float, end: float, duration: float) -> list[Point]:
    """A linear piece."""
    return [(0.0, start), (duration, end)]


def steps_between(edges: list[float], rates: list[float]) -> list[Point]:
    """A rate that is constant between edges (one more edge than rates) and jumps at them."""
    return [(edge, rate) for (left, right), rate in zip(pairwise(edges), rates, strict=True) for edge in (left, right)]
