"""Offsets from Date headers of whole seconds."""

import math

from hypothesis import given
from hypothesis import strategies as st

from autoscale.cluster.clock import Bound, narrow, next_moment

offsets = st.floats(-100, 100, allow_nan=False)
trips = st.floats(0.001, 0.2)


def ask(bound: Bound, now: float, offset: float, trip: float) -> tuple[Bound, float]:
    """One exchange at the moment that the bound asks for, with a server ``offset`` ahead that answers halfway."""
    sent = next_moment(bound, now)
    return narrow(bound, sent, sent + trip, float(math.floor(sent + trip / 2 + offset))), sent + trip


@given(offsets, st.lists(trips, min_size=1, max_size=12), st.floats(0, 1))
def test_the_true_offset_lies_within_the_bound(offset: float, delays: list[float], begin: float) -> None:
    """Whatever the round trips: after every answer the server's real offset is within ``error_s`` of ``offset_s``."""
    bound, now = Bound(), 1000.0 + begin
    for trip in delays:
        bound, now = ask(bound, now, offset, trip)
        assert abs(offset - bound.offset_s) <= bound.error_s + 1e-6


@given(offsets, trips, st.floats(0, 1))
def test_nine_answers_find_the_offset_to_about_a_round_trip(offset: float, trip: float, begin: float) -> None:
    """Asking as the server's second turns halves the bound each time, down to the round trip."""
    bound, now = Bound(), 1000.0 + begin
    for _ in range(9):
        bound, now = ask(bound, now, offset, trip)
    assert bound.error_s <= trip + 0.01


def test_a_clock_that_was_set_is_measured_anew() -> None:
    """An answer that contradicts those before says that a clock was set: only the new one counts."""
    bound = narrow(Bound(), 100.0, 100.1, 100.0)
    after = narrow(bound, 102.0, 102.1, 110.0)
    assert 7.8 < after.offset_s < 9.1
