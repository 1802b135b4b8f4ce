"""The engine against closed forms, against itself compiled, and what it never may do."""

import math
import random
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscale.whatif import engine, fast
from autoscale.whatif.engine import Limits
from autoscale.whatif.traffic import Ended, Traffic

COST = 0.02
COSTS = {
    "exponential": tuple(-math.log(1 - (i + 0.5) / 1000) * COST for i in range(1000)),
    "constant": (COST,) * 10,
    "one in ten is long": (*(COST / 2,) * 9, COST * 5.5),
}
needs_compiler = pytest.mark.skipif(
    not fast.available(), reason="numba is not installed: pip install 'autoscale-loadtest[whatif]'"
)


def poisson(rate: float, n: int, seed: int = 5) -> list[float]:
    draw, at, found = random.Random(seed), 0.0, []
    for _ in range(n):
        at += draw.expovariate(rate)
        found.append(at)
    return found


def run(
    arrivals: list[float],
    *,
    cost: tuple[float, ...],
    wait: float = 0.0,
    slots: int = 256,
    width: float = 1.0,
    limit: float = math.inf,
    pods: int = 1,
    timeout: float = 1e9,
    compiled: bool = fast.available(),
    until: float = 1e9,
    connections: int = 1,
    close_share: float = 1.0,
    cores: float = 1e9,
    seed: int = 7,
) -> tuple[list[Ended], Traffic]:
    """So many ready pods under some arrivals."""
    limits = Limits(slots, width, cores, timeout, 10**9, connections, close_share, cost, (wait,) * len(cost))
    traffic = Traffic(limits, pods, seed, len(arrivals), compiled)
    for _ in range(pods):
        traffic.open(traffic.place(0.0, limit, 0.5), ready=True)
    traffic.advance(fast.array(arrivals) if compiled else arrivals, 0, until)
    return traffic.ended(), traffic


def mean_time(ended: list[Ended]) -> float:
    return fmean(one.at - one.intended for one in ended)


@pytest.mark.parametrize("costs", sorted(COSTS))
@pytest.mark.parametrize("load", [0.3, 0.6, 0.8])
def test_one_pod_is_processor_sharing(costs: str, load: float) -> None:
    """The mean time of M/G/1-PS is cost / (1 - load), whatever the distribution of the cost."""
    ended, _ = run(poisson(load / COST, 12000), cost=COSTS[costs])
    assert mean_time(ended) == pytest.approx(COST / (1 - load), rel=0.12)


def test_time_is_in_proportion_to_the_work() -> None:
    """In M/G/1-PS a request ten times as long takes ten times as long: the slowdown is the same for all."""
    ended, _ = run(poisson(0.6 / COST, 20000), cost=(COST / 2, COST * 1.5))
    quick = [one.at - one.intended for one in ended]
    least, most = COST / 2, COST * 1.5
    assert fmean(quick) == pytest.approx((least + most) / 2 / (1 - 0.6), rel=0.1)


def test_one_thread_is_a_queue() -> None:
    """With one slot a pod is M/M/1: the mean time is cost / (1 - load), as a queue in order."""
    ended, _ = run(poisson(0.6 / COST, 20000), cost=COSTS["constant"], slots=1)
    waiting = 0.6 / (2 * (1 - 0.6)) * COST  # Pollaczek and Khinchine for constant work
    assert mean_time(ended) == pytest.approx(COST + waiting, rel=0.08)
    assert [one.intended for one in ended] == sorted(one.intended for one in ended)


def test_pods_share_connections_by_chance() -> None:
    """Each request over a new connection: n pods are n independent M/G/1-PS, not one M/M/n."""
    ended, _ = run(poisson(4 * 0.6 / COST, 20000), cost=COSTS["exponential"], pods=4)
    assert mean_time(ended) == pytest.approx(COST / 0.4, rel=0.12)


@pytest.mark.parametrize("limit", [0.2, 0.5])
def test_a_limit_is_a_quota_for_each_period(limit: float) -> None:
    """A long computation alone gets its quota in each 100 ms and then stands still: 1 s of CPU takes 1 / limit s."""
    ended, traffic = run([0.0], cost=(1.0,), limit=limit)
    assert ended[0].at == pytest.approx(1 / limit, abs=2 * engine.PERIOD_S)
    assert traffic.cpu_s(0, ended[0].at) == pytest.approx(1.0)


def test_a_short_request_does_not_feel_the_limit() -> None:
    """10 ms of CPU under a limit of half a core take 10 ms, not 20: the quota lets them run at full speed."""
    ended, _ = run([1.0, 2.0, 3.0], cost=(0.01,), limit=0.5)
    assert [one.at - one.intended for one in ended] == pytest.approx([0.01] * 3)


def test_two_requests_of_a_pod_share_its_width() -> None:
    """Two at once on one core take twice as long, on two cores they do not."""
    assert [one.at for one in run([0.0, 0.0], cost=(0.02,))[0]] == pytest.approx([0.04, 0.04])
    assert [one.at for one in run([0.0, 0.0], cost=(0.02,), width=2.0)[0]] == pytest.approx([0.02, 0.02])


def test_pods_share_the_node() -> None:
    """Four busy pods on two cores get half a core each."""
    ended, _ = run([0.0] * 4, cost=(0.1,), pods=4, cores=2.0, seed=1, connections=4)
    assert max(one.at for one in ended) == pytest.approx(0.2, rel=0.01)


def test_waiting_holds_the_slot_and_no_cpu() -> None:
    """With one slot and 90 ms of waiting, two requests end one after the other, and use 10 ms of CPU each."""
    ended, traffic = run([0.0, 0.0], cost=(0.01,), wait=0.09, slots=1)
    assert [one.at for one in ended] == pytest.approx([0.1, 0.2])
    assert traffic.cpu_s(0, 1.0) == pytest.approx(0.02)


def test_what_takes_too_long_has_failed_and_is_worked_on_all_the_same() -> None:
    """A client that gives up counts a time-out then and there; the pod's CPU is spent."""
    ended, traffic = run([0.0], cost=(1.0,), timeout=0.3)
    assert [(one.how, one.at) for one in ended] == [(engine.TIMEOUT, pytest.approx(0.3))]
    assert traffic.cpu_s(0, 1e9) == pytest.approx(1.0)
    assert traffic.in_flight == 0


def test_kept_connections_stay_with_their_pods() -> None:
    """A pod that comes later gets nothing over connections that are kept, and its share over new ones."""
    shares = []
    for close_share in (0.0, 1.0):
        limits = Limits(8, 1.0, 1e9, 1e9, 10**9, 10, close_share, (0.001,), (0.0,))
        traffic = Traffic(limits, 2, 3, 2000, compiled=fast.available())
        traffic.open(traffic.place(0.0, math.inf, 0.5), ready=True)
        arrivals = [i * 0.01 for i in range(2000)]
        given = fast.array(arrivals) if traffic.compiled else arrivals
        first = traffic.advance(given, 0, 10.0)
        traffic.open(traffic.place(10.0, math.inf, 0.5), ready=True)
        traffic.advance(given, first, 1e9)
        shares.append(sum(one.pod == 1 for one in traffic.ended()) / 1000)
    assert shares[0] == 0
    assert shares[1] == pytest.approx(0.5, abs=0.06)


def test_without_a_ready_pod_requests_are_refused() -> None:
    """Nobody takes new connections: every request fails at once."""
    limits = Limits(8, 1.0, 1e9, 1e9, 10**9, 10, 0.1, (0.001,), (0.0,))
    traffic = Traffic(limits, 1, 3, 10, compiled=fast.available())
    traffic.advance(fast.array([1.0, 2.0]) if traffic.compiled else [1.0, 2.0], 0, 1e9)
    assert [one.how for one in traffic.ended()] == [engine.REFUSED] * 2


@given(
    rate=st.floats(1, 200),
    limit=st.sampled_from([0.1, 0.5, math.inf]),
    slots=st.integers(1, 8),
    timeout=st.sampled_from([0.05, 1.0]),
    until=st.floats(0.1, 5.0),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_nothing_is_lost(rate: float, limit: float, slots: int, timeout: float, until: float, seed: int) -> None:
    """At any time, requests that were due = ended + in flight, and CPU spent is at most what the limit allows."""
    arrivals = poisson(rate, 300, seed)
    ended, traffic = run(
        arrivals,
        cost=COSTS["one in ten is long"],
        limit=limit,
        slots=slots,
        timeout=timeout,
        until=until,
        pods=2,
        connections=5,
        close_share=0.2,
        seed=seed,
    )
    assert len(ended) + traffic.in_flight == sum(at <= until for at in arrivals)
    assert all(one.at >= one.begun >= one.intended for one in ended)
    for pod in range(2):
        assert traffic.cpu_s(pod, until) <= limit * (until + 2 * engine.PERIOD_S) + 1e-6


@needs_compiler
@given(
    rate=st.floats(5, 300),
    limit=st.sampled_from([0.3, math.inf]),
    slots=st.integers(1, 8),
    cores=st.sampled_from([0.7, 9.0]),
    timeout=st.sampled_from([0.1, 5.0]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=40, deadline=None)
def test_compiled_is_the_same(rate: float, limit: float, slots: int, cores: float, timeout: float, seed: int) -> None:
    """The compiled loop gives every request the same end as the plain one."""
    both = [
        run(
            poisson(rate, 400, seed), cost=COSTS["exponential"], wait=0.003, limit=limit, slots=slots, timeout=timeout,
            pods=3, connections=6, close_share=0.3, cores=cores, seed=seed, compiled=compiled,
        )[0]
        for compiled in (False, True)
    ]  # fmt: skip
    assert both[0] == both[1]
