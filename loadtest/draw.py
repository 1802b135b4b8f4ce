"""Choices made by a request's number: the same for one seed, whichever worker sends it."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

_MASK = (1 << 64) - 1


def uniform(seed: int, n: int, stream: int) -> float:
    """A number in [0, 1) that depends only on the seed, the request's number and the stream of choices."""
    return numbers(seed, stream)(n)


def numbers(seed: int, stream: int) -> Callable[[int], float]:
    """``uniform`` of one seed and stream, as a function of the request's number.

    The mixing steps are SplitMix64's (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
    """
    base = (seed * 0x9E3779B97F4A7C15 + stream * 0x2545F4914F6CDD1D + 0x9E3779B97F4A7C15) & _MASK

    def number(n: int) -> float:
        x = (base + n * 0xD1342543DE82EF95) & _MASK
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
        return ((x ^ (x >> 31)) >> 11) / (1 << 53)

    return number


def shares(weights: Sequence[float]) -> list[float]:
    """Weights as upper edges in (0, 1]."""
    total = sum(weights)
    edges = [edge / total for edge in accumulate(weights)]
    return [*edges[:-1], 1.0]


def pick(edges: Sequence[float], u: float) -> int:
    """The index of the share that ``u`` in [0, 1) falls into."""
    return bisect_right(edges, u)
