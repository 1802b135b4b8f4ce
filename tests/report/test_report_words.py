"""How figures are told: rounded to what is known of them."""

import pytest

from autoscale.findings.results import Evidence
from autoscale.report.answers.answer import Answer
from autoscale.report.words import evidence, measured


@pytest.mark.parametrize(
    ("seconds", "error", "told"),
    [
        (0.0055, 0.157, "<0.2 s"),
        (0.0, 1.003, "<1 s"),
        (1.385, 0.387, "1.4 s ± 0.4 s"),
        (8.152, 1.0, "8 s ± 1 s"),
        (72.4, 1.0, "1 min 12 s ± 1 s"),
        (600.0, 12.0, "10 min ± 20 s"),
        (0.081, 0.003, "81 ms ± 3 ms"),
        (4.482, 0.0, "4.48 s"),
        (4.482, None, "4.48 s"),
        (None, 1.0, "unknown"),
    ],
)
def test_a_duration_is_rounded_to_its_error(seconds: float | None, error: float | None, told: str) -> None:
    """No digit is shown that is not known; what is smaller than its error is only known to be so."""
    assert measured(seconds, error) == told


@pytest.mark.parametrize(
    ("detail", "ends"),
    [("is its target right?", "right?"), ("raise maxReplicas", "maxReplicas."), ("raise it.", "it."), ("", "change.")],
)
def test_an_answer_in_one_line_ends_once(detail: str, ends: str) -> None:
    """A question keeps its mark, and no sentence has two."""
    short = Answer("What?", "change", "plain", (detail,) if detail else ()).short
    assert short.endswith(ends)
    assert not short.endswith(("?.", ".."))


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (Evidence("pods needed", 7.0, "pods"), "pods needed: 7 pods"),
        (Evidence("worst 30 s", 0.982, "share"), "worst 30 s: 98.2 %"),
        (Evidence("time under ScaleUpLimit", 93.4, "s"), "time under ScaleUpLimit: 1 min 33 s"),
        (Evidence("growth 2 to 4"), "growth 2 to 4"),
    ],
)
def test_a_fact_is_told_with_its_figure(fact: Evidence, told: str) -> None:
    """What a finding rests on; a fact without a figure stands alone."""
    assert evidence(fact) == told
