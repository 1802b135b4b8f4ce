"""Traces: three forms of CSV, exact counts, and every mistake with its line."""

from pathlib import Path

import pytest

from loadtest import scenario, traces
from loadtest.errors import ScenarioError
from loadtest.plan import RatePlan


def test_counts_per_bin_keep_their_counts() -> None:
    """Dated bins of a minute: the rate is constant within each and its integral is the bin's count."""
    lines = ["minute,requests", "1998-06-30 00:00:00,120", "1998-06-30 00:01:00,60", "1998-06-30 00:02:00,0"]
    plan = RatePlan(tuple(traces.parse(lines, "day.csv")))
    assert plan.duration_s == 180
    assert [plan.integral(t) for t in (60, 120, 180)] == pytest.approx([120, 180, 180])


def test_seconds_and_rates_are_joined_by_straight_lines() -> None:
    """`0,10` and `10,20`: 150 requests, 15/s in the middle; the trace may begin at any second."""
    plan = RatePlan(tuple(traces.parse(["4,10", "14,20"], "rate.csv")))
    assert plan.total == 150
    assert plan.rate(5) == 15


def test_limbo_lines_name_the_middle_of_their_interval() -> None:
    """`0.5,10` and `1.5,20` are a second at 10/s and a second at 20/s."""
    points = traces.parse(["0.5,10", "1.5,20"], "limbo.csv")
    assert points == [(0, 10), (1, 10), (1, 20), (2, 20)]


def test_the_form_can_be_given_where_it_cannot_be_seen() -> None:
    """`0,10` and `60,20` are rates unless they are said to be counts."""
    assert traces.parse(["0,60", "60,120"], "x.csv", "count") == [(0, 1), (60, 1), (60, 2), (120, 2)]
    assert traces.parse(["0,60", "60,120"], "x.csv") == [(0, 60), (60, 120)]


def test_a_heading_is_skipped_whatever_it_says_and_a_bad_first_line_is_not(tmp_path: Path) -> None:
    """`p95_t,rate_1m` is a heading, also behind a byte order mark; `x1,10` is a mistake."""
    (tmp_path / "t.csv").write_text("\ufeffp95_t,rate_1m\n0,10\n4,20\n", encoding="utf-8")
    assert traces.read(tmp_path / "t.csv") == [(0, 10), (4, 20)]
    with pytest.raises(ScenarioError, match="line 1"):
        traces.parse(["x1,10", "4,20"], "bad.csv")


def test_every_bad_line_is_named_at_once() -> None:
    """Three mistakes, three problems, each with its line; the good lines are not named."""
    with pytest.raises(ScenarioError) as caught:
        traces.parse(["0,10", "ten,10", "2,-1", "3", "4,10"], "bad.csv")
    assert [problem.where for problem in caught.value.problems] == [f"bad.csv: line {n}" for n in (2, 3, 4)]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["5,1", "4,1"], "times in order"),
        (["1998-06-30 00:00:00,1", "60,1"], "one kind of time"),
        (["0,1"], "at least 2"),
        ([], "at least 2"),
        (["1998-06-30 00:00,1", "1998-06-30 00:01,1", "1998-06-30 00:03,1"], "60 s apart"),
        (["7,1", "7,1"], "times in order"),
        (["time;value;x", "0;1;2"], "2: a time and a number"),
        (["0,nan", "1,1"], "finite"),
    ],
)
def test_a_trace_that_cannot_be_used_says_why(lines: list[str], text: str) -> None:
    """Order, kinds of time, emptiness, gaps between bins, columns."""
    with pytest.raises(ScenarioError) as caught:
        traces.parse(lines, "bad.csv")
    assert text in str(caught.value)


def test_a_long_list_of_mistakes_is_cut() -> None:
    """A file that is foreign below its first lines does not fill the screen."""
    with pytest.raises(ScenarioError) as caught:
        traces.parse(["0,1", *(f"x{n},1" for n in range(100))], "bad.csv")
    assert len(caught.value.problems) == traces.SHOWN + 1
    assert "80 more mistakes" in str(caught.value)


def test_a_cut_begins_and_ends_between_samples() -> None:
    """Cutting 10 s at second 5 out of a slope keeps the slope; a jump at the cut is taken on the inner side."""
    assert traces.cut([(0, 0), (20, 20)], 5, 10) == [(0, 5), (10, 15)]
    stairs = [(0, 1), (10, 1), (10, 2), (20, 2)]
    assert traces.cut(stairs, 10, None) == [(0, 2), (10, 2)]
    assert traces.cut(stairs, 0, 10) == [(0, 1), (10, 1)]


def test_a_missing_or_binary_trace_is_one_readable_error(tmp_path: Path) -> None:
    """Neither ends in a traceback."""
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    for name in ("absent.csv", "binary.csv"):
        with pytest.raises(ScenarioError, match="Cannot read the trace"):
            traces.read(tmp_path / name)


def test_the_world_cup_day_sums_to_what_its_source_says() -> None:
    """30 June 1998: 75.2 million requests, the busiest day of the trace, and 1440 minutes."""
    plan = RatePlan(tuple(traces.read(scenario.BUILT_IN / "worldcup98-1998-06-30.csv")))
    assert plan.duration_s == 86400
    assert plan.total == pytest.approx(75.2e6, rel=0.01)
