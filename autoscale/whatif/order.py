"""Which settings can be told apart: where their bands overlap, the order of their middles says nothing."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from autoscale.whatif.answer import Answer, Band, Outcome

FIGURES: Mapping[str, str] = {"replica_minutes": "pod-minutes", "p95_s": "p95"}


def sign(a: Band, b: Band) -> int | None:
    """-1 where all of ``a`` lies below all of ``b``, 1 where above, 0 where they overlap; None where one is unknown."""
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return None
    return (a.low > b.high) - (a.high < b.low)


def alike(outcomes: Sequence[Outcome], figure: str) -> list[tuple[str, str]] | None:
    """The pairs of settings that a figure of ``FIGURES`` does not tell apart; None where one of them has no band."""
    bands = [(outcome.setting.name, getattr(outcome.figures, figure)) for outcome in outcomes]
    signs = [((a, b), sign(of_a, of_b)) for (a, of_a), (b, of_b) in combinations(bands, 2)]
    return None if any(one is None for _, one in signs) else [pair for pair, one in signs if one == 0]


def comparable(answer: Answer) -> list[Outcome]:
    """The settings under one load: the recorded one is among them where the variants are under the recorded load."""
    variants = list(answer.variants)
    same = all(outcome.setting.load == answer.base.setting.load for outcome in variants)
    return [answer.base, *variants] if same else variants


def notes(answer: Answer) -> Iterator[str]:
    """Of each figure which settings it does not tell apart."""
    outcomes = comparable(answer)
    pairs = len(outcomes) * (len(outcomes) - 1) // 2
    for figure, words in FIGURES.items():
        same = alike(outcomes, figure)
        if same and len(same) == pairs:
            named = "these settings" if pairs > 1 else " and ".join(same[0])
            yield f"By {words}, {named} cannot be told apart: the bands overlap."
        elif same:
            told = "; ".join(" and ".join(pair) for pair in same)
            yield f"By {words} cannot be told apart, as their bands overlap: {told}."
