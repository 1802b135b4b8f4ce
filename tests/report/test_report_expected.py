"""What a model expects of patches, in a report's words and in the order of its advice."""

from dataclasses import replace
from pathlib import Path

import pytest

from autoscale.report import Account, gather
from autoscale.report.answers.four import answers
from autoscale.report.expected import Effect, Expected, Range

FIXTURE = Path(__file__).parents[1] / "fixtures" / "maxed-out.jsonl.gz"
QUICKER = Effect(Range(0.12, 0.09, 0.14), Range(1.9, 1.8, 2.0), Range(0.4, 0.3, 0.6), Range(-1.5, -1.6, -1.3))
ALIKE = Effect(Range(0.0, -0.01, 0.01), Range(1.9, 1.8, 2.0), Range(1.9, 1.7, 2.1), Range(0.0, -0.1, 0.1))
UNSURE = Effect(Range(-0.1, -0.2, -0.05))


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        (QUICKER, "p95 of the worst stage 1.9 s -> 400 ms (300 ms to 600 ms), 12 % (9 % to 14 %) more pod-minutes"),
        (
            ALIKE,
            "no difference that the model can see (p95 of the worst stage 1.9 s (1.7 s to 2.1 s), as many pod-minutes)",
        ),
        (UNSURE, "10 % (5 % to 20 %) fewer pod-minutes; what it does to latency this run cannot tell"),
        (
            replace(UNSURE, each_m=400),
            "10 % (5 % to 20 %) fewer pod-minutes of pods that ask for 400m; what it does to "
            "latency this run cannot tell",
        ),
        (
            Effect(Range(0.01, -0.02, 0.03)),
            "1 % (-2 % to 3 %) more pod-minutes; what it does to latency this run cannot tell",
        ),
    ],
)
def test_an_effect_in_words(effect: Effect, words: str) -> None:
    """Before and after with its band, and the price; what is not known or makes no difference is said to be so."""
    assert effect.words == words


@pytest.fixture(scope="module")
def account() -> Account:
    """A run with two findings that are no notes."""
    found = gather(FIXTURE)
    first = found.findings[0]
    return replace(found, findings=(first, replace(first, id="F5", title="The second")))


def test_advice_that_helps_comes_first(account: Account) -> None:
    """The rules' order stands until the model tells the effects apart."""
    first, second = account.findings
    told = replace(account, expected=Expected({first.id: ALIKE, second.id: QUICKER}))
    assert answers(account)[3].headline == first.title
    assert answers(told)[3].headline == second.title
    assert QUICKER.words in answers(told)[3].details[0]


def test_what_is_not_known_stands_before_what_does_not_help(account: Account) -> None:
    """Near miss: an effect on latency that is unknown is no effect of nothing."""
    first, second = account.findings
    told = replace(account, expected=Expected({first.id: UNSURE, second.id: ALIKE}))
    assert answers(told)[3].headline == first.title
    turned = replace(account, expected=Expected({first.id: ALIKE, second.id: UNSURE}))
    assert answers(turned)[3].headline == second.title
