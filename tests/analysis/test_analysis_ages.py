"""Young pods' answers are held beside those that older pods gave at the same time."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from autoscale.analysis.intake.ages import BIN_S, SideBySide

ROWS = st.lists(st.tuples(st.integers(0, 300), st.booleans(), st.dictionaries(st.integers(0, 40), st.integers(1, 9))))


@given(ROWS)
def test_only_spans_in_which_both_answered_count(rows: list[tuple[int, bool, dict[int, int]]]) -> None:
    """Each side is the sum over those spans, as if all had been kept, whoever of a span told first."""
    seen, spans = SideBySide(), dict[int, tuple[Counter[int], Counter[int]]]()
    for at, young, buckets in sorted(rows, key=lambda row: row[0] // BIN_S):
        seen.add(at, list(buckets), buckets.values(), young=young)
        spans.setdefault(round(at / BIN_S), (Counter(), Counter()))[not young].update(buckets)
    both = [span for span in spans.values() if all(span)]
    expected = tuple(sum((span[i] for span in both), Counter()) for i in range(2))
    assert seen.sums() == expected
    assert seen.sums() == expected


def test_little_waits_however_long_the_run() -> None:
    """What older pods answered is not kept for a young one that never comes."""
    seen = SideBySide()
    for second in range(0, 100_000, BIN_S):
        seen.add(second, [3], [1], young=False)
    assert len(seen.waiting) < 20
    assert not seen.old
