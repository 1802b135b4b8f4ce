"""The page and the picture say what was measured, good or bad."""

import re
from dataclasses import replace
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from tests.fidelity.measured import PLATFORMS, Curve, Figures, Platform, Run
from tests.fidelity.page import difference, page, spread
from tests.fidelity.picture import line, svg

READY: Curve = [(0.0, 2.0), (40.0, 4.0), (130.0, 2.0)]
RATE: Curve = [(0.0, 6.0), (20.0, 30.0), (150.0, 6.0)]
FIGURES = Figures(150.0, 7.0, 20.0, 0.1, 4.0, 0.0, 0.001, 15.0, RATE, READY, READY)


def made(platform: Platform, repetition: int = 1, outcome: str = "valid", **changed: float) -> Run:
    """A run with figures, some of them changed."""
    why = "" if outcome == "valid" else "99 % of requests were sent within 80 ms"
    at, versions = f"2026-01-0{repetition}T10:0{repetition}:00+00:00", {"cluster": "v1"}
    figures = replace(FIGURES, **changed)  # type: ignore[arg-type]
    return Run(platform, "step", repetition, at, 2, 0.5, outcome, why, versions, figures)  # type: ignore[arg-type]


def row(text: str, name: str) -> str:
    """The first line of a table that begins with a name."""
    return next(line for line in text.splitlines() if line.startswith(f"| {name} |"))


def test_medians_and_their_difference() -> None:
    """A scenario's table shows the median of each cluster, and embedded less real."""
    runs = [made("embedded", replica_minutes=8.0), made("local", 1), made("local", 2, replica_minutes=7.5)]
    text = page(runs)
    assert row(text, "embedded") == "| embedded | 1 of 1 | 8.00 | 20.0 | 100 | 15.0 |"
    assert (
        row(text, "real")
        == "| real | 2 of 2 | 7.25 (7.00 to 7.50) | 20.0 (20.0 to 20.0) | 100 (100 to 100) | 15.0 (15.0 to 15.0) |"
    )
    assert "+0.75 (+10%)" in row(text, "difference")


def test_an_invalid_run_is_shown_and_not_counted() -> None:
    """An invalid run stands in the list with its reason, and its figures are in no median."""
    text = page([made("embedded"), made("local", 1), made("local", 2, "invalid", replica_minutes=99.0)])
    assert row(text, "real").startswith("| real | 1 of 2 | 7.00 |")
    assert "| invalid | 4 | 99.00 |" in text
    assert "- 10:02 invalid: 99 % of requests were sent within 80 ms." in text
    assert "2 of 3 runs are valid" in text


def test_nothing_valid_is_unknown() -> None:
    """Where no run of a side is valid, its figures and the difference are unknown, not 0."""
    text = page([made("embedded"), made("local", outcome="invalid")])
    assert row(text, "real") == "| real | 0 of 1 | unknown | unknown | unknown | unknown |"
    assert row(text, "difference") == "| difference | | unknown | unknown | unknown | unknown |"


def test_decisions_that_differ_are_counted_and_quoted() -> None:
    """Decisions are counted by outcome and cluster, over all runs; a run that was not retraced adds no zero to them."""
    told = Figures(retraced={"agrees": 7, "differs": 1}, differing=["2 to 4: the rule says 3"])
    runs = [replace(made("embedded"), figures=told), replace(made("embedded", 2), figures=told), made("local")]
    text = page(runs).partition("## The HPA's decisions")[2]
    assert row(text, "embedded") == "| embedded | 2 | 14 | 2 | 0 |"
    assert row(text, "real") == "| real | 0 | unknown | unknown | unknown |"
    assert text.count(": 2 to 4: the rule says 3") == 2


def test_pairs_are_compared_over_all_scenarios() -> None:
    """Each pair gives one difference; a run whose partner is not valid gives none, and a mean level cancels out."""
    runs = [
        made(platform, n, replica_minutes=n + (0.5 if platform == "embedded" else 0.0))
        for n in (1, 2, 3)
        for platform in PLATFORMS
    ]
    alone = [made("embedded", 4, replica_minutes=99.0), made("local", 4, "invalid")]
    told = page([*runs, *alone]).partition("### step")[0]
    assert "| pair by pair | 3 | +0.50, 95 %: +0.50 to +0.50 | +0.0, 95 %: +0.0 to +0.0 |" in told
    assert "| pair by pair | 0 | unknown | unknown | unknown | unknown |" in page(alone)


def test_what_invalid_runs_would_say_stands_apart() -> None:
    """Where runs are invalid the difference with them has a line of its own; where all are valid there is none."""
    text = page([made("embedded", replica_minutes=8.0), made("local", outcome="invalid")])
    assert "| difference, all runs | | +1.00 (+14%) | +0.0 (+0%) | +0 (+0%) | +0.0 (+0%) |" in text
    assert "| difference, all runs |" not in page([made("embedded"), made("local")])


def test_before_the_first_measurement() -> None:
    """Without runs the page says that there are none, and the picture is empty and whole."""
    assert "Nothing has been measured yet." in page([])
    ElementTree.fromstring(svg([]))


def test_an_interval_needs_three_runs_a_side() -> None:
    """Two runs a side say nothing of the noise; from three on the interval is there, and holds the difference."""
    assert difference([3.0, 4.0], [1.0, 2.0, 3.0], 1) == "+1.5 (+75%)"
    assert difference([4.0, 4.0, 4.0], [2.0, 2.0, 2.0], 1) == "+2.0 (+100%), 95 %: +2.0 to +2.0"


@given(st.lists(st.floats(0.1, 1e3), min_size=1, max_size=6), st.lists(st.floats(0.1, 1e3), min_size=1, max_size=6))
def test_a_difference_has_a_sign_and_turns_with_its_sides(embedded: list[float], real: list[float]) -> None:
    """Swapping the sides swaps the sign of the difference."""
    one, other = (float(difference(*sides, 3).split()[0]) for sides in ((embedded, real), (real, embedded)))
    assert one == -other


def test_the_spread_of_one_value_is_the_value() -> None:
    """One value has no range; none is unknown."""
    assert (spread([2.5], 1), spread([], 1)) == ("2.5", "unknown")


def test_every_run_is_a_line_and_an_invalid_one_is_dashed() -> None:
    """The picture is well-formed and has a line for each run, dashed exactly where the run is not valid."""
    failed = replace(made("local", 3, "failed"), figures=Figures())
    picture = svg([made("embedded"), made("local"), made("local", 2, "invalid"), failed])
    ElementTree.fromstring(picture)
    lines = [text for text in re.findall(r'<path class="run"[^>]*>', picture) if "H" in text]
    assert [("stroke-dasharray" in text) for text in lines] == [False, False, True]


def test_a_line_breaks_off_where_nothing_was_seen() -> None:
    """A span in which the value is unknown is a hole in the line; a change is an unbroken step."""
    assert line([(0.0, 1.0), (5.0, 2.0)], 10.0, 1.0, 1.0, 0.0).count("M") == 1
    assert line([(0.0, 1.0), (5.0, None), (7.0, 1.0)], 10.0, 1.0, 1.0, 0.0).count("M") == 2
    assert line([], 10.0, 1.0, 1.0, 0.0) == ""
