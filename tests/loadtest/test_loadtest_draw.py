"""Choices by request number, and the closed model's timetable."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest import closed, draw, units
from loadtest.plan import RatePlan


def test_choices_follow_the_weights_and_the_seed_alone() -> None:
    """Weights 3 to 1 over 20,000 requests are 3/4 to 1/4 within 2 %; the same seed chooses the same."""
    edges = draw.shares([3, 1])
    picks = [draw.pick(edges, draw.uniform(7, n, 0)) for n in range(20_000)]
    assert Counter(picks)[0] / len(picks) == pytest.approx(0.75, abs=0.02)
    assert picks == [draw.pick(edges, draw.uniform(7, n, 0)) for n in range(20_000)]
    assert picks != [draw.pick(edges, draw.uniform(8, n, 0)) for n in range(20_000)]


def test_two_streams_of_choices_do_not_go_together() -> None:
    """Which request it is says nothing about whether its connection is closed."""
    first = [draw.uniform(7, n, 0) < 0.5 for n in range(20_000)]
    second = [draw.uniform(7, n, 1) < 0.5 for n in range(20_000)]
    both = sum(a and b for a, b in zip(first, second, strict=True)) / len(first)
    assert both == pytest.approx(0.25, abs=0.02)


@given(st.integers(), st.integers(min_value=0), st.integers(min_value=0, max_value=9))
def test_a_choice_is_always_one_of_the_shares(seed: int, n: int, stream: int) -> None:
    """Any seed, any number: within [0, 1), and so within the list."""
    u = draw.uniform(seed, n, stream)
    assert 0 <= u < 1
    assert draw.pick(draw.shares([0.1, 0.2, 0.3]), u) in (0, 1, 2)


def test_a_user_keeps_a_timetable_that_does_not_slip() -> None:
    """User 0 asks at 0, 2, 4 ...; a second user is there only while the plan has room, and asks at other times."""
    users = RatePlan(((0, 1), (10, 1), (10, 2), (20, 2)))
    assert list(closed.timetable(users, 0, 2)) == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]
    second = list(closed.timetable(users, 1, 2))
    assert len(second) == 5
    assert all(10 < at < 20 for at in second)
    assert list(closed.timetable(users, 2, 2)) == []


def test_a_ramp_of_users_lets_them_come_and_go_one_by_one() -> None:
    """0 to 4 users in 4 s and back: user j is there from second j to second 8 - j."""
    users = RatePlan(((0, 0), (4, 4), (8, 0)))
    assert [closed.presence(users, j) for j in range(4)] == [[(j, 8 - j)] for j in range(4)]


@given(st.floats(min_value=1, max_value=50), st.floats(min_value=0.5, max_value=5))
def test_users_together_ask_at_the_planned_rate(users: float, pacing: float) -> None:
    """Over 100 s, n users send n * 100 / pacing requests, give or take one each."""
    plan = RatePlan(((0, users), (100, users)))
    present = range(int(-(-users // 1)))
    asked = sum(len(list(closed.timetable(plan, j, pacing))) for j in present)
    assert abs(asked - len(present) * 100 / pacing) <= len(present)


@pytest.mark.parametrize(
    ("text", "value"), [("30s", 30), ("1m30s", 90), ("250ms", 0.25), (5, 5), ("5", 5), ("1h", 3600), ("0.5", 0.5)]
)
def test_durations_are_read_as_people_write_them(text: object, value: float) -> None:
    """Units may be joined; a bare number is seconds."""
    assert units.seconds(text) == value


@pytest.mark.parametrize("text", ["", "soon", "5 s", "1m 30s", "-1s", True, None, "1x"])
def test_what_is_no_duration_is_refused(text: object) -> None:
    """Blanks, signs, unknown units, truth values."""
    with pytest.raises(ValueError):
        units.seconds(text)


@pytest.mark.parametrize("value", [0, 0.25, 1, 59, 60, 61, 3599.5, 3600, 86399])
def test_a_spoken_duration_reads_back(value: float) -> None:
    """`spoken` is the inverse of `seconds`."""
    assert units.seconds(units.spoken(value)) == value
