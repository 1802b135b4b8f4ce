"""Named shapes of load: what people draw on a whiteboard, as rate plans with named stages.

All rates are requests per second, all durations seconds.
"""

import math
from itertools import pairwise

from loadtest.plan import Point, RatePlan, join


def hold(rate: float, duration: float) -> list[Point]:
    """A flat piece."""
    return [(0.0, rate), (duration, rate)]


def slope(start: float, end: float, duration: float) -> list[Point]:
    """A linear piece."""
    return [(0.0, start), (duration, end)]


def constant(*, rate: float, duration: float) -> RatePlan:
    """One rate all the time: noise, steady cost, flapping."""
    return join([("steady", hold(rate, duration))])


def step(*, base: float, peak: float, before: float, hold_for: float, after: float) -> RatePlan:
    """A jump up and a jump down: how long until the metric, the decision, the capacity?"""
    return join([("before", hold(base, before)), ("peak", hold(peak, hold_for)), ("after", hold(base, after))])


def ramp(*, base: float, peak: float, before: float, rise: float, hold_for: float, after: float) -> RatePlan:
    """A linear climb, a plateau, and a jump back: does scaling keep up with the slope?"""
    return join(
        [
            ("before", hold(base, before)),
            ("ramp", slope(base, peak, rise)),
            ("peak", hold(peak, hold_for)),
            ("after", hold(base, after)),
        ]
    )


def spike(
    *, base: float, peak: float, before: float, rise: float, hold_for: float, fall: float, after: float
) -> RatePlan:
    """A short, steep peak: often over before scaling can help."""
    return join(
        [
            ("before", hold(base, before)),
            ("rise", slope(base, peak, rise)),
            ("peak", hold(peak, hold_for)),
            ("fall", slope(peak, base, fall)),
            ("after", hold(base, after)),
        ]
    )


def staircase(*, base: float, peak: float, steps: int, each: float) -> RatePlan:
    """Equal steps up and the same steps down: one steady reading per level, and hysteresis."""
    levels = [base + (peak - base) * n / steps for n in range(steps + 1)]
    up = [(f"up-{n}" if n else "base", hold(rate, each)) for n, rate in enumerate(levels)]
    down = [(f"down-{n}", hold(levels[n], each)) for n in reversed(range(steps))]
    return join(up + down)


def sine(*, base: float, peak: float, period: float, cycles: int, resolution: float = 1.0) -> RatePlan:
    """``base + (peak - base) * (1 - cos(2 pi t / period)) / 2``, in straight pieces of about ``resolution`` seconds."""
    pieces = max(8, math.ceil(period / resolution))
    wave = [
        (period * n / pieces, base + (peak - base) * (1 - math.cos(2 * math.pi * n / pieces)) / 2)
        for n in range(pieces + 1)
    ]
    return join([(f"cycle-{n + 1}", wave) for n in range(cycles)])


def steps_between(edges: list[float], rates: list[float]) -> list[Point]:
    """A rate that is constant between edges (one more edge than rates) and jumps at them."""
    return [(edge, rate) for (left, right), rate in zip(pairwise(edges), rates, strict=True) for edge in (left, right)]
