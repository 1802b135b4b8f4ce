"""Work as a request states it."""

import random
import statistics
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import work
from app.work import Work, burn, parse, spread_out


def test_a_query_becomes_work() -> None:
    """Every parameter finds its place, and what is not asked costs nothing."""
    query = {"cpu_ms": ["10"], "wait_ms": ["2.5"], "bytes": ["100"], "spread": ["0.5"], "seed": ["7"]}
    assert parse(query) == (Work(10, 2.5, 100, 0.5, 7), [])
    assert parse({}) == (Work(), [])


@pytest.mark.parametrize(
    ("name", "at_most"),
    [("cpu_ms", "2000"), ("wait_ms", "10000"), ("bytes", "1048576"), ("spread", "2"), ("seed", "2147483647")],
)
def test_bounds_are_inclusive(name: str, at_most: str) -> None:
    """The largest value passes, the next one does not: no request can take a pod down."""
    assert parse({name: [at_most]})[1] == []
    [problem] = parse({name: [str(int(at_most) + 1)]})[1]
    assert problem["where"] == name
    assert problem["wanted"].endswith(at_most)


@pytest.mark.parametrize("text", ["", "x", "-1", "nan", "inf", "1e400", "0x10"])
@pytest.mark.parametrize("name", ["cpu_ms", "bytes"])
def test_what_is_no_number_is_refused(name: str, text: str) -> None:
    """Words, negative, infinite and not-a-number values are mistakes, not zero."""
    assert [problem["where"] for problem in parse({name: [text]})[1]] == [name]


def test_all_mistakes_come_at_once() -> None:
    """An unknown parameter, a doubled one and a half byte are told together."""
    problems = parse({"cpu": ["1"], "cpu_ms": ["1", "2"], "bytes": ["1.5"]})[1]
    assert [(problem["where"], problem["found"]) for problem in problems] == [
        ("cpu", "an unknown parameter"),
        ("cpu_ms", "2 values"),
        ("bytes", "1.5"),
    ]


@given(st.floats(0.05, 2), st.integers(0, 1000))
def test_spread_stays_in_bounds_and_repeats(spread: float, seed: int) -> None:
    """However wide the spread, the bounds hold, and the same seed gives the same work again."""
    asked = Work(cpu_ms=1500, wait_ms=8000, bytes=5, spread=spread)
    drawn = spread_out(asked, random.Random(seed))
    assert drawn == spread_out(asked, random.Random(seed))
    assert 0 < drawn.cpu_ms <= work.CPU_MS_MAX
    assert 0 < drawn.wait_ms <= work.WAIT_MS_MAX
    assert drawn.bytes == 5


def test_spread_keeps_the_mean() -> None:
    """Over many requests the mean is what was asked, and the coefficient of variation is the spread."""
    generator = random.Random(1)
    costs = [spread_out(Work(cpu_ms=10, spread=0.5), generator).cpu_ms for _ in range(20_000)]
    assert statistics.mean(costs) == pytest.approx(10, rel=0.02)
    assert statistics.stdev(costs) / statistics.mean(costs) == pytest.approx(0.5, rel=0.05)


def test_no_spread_draws_nothing() -> None:
    """Without a spread the work is exactly what was asked, and the sequence of draws does not move on."""
    generator = random.Random(1)
    before = generator.getstate()
    assert spread_out(Work(cpu_ms=10), generator) == Work(cpu_ms=10)
    assert generator.getstate() == before


def test_burning_ends_when_the_clock_says_so() -> None:
    """The burn is counted on the clock it is given: ten ms of it, however many ticks that takes."""
    ticks = iter([0.0] + [n / 1000 for n in range(1, 100)])
    assert burn(10, clock=lambda: next(ticks)) >= 10
    assert next(ticks) == pytest.approx(0.012)


def test_burning_costs_cpu_time_and_not_wall_time() -> None:
    """Four threads burning at once each use the CPU time they were asked for, whatever the wall clock shows."""
    used: list[float] = []

    def one() -> None:
        before = time.thread_time()
        burn(20)
        used.append((time.thread_time() - before) * 1000)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(used) == 4
    assert all(20 <= ms < 30 for ms in used), used
