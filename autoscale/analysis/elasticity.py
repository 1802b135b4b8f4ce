"""Elasticity of a supply against a demand, with the literature's names and formulas.

Accuracy and timeshare: Herbst et al., BUNGEE (SEAMS 2015) and TOMPECS 2018; instability and jitter: the same and
"Ready for Rain?" (SPEC RG 2016). Series are integrated exactly, over the spans in which both are known.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from autoscale.analysis.steps import StepSeries, aligned

GRID_S = 15.0  # instability depends on its grid; the HPA's period is used, and printed with it


@dataclass(frozen=True, slots=True)
class Elasticity:
    """Accuracies in pods, theta and tau as shares (0..1, theta_o unbounded), minutes in pod-minutes."""

    accuracy_u: float
    accuracy_o: float
    theta_u: float
    theta_o: float
    tau_u: float
    tau_o: float
    demand_min: float
    supply_min: float
    waste_min: float
    shortfall_min: float
    worst_deficit: float
    longest_deficit_s: float
    known_s: float


def elasticity(demand: StepSeries, supply: StepSeries, start: float, end: float) -> Elasticity | None:
    """Every integral in one pass over [start, end); None where demand and supply are never known together."""
    total = under = over = rel_under = rel_over = time_under = time_over = need = have = worst = 0.0
    spell = longest = 0.0
    for length, d, s in aligned(demand, supply, start, end):
        total += length
        need, have = need + d * length, have + s * length
        if s < d:
            under, time_under, rel_under = (
                under + (d - s) * length,
                time_under + length,
                rel_under + (d - s) / d * length,
            )
            worst, spell = max(worst, d - s), spell + length
            longest = max(longest, spell)
        else:
            spell = 0.0
        if s > d:
            over, time_over = over + (s - d) * length, time_over + length
            rel_over += (s - d) / d * length if d > 0 else math.inf
    if total <= 0:
        return None
    return Elasticity(
        accuracy_u=under / total,
        accuracy_o=over / total,
        theta_u=rel_under / total,
        theta_o=rel_over / total,
        tau_u=time_under / total,
        tau_o=time_over / total,
        demand_min=need / 60,
        supply_min=have / 60,
        waste_min=over / 60,
        shortfall_min=under / 60,
        worst_deficit=worst,
        longest_deficit_s=longest,
        known_s=total,
    )


def instability(
    demand: StepSeries, supply: StepSeries, start: float, end: float, step: float = GRID_S
) -> tuple[float, float] | None:
    """(k, k'): shares of grid steps in which supply moves above, and below, demand's trend; their sum is upsilon."""
    count = math.floor((end - start) / step + 1e-9)
    grid = [start + i * step for i in range(count)]
    pairs = [(demand.at(time), supply.at(time)) for time in grid]
    above = below = steps = 0
    for (d0, s0), (d1, s1) in pairwise(pairs):
        if d0 is None or s0 is None or d1 is None or s1 is None:
            continue
        steps += 1
        difference = _sign(s1 - s0) - _sign(d1 - d0)
        above, below = above + (difference > 0), below + (difference < 0)
    return (above / steps, below / steps) if steps else None


def moved(series: StepSeries, start: float, end: float) -> tuple[int, float, int, int]:
    """(changes, pods moved, changes up, changes down) in (start, end)."""
    changes = [(before, after) for time, before, after in series.changes(start, end) if time < end]
    up = sum(after > before for before, after in changes)
    return len(changes), sum(abs(after - before) for before, after in changes), up, len(changes) - up


def jitter(demand: StepSeries, supply: StepSeries, start: float, end: float) -> float | None:
    """Pods moved by supply less pods moved by demand, per minute; below 0 is inertia, above 0 oscillation."""
    if not demand or not supply or end <= start:
        return None
    return (moved(supply, start, end)[1] - moved(demand, start, end)[1]) / ((end - start) / 60)


def speed_up(baseline: Sequence[float], other: Sequence[float], floor: float = 0.001) -> float:
    """Elastic speed-up of (theta_u, theta_o, tau_u, tau_o) against a baseline's: above 1 is better.

    The geometric mean of the four ratios; every value is lifted to ``floor`` first, so that a zero does not decide.
    """
    ratios = [max(b, floor) / max(o, floor) for b, o in zip(baseline, other, strict=True)]
    return math.prod(ratios) ** (1 / len(ratios))


def deviation(values: Sequence[float], p: float = 3) -> float:
    """sigma: the Minkowski distance of (theta_u, theta_o, tau_u, tau_o, upsilon) from the ideal scaler's zeros."""
    return float(sum(value**p for value in values) ** (1 / p))


def reversals(series: StepSeries, start: float, end: float) -> list[float]:
    """The times in (start, end] at which the series changes its direction."""
    found, last = [], 0
    for time, before, after in series.changes(start, end):
        now = _sign(after - before)
        if last and now != last:
            found.append(time)
        last = now
    return found


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
