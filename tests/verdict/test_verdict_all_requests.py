"""Latency objectives judge all requests: one that failed or was never sent is not faster than any bound."""

from pathlib import Path

import pytest

from autoscale.analysis import analyse
from autoscale.base.errors import InputError
from autoscale.objectives import parse
from autoscale.objectives.reach import check_reach
from autoscale.record.reader import read
from autoscale.verdict.judging import judge
from tests.fixtures.handmade import Record

OVERLOAD = Path(__file__).parents[1] / "fixtures" / "told" / "overload2.jsonl.gz"


def some_failing(failed: int, objective: str) -> Record:
    record = Record(points=[[0, 10], [20, 10]]).mark("load-start", 0).mark("load-end", 20)
    return record.steady(0, 20, 100 - failed, ms=20, failed={"timeout": failed} if failed else None)


@pytest.mark.parametrize("objective", ["p95 < 1s", "service_p95 < 1s", "p50 < 1s", "p95 < 800ms during flood"])
def test_the_survivors_of_an_overload_do_not_pass(objective: str) -> None:
    """82 % of the requests timed out after 0.9 s; the 860 ms of the others are no pass."""
    judgement = judge(analyse(read(OVERLOAD)), [objective]).judgements[0]
    assert judgement.outcome == "fail"
    assert judgement.value is None
    assert judgement.value_text == "not answered"
    assert "failed or were never sent" in judgement.reason


def test_a_percentile_below_the_share_that_failed_is_the_answered_ones() -> None:
    """16.7 % of the first stage fail by design (the mix has wrong paths): its p80 is a figure, its p90 is none."""
    found = judge(analyse(read(OVERLOAD)), ["p80 < 1s during before", "p90 < 1s during before"]).judgements
    assert [one.outcome for one in found] == ["pass", "fail"]


@pytest.mark.parametrize(("failed", "outcome"), [(0, "pass"), (5, "pass"), (6, "fail")])
def test_the_edge_is_the_percentile_s_own(failed: int, outcome: str) -> None:
    """Five of a hundred may fail under a p95, six may not."""
    objective = "p95 < 300ms"
    verdict = judge(analyse(some_failing(failed, objective).rows()), [objective])
    assert verdict.judgements[0].outcome == outcome


@pytest.mark.parametrize(
    ("ms", "words"), [(20, "alone it is 20 ms"), (4540, "alone it is 4.5"), (1000, "alone it is 1.01 s")]
)
def test_what_the_answered_ones_took_is_told_in_a_unit_that_reads(ms: float, words: str) -> None:
    """Seconds are no thousands of milliseconds with an exponent."""
    record = Record(points=[[0, 10], [20, 10]]).mark("load-start", 0).mark("load-end", 20)
    found = judge(analyse(record.steady(0, 20, 40, ms=ms, failed={"timeout": 60}).rows()), ["p95 < 10s"])
    assert words in found.judgements[0].reason
    assert "e+" not in found.judgements[0].reason


def test_dropped_requests_count_like_failed_ones() -> None:
    """A request that was due and never sent was not fast."""
    record = Record(points=[[0, 10], [20, 10]]).mark("load-start", 0).mark("load-end", 20)
    record.steady(0, 20, 90, dropped=10)
    found = judge(analyse(record.rows()), ["p95 < 1s"]).judgements[0]
    assert found.value_text == "not answered"


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("errors < 5", "`errors < 5%`?"),
        ("dropped < 1", "`dropped < 1%`?"),
        ("bad <= 500%", "`bad < 1%`?"),
        ("cpu < 90", "`cpu < 90%`?"),
        ("overshoot < 50", "`overshoot < 50%`?"),
    ],
)
def test_a_share_of_more_than_everything_is_refused(text: str, fix: str) -> None:
    """``errors < 5`` would be 500 %, which always holds."""
    with pytest.raises(InputError) as caught:
        parse([text], [])
    assert fix in str(caught.value)


@pytest.mark.parametrize("text", ["errors < 0.05", "errors < 5%", "errors < 100%", "overshoot < 1.5", "cpu < 150%"])
def test_shares_that_can_be_are_taken(text: str) -> None:
    """Near misses: a real share, and measures that may be more than the whole."""
    assert len(parse([text], [])) == 1


def test_a_bound_above_the_time_out_is_refused() -> None:
    """No answer can be slower than the time-out: such an objective could not be broken."""
    requests = [{"timeout": 0.9}, {"timeout": 2.0}]
    with pytest.raises(InputError, match="p95 < 3s"):
        check_reach(parse(["p95 < 3s", "p99 < 2s"], []), requests)
    check_reach(parse(["p95 < 2s", "reaction < 60s"], []), requests)
