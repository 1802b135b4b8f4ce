"""Objectives about the requests of one name."""

from pathlib import Path
from typing import Any

import pytest

from autoscale.analysis import analyse
from autoscale.base.errors import InputError
from autoscale.objectives import parse
from autoscale.objectives.reach import check_reach
from autoscale.report.formats import html, markdown
from autoscale.report.gather import Account
from autoscale.verdict.judging import judge
from loadtest.histogram import bucket
from tests.fixtures.handmade import Record


def _share(answered: int, ms: float, failed: dict[str, int] | None = None, **more: Any) -> dict[str, Any]:
    return {"answered": answered, "failed": failed or {}, "response": {"0": {str(bucket(ms / 1000)): answered}}, **more}


def _record(cart: dict[str, Any], **second: Any) -> Record:
    """Two names for a minute: 9/s of ``browse`` at 20 ms, 1/s of ``POST /cart``."""
    record = Record([[0, 10], [60, 10]], stages={"only": (0, 60)}).mark("load-start", 0).mark("load-end", 60)
    return record.steady(0, 60, 9, by_name={"browse": _share(9, 20, dropped=0), "POST /cart": cart}, **second)


@pytest.mark.parametrize(("text", "outcome"), [
    ("p95 of browse < 50ms", "pass"), ("p95 < 50ms", "fail"), ('p95 of "POST /cart" < 50ms', "fail"),
    ("errors of browse < 0.1%", "pass"), ('errors of "POST /cart" < 99%', "fail"),
    ("throughput of browse > 8/s during only", "pass"), ("throughput of browse > 9.5/s", "fail"),
    ("p95 of pay < 50ms", "unknown"),
])  # fmt: skip
def test_each_name_is_judged_by_its_own(text: str, outcome: str) -> None:
    """A name that always fails breaks its own objectives and the whole's, not its neighbour's; one that was never
    sent is unknown."""
    found = analyse(_record(_share(0, 20, {"status 500": 1}, dropped=0), failed={"status 500": 1}).rows())
    (one,) = judge(found, [text]).judgements
    assert one.outcome == outcome, one.reason


def test_dropped_requests_are_slower_than_any_bound_of_their_name() -> None:
    """Where rows say of which name a dropped request was, that name's percentile is not met; where they do not, as in
    older records, nobody knows."""
    for more, outcome in (({"dropped": 1}, "fail"), ({}, "unknown"), ({"dropped": 0}, "pass")):
        found = analyse(_record(_share(1, 20, **more), dropped=more.get("dropped", 1)).rows())
        (one,) = judge(found, ['p95 of "POST /cart" < 50ms']).judgements
        assert one.reason.startswith("the load generator") or one.outcome == outcome, one.reason


def test_an_objective_of_a_name_is_no_measure_of_the_whole() -> None:
    """It bounds how late requests may be sent, but does not say which of all requests are good."""
    texts = ("p95 of browse < 100ms",)
    record = Record([[0, 1], [9, 1]], objectives=texts).mark("load-start", 0).mark("load-end", 9).steady(0, 9, 1)
    found = analyse(record.rows())
    assert found.objective is None
    (lag,) = (check for check in judge(found).validity.checks if check.name == "lag")
    assert lag.bound == pytest.approx(0.01)


def test_a_scenario_of_one_name_is_that_name() -> None:
    """Its rows do not repeat the name; objectives may speak of it."""
    record = Record([[0, 1], [9, 1]]).mark("load-start", 0).mark("load-end", 9).steady(0, 9, 1)
    record.header["scenario"]["requests"] = [{"name": "work"}]
    found = analyse(record.rows())
    assert judge(found, ["p95 of work < 50ms", "errors of work < 1%"]).outcome == "pass"
    assert [one.name for one in found.names] == ["work"]


def test_a_name_that_the_scenario_does_not_have_is_refused() -> None:
    """Before any load, with a suggestion."""
    with pytest.raises(InputError, match=r"Did you mean `checkout`"):
        check_reach(parse(["p95 of chekout < 1s"], []), [{"name": "checkout", "timeout": 5}])
    check_reach(parse(["p95 of checkout < 1s"], []), [{"name": "checkout", "timeout": 5}])


def test_the_report_shows_each_name() -> None:
    """Counts, percentiles and causes of each, on the page and in Markdown."""
    found = analyse(_record(_share(0, 20, {"status 500": 1}, dropped=0), failed={"status 500": 1}).rows())
    account = Account(Path("run"), found, judge(found), ())
    page, text = html.render(account), markdown.render(account)
    assert "By name" in page
    assert "POST /cart" in page
    assert "status 500: 60" in page
    assert "| POST /cart | 0 | 60 |" in text
