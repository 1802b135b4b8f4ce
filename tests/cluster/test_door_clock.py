"""Offsets from Date headers of whole seconds."""

import math
import queue
import time
from functools import partial
from pathlib import Path

import pytest
from fake_api import serving
from hypothesis import given
from hypothesis import strategies as st

from autoscale.base.errors import ClusterError
from autoscale.cluster.client import connect
from autoscale.cluster.clock import Bound, measure, narrow, next_moment, server_time
from autoscale.cluster.proxy import date_of, pod_fetch
from autoscale.observe import sources
from autoscale.observe.fold import ClockRead

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


def test_the_servers_time_is_in_its_answers(tmp_path: Path) -> None:
    """Any answer tells it, to the second; here both clocks are one."""
    with serving(tmp_path) as (_, kubeconfig, _port), connect("fake", kubeconfig) as cluster:
        before = time.time()
        told = server_time(cluster)
    assert before - 1 <= told <= time.time()


def test_an_error_of_the_api_server_is_not_the_clock_of_a_pod(tmp_path: Path) -> None:
    """A page that cannot be reached is answered for by the API server, with its own date: that tells nothing."""
    with serving(tmp_path) as (_, kubeconfig, _port), connect("fake", kubeconfig) as cluster:
        fetch = pod_fetch(cluster, "shop", "absent", 8089)
        assert "date" in fetch("GET", "/stats/requests", {}, None)[1]
        with pytest.raises(ClusterError, match="404"):
            date_of(fetch, "/stats/requests")


def test_a_clock_that_does_not_answer_yet_is_asked_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three refusals cost three short pauses, not the minute between two measurements."""
    monkeypatch.setattr(sources, "CLOCK_RETRY_S", 0.01)
    monkeypatch.setattr(sources, "measure", partial(measure, samples=1))
    asked: list[float] = []

    def ask() -> str:
        asked.append(time.time())
        if len(asked) <= 3:
            raise ClusterError("the page does not listen yet")
        return "Mon, 23 Nov 2026 06:00:00 GMT"

    inbox: sources.Inbox = queue.SimpleQueue()
    with sources.timing("master", ask, inbox, same_machine=False):
        seen = inbox.get(timeout=30)
    assert isinstance(seen, ClockRead)
    assert len(asked) == 4
