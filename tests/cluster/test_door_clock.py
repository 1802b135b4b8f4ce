"""Offsets from Date headers of whole seconds."""

import math
import queue
import time
from collections.abc import Sequence
from email.utils import formatdate
from pathlib import Path

import pytest
from fake_api import serving
from hypothesis import given
from hypothesis import strategies as st

from autoscale.base.errors import ClusterError, InputError
from autoscale.base.steady import SteadyClock
from autoscale.cluster.answers import Answer
from autoscale.cluster.client import connect
from autoscale.cluster.clock import SAMPLES, Bound, Meter, narrow, next_moment, server_time
from autoscale.cluster.proxy import date_of, pod_fetch
from autoscale.observe import sources
from autoscale.observe.fold import ClockRead
from autoscale.observe.lateness import Pulse, Silence

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


STEPS_UP = (
    "/../../../../../../../api/v1/secrets",
    "/a/../../x",
    "/%2e%2e/%2E./x",
    "/..%2f..%2fx",
    "/..",
    "/./x",
    "/a\\..\\x",
    "/..;x/y",
)


@pytest.mark.parametrize("path", STEPS_UP)
def test_no_path_leads_out_of_a_pod(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may ask a pod's page may not ask the API server with our credentials; nothing is sent there."""
    asked: list[str] = []
    with serving(tmp_path) as (_, kubeconfig, _port), connect("fake", kubeconfig) as cluster:
        monkeypatch.setattr(cluster, "call", lambda _, path, **__: asked.append(path) or Answer(200, {}, b""))
        fetch = pod_fetch(cluster, "shop", "web", 8089)
        with pytest.raises(InputError, match="no path of a pod's page"):
            fetch("DELETE", path, {}, None)
        fetch("GET", "/a..b/...?x=/../..", {}, None)
    assert asked == ["/api/v1/namespaces/shop/pods/web%3A8089/proxy/a..b/...?x=/../.."]


class OtherClock:
    """A clock ``ahead`` of ours that answers halfway through a trip of 10 ms, asked when a meter wants it."""

    def __init__(self, meter: Meter, ahead: float) -> None:
        self.meter, self.ahead, self.now = meter, ahead, 1000.3

    def ask(self, times: int) -> list[Bound]:
        """Ask as often; what the meter had to tell."""
        told = []
        for _ in range(times):
            sent = self.now = self.meter.next(self.now, 1.0)
            self.now += 0.01
            told.append(self.meter.take(sent, self.now, float(math.floor(sent + 0.005 + self.ahead))))
        return [bound for bound in told if bound is not None]


@given(offsets)
def test_a_clock_is_measured_once_and_then_left_alone(ahead: float) -> None:
    """Nine answers give one offset, within its error; those of the next half minute nothing new."""
    other = OtherClock(Meter(), ahead)
    (bound,) = other.ask(SAMPLES)
    assert abs(bound.offset_s - ahead) <= bound.error_s + 1e-6
    assert other.ask(30) == []


@given(st.floats(-0.99, 0.99), st.sampled_from([-3600.0, -5.0, -2.0, 2.0, 5.0, 3600.0]))
def test_a_clock_that_is_set_is_told_at_once_and_measured_anew(ahead: float, step: float) -> None:
    """The first answer after it tells the new offset to a second, the ninth to the round trip."""
    other = OtherClock(Meter(), ahead)
    other.ask(SAMPLES + 5)
    other.ahead += step
    (coarse,) = other.ask(1)
    (fine,) = other.ask(SAMPLES - 1)
    assert abs(coarse.offset_s - ahead - step) <= coarse.error_s + 1e-6 <= 0.6
    assert abs(fine.offset_s - ahead - step) <= fine.error_s + 1e-6 <= 0.05


def test_the_clock_of_the_same_machine_is_ours_until_an_answer_says_otherwise() -> None:
    """It is asked and never doubted, however the seconds fall; a step of 5 s is seen all the same."""
    other = OtherClock(Meter(exact=True), 0.0)
    assert other.ask(120) == []
    other.ahead = -5.0
    assert [round(bound.offset_s) for bound in other.ask(SAMPLES)] == [-5, -5]


@given(st.lists(st.floats(-4000, 4000, allow_nan=False), max_size=8), st.floats(0, 10))
def test_the_observers_clock_goes_on_whatever_is_done_to_the_machines(steps: list[float], passed: float) -> None:
    """It tells what has passed and no more; how far the machine's was set is told beside it."""
    wall, monotonic = 1000.0, 50.0
    clock = SteadyClock(lambda: wall, lambda: monotonic)
    for step in steps:
        before = clock()
        wall, monotonic = wall + passed + step, monotonic + passed
        assert clock() - before == pytest.approx(passed)
    assert clock() == pytest.approx(1000.0 + passed * len(steps))
    assert clock.ahead() == pytest.approx(sum(steps))


def test_a_clock_that_does_not_answer_yet_is_asked_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three refusals cost three short pauses, not the minute between two measurements."""
    monkeypatch.setattr(sources, "CLOCK_RETRY_S", 0.01)
    monkeypatch.setattr("autoscale.cluster.clock.SAMPLES", 1)
    asked: list[float] = []

    def ask() -> str:
        asked.append(time.time())
        if len(asked) <= 3:
            raise ClusterError("the page does not listen yet")
        return "Mon, 23 Nov 2026 06:00:00 GMT"

    inbox: sources.Inbox = queue.SimpleQueue()
    with sources.timing("master", ask, inbox, SteadyClock(), same_machine=False):
        seen = inbox.get(timeout=30)
    assert isinstance(seen, ClockRead)
    assert len(asked) == 4


def test_a_server_that_did_not_answer_in_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the last that was heard of it to its answer, among answers in time that tell nothing."""
    monkeypatch.setattr(sources, "BEAT_S", 0.1)
    monkeypatch.setattr("autoscale.observe.lateness.BEAT_S", 0.1)
    ours, slow = [100.0], iter([False, False, True])

    def tick() -> float:
        ours[0] += 0.2
        return ours[0]

    def ask() -> str:
        ours[0] += 6.0 if next(slow, False) else 0.1
        return formatdate(ours[0], usegmt=True)

    inbox: sources.Inbox = queue.SimpleQueue()
    clock = SteadyClock(lambda: 100.0, tick)
    with sources.timing("api", ask, inbox, clock, same_machine=True, heard=lambda: 0.0):
        found = next(item for item in iter(lambda: inbox.get(timeout=30), None) if isinstance(item, Silence))
    assert found.source == "api"
    assert 6.0 <= found.until - found.since <= 7.0


def pulse(*steps: tuple[str, float], heard: Sequence[float] = ()) -> list[tuple[float, float]]:
    """The silences that a pulse tells of ``answered`` and ``beats`` at these times; others are heard at ``heard``."""
    now, told = [0.0], []
    one = Pulse("api", lambda: max((at for at in heard if at <= now[0]), default=0.0), 0.0)
    for what, at in steps:
        now[0] = at
        if found := one.over(at):
            told.append((found.since, found.until))
        if what == "beats":
            one.beats(at)
        else:
            one.answered(at)
    found = one.over(math.inf)
    return told + ([(found.since, found.until)] if found else [])


def test_a_silence_is_from_the_last_word_to_the_next() -> None:
    """Longer than two seconds, and no sooner; what was heard on any connection is a word."""
    assert pulse(("answered", 1.0), ("answered", 5.0)) == [(1.0, 5.0)]
    assert pulse(("answered", 1.0), ("answered", 3.0)) == []
    assert pulse(("beats", 3.5), ("answered", 5.0), heard=[3.0]) == []
    assert pulse(("beats", 2.5), ("answered", 9.0), heard=[2.0]) == [(2.0, 9.0)]


def test_an_answer_that_is_late_alone_is_no_silence() -> None:
    """What another connection brought meanwhile was heard in time; what came with the answer was not."""
    assert pulse(("answered", 1.0), ("answered", 9.0), heard=[4.0]) == []
    assert pulse(("answered", 1.0), ("answered", 9.0), heard=[8.9]) == [(1.0, 9.0)]
