"""Change told apart from noise, on a handful of runs a side."""

import random
from collections.abc import Sequence
from itertools import combinations
from math import comb
from statistics import median

LEAST_RUNS = 3  # fewer runs a side say nothing about noise
RESAMPLES = 2000
CONFIDENCE = 0.95
_EXACT = 20_000


def bootstrap(base: Sequence[float], new: Sequence[float], seed: int = 1) -> tuple[float, float]:
    """The 95 % interval of median(new) - median(base), by resampling the runs of each side (percentile bootstrap)."""
    draw = random.Random(seed)
    found = sorted(
        median(draw.choices(new, k=len(new))) - median(draw.choices(base, k=len(base))) for _ in range(RESAMPLES)
    )
    cut = int(RESAMPLES * (1 - CONFIDENCE) / 2)
    return found[cut], found[-cut - 1]


def rank_test(base: Sequence[float], new: Sequence[float], seed: int = 1) -> float:
    """The two-sided p-value of the Mann-Whitney rank test, by permutation: exact where that is feasible."""
    values = [*base, *new]
    ranks = _ranks(values)
    size, centre = len(new), len(new) * (len(values) + 1) / 2
    seen = abs(sum(ranks[len(base) :]) - centre) - 1e-9
    if comb(len(values), size) <= _EXACT:
        sums = [sum(chosen) for chosen in combinations(ranks, size)]
        return sum(abs(total - centre) >= seen for total in sums) / len(sums)
    draw = random.Random(seed)
    hits = sum(abs(sum(draw.sample(ranks, size)) - centre) >= seen for _ in range(RESAMPLES))
    return (hits + 1) / (RESAMPLES + 1)


def _ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1, equal values sharing their mean."""
    order = sorted(values)
    return [(2 * order.index(value) + order.count(value) + 1) / 2 for value in values]
