"""How busy the machine of an embedded cluster was stands beside the verdict, and changes none."""

import queue
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.analysis import Analysis, analyse
from autoscale.base.steady import SteadyClock
from autoscale.observe.fold import Measured
from autoscale.observe.machine import Times, busy, times, watched
from autoscale.observe.sources import Inbox
from autoscale.report.answers.belief import believe
from autoscale.report.gather import Account
from autoscale.verdict.checks.machine import machine
from autoscale.verdict.judging import judge
from tests.fixtures.handmade import Record


def seen(full: int, of: int = 20) -> Analysis:
    """A load of 100 s, of which so many spans of 5 s had no idle CPU."""
    record = Record([[0, 20], [100, 20]], objectives=("p95 < 300ms",)).mark("load-start", 0).mark("load-end", 100)
    record.steady(0, 100, 20).scale(-1, 2).hpa(-1, 2, 50)
    for i in range(of):
        record.add("machine", 5 * (i + 1), busy=0.96 if i < full else 0.5, over_s=5.0)
    return analyse(record.rows())


def headline_of(analysis: Analysis) -> str:
    """The answer to the first question."""
    return believe(Account(Path("run"), analysis, judge(analysis), ())).headline


@pytest.mark.parametrize(("full", "headline"), [(4, "Yes"), (5, "Yes, of a busy machine")])
def test_a_busy_machine_is_told(full: int, headline: str) -> None:
    """More than a fifth of the load without an idle CPU is told first of all; the verdict is the same either way."""
    analysis = seen(full)
    assert headline_of(analysis) == headline
    assert judge(analysis).validity.outcome == "valid"
    assert machine(analysis).value == pytest.approx(full / 20)


def test_a_machine_that_nobody_saw_is_unknown() -> None:
    """On a real cluster, and in older records, nothing is said of it."""
    check = machine(seen(0, of=0))
    assert (check.value, check.effect) == (None, "none")
    assert headline_of(seen(0, of=0)) == "Yes"


def test_the_share_is_of_the_time_between() -> None:
    """As Linux has it: idle and waiting for a disk is not busy, taken by another virtual machine is."""
    before = times("cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
    assert before == Times(idle=850, total=1000)
    assert busy(before, times("cpu  130 0 60 820 60 0 0 30 0 0\n")) == pytest.approx(0.7)
    assert busy(before, before) is None
    with pytest.raises(ValueError, match="no line of all CPUs"):
        times("MemTotal: 1 kB\n")


@given(*[st.tuples(st.integers(0, 10**9), st.integers(0, 10**9))] * 2)
def test_a_share_is_a_share(before: tuple[int, int], after: tuple[int, int]) -> None:
    """Whatever counters do, a share lies between 0 and 1, or is unknown."""
    found = busy(*(Times(idle=idle, total=idle + used) for idle, used in (before, after)))
    assert found is None or 0 <= found <= 1


def test_rows_come_as_long_as_it_is_watched(tmp_path: Path) -> None:
    """The machine at hand is read each period; a system that does not tell gives no row and no error."""
    inbox: Inbox = queue.SimpleQueue()
    with watched(inbox, SteadyClock(), period_s=0.05):
        row = inbox.get(timeout=60)
    assert isinstance(row, Measured)
    assert 0 <= row.row["busy"] <= 1
    nothing: Inbox = queue.SimpleQueue()
    with watched(nothing, SteadyClock(), tmp_path / "stat", period_s=0.05):
        pass
    assert nothing.empty()
