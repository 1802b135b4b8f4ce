"""CPU and memory limits: cgroups of both versions, and stop-and-continue where there are none."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autoscale.embedded.kubelet import cgroups
from autoscale.embedded.kubelet.cgroups import Cgroups, Group, Limits
from autoscale.embedded.kubelet.invocation import limits_of
from autoscale.embedded.kubelet.limiter import Limited, Limiter, LimiterHandle, cpu_time_s
from autoscale.embedded.kubelet.procfs import session_cpu_s, session_memory_b
from autoscale.embedded.kubelet.reaper import is_alive
from autoscale.embedded.settings import Image
from tests.conftest import eventually, need

BUSY = [sys.executable, "-S", "-c", "while True: pass"]
USED_S = 0.3  # of CPU time: as long as it takes, however busy the machine is
TICK_S = 0.03  # the kernel counts in ticks


@pytest.fixture
def claimed() -> Iterator[Cgroups]:
    """Cgroups of this test."""
    found = cgroups.claim(f"autoscale-test-{os.getpid()}-{time.monotonic_ns()}", 1.0)
    need(
        found is not None, "cgroups that this process may write are needed: run as root, or delegate the cpu controller"
    )
    assert found is not None
    yield found
    found.remove()
    assert not any(folder.exists() for folder in found.folders)


@contextlib.contextmanager
def busy(group: Group | None = None) -> Iterator[int]:
    """A process in a session of its own that would use a whole core."""
    process = subprocess.Popen(BUSY, start_new_session=True)
    try:
        for path in group.join if group else ():
            Path(path).write_text(str(process.pid))
        yield process.pid
    finally:
        process.kill()
        process.wait()


def test_a_limit_holds_and_its_use_is_counted(claimed: Cgroups) -> None:
    """A busy process with 200m uses no more than a fifth of a core and is throttled; without a limit it is not."""
    group = claimed.group("c", Limits(cpu_m=200))
    with busy(group) as pid:
        outer, first = cpu_time_s(pid), group.usage()
        assert first is not None
        share = _share(pid)
        assert share < 0.26
        inner, counted = cpu_time_s(pid), group.usage()
        assert counted is not None
        assert USED_S - TICK_S <= inner - outer <= counted.cpu_s - first.cpu_s + TICK_S
        assert counted.cpu_s - first.cpu_s <= cpu_time_s(pid) - outer + TICK_S
        assert counted.throttled or share < 0.15  # a busy machine may give it less than its limit
        group.limit(Limits())
        before = group.usage()
        _share(pid)
        after = group.usage()
        assert before is not None
        assert after is not None
        assert (after.throttled or 0) <= (before.throttled or 0) + 1
    asyncio.run(group.end())


def _share(pid: int, moment: Callable[[], object] = lambda: None) -> float:
    """The share of a core that a process uses between two such moments, with some CPU time used in between."""
    moment()
    since, before = time.monotonic(), cpu_time_s(pid)
    eventually(lambda: cpu_time_s(pid) - before >= USED_S)
    moment()
    used = cpu_time_s(pid) - before
    return used / (time.monotonic() - since)


def _let_go(pid: int) -> None:
    """Wait until it was held for what it had used, and runs again: what it then has used is within its limit."""
    eventually(lambda: _stopped(pid), every_s=0.001)
    eventually(lambda: not _stopped(pid), every_s=0.001)


def _stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def test_memory_beyond_the_limit_is_an_oom_kill(claimed: Cgroups) -> None:
    """The kernel kills the process, and the group says why."""
    need("memory" in claimed.roots, "the memory controller is needed")
    group = claimed.group("m", Limits(memory_b=30 * 2**20))
    assert group.oom_kills() == 0
    code = f"import os; open({group.join[-1]!r}, 'w').write('0'); x = bytearray(200 * 2**20)"
    for path in group.join[:-1]:
        code = f"open({path!r}, 'w').write('0'); {code}"
    assert subprocess.run([sys.executable, "-S", "-c", code], check=False).returncode == -9
    assert group.oom_kills() == 1
    asyncio.run(group.end())


def test_claimed_groups_can_be_entered(claimed: Cgroups) -> None:
    """A trial process gets in; into a group whose files are gone it does not."""
    assert cgroups.usable(claimed)
    assert not cgroups.usable(Cgroups(dict.fromkeys(claimed.roots, Path("/sys/fs/cgroup/none")), claimed.version))


def test_a_group_ends_with_what_is_in_it(claimed: Cgroups) -> None:
    """What runs in the group is killed, and the group is gone."""
    group = claimed.group("e", Limits())
    process = subprocess.Popen(["sleep", "100"], start_new_session=True)
    for path in group.join:
        Path(path).write_text(str(process.pid))
    asyncio.run(group.end())
    assert not is_alive(process.pid)
    process.wait()
    assert not any(folder.exists() for folder in group.folders.values())


def test_cgroups_v2_files_are_written_as_the_kernel_reads_them(tmp_path: Path) -> None:
    """Quota and period, weight from shares, memory; use from cpu.stat and memory.current."""
    for name in ("cpu.max", "cpu.weight", "memory.max"):
        (tmp_path / name).touch()
    (tmp_path / "cpu.stat").write_text("usage_usec 1500000\nuser_usec 1\nnr_throttled 4\n")
    (tmp_path / "memory.current").write_text("5000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 2000\n")
    (tmp_path / "memory.events").write_text("oom 1\noom_kill 1\n")
    group = Group({"cpu": tmp_path, "memory": tmp_path}, 2)
    group.limit(Limits(500, 2**20, 1024))
    assert (tmp_path / "cpu.max").read_text() == "50000 100000"
    assert (tmp_path / "cpu.weight").read_text() == "39"
    assert (tmp_path / "memory.max").read_text() == "1048576"
    assert group.usage() == cgroups.Usage(1.5, 3000, 4)
    assert group.oom_kills() == 1
    group.limit(Limits())
    assert (tmp_path / "cpu.max").read_text() == "max 100000"


@pytest.mark.parametrize(
    ("limits", "wanted"),
    [
        ({"cpu": "0", "memory": "0"}, (None, None)),
        ({}, (None, None)),
        ({"cpu": "1m", "memory": "1"}, (1, 1)),
    ],
)
def test_a_limit_of_nothing_is_none(limits: dict[str, str], wanted: tuple[int | None, int | None]) -> None:
    """As the kubelet reads it; the smallest there is, is one."""
    found = limits_of({"resources": {"limits": limits}}, Image(path="/bin"))
    assert (found.cpu_m, found.memory_b) == wanted


def test_cgroups_v2_are_claimed_where_cpu_is_delegated(tmp_path: Path) -> None:
    """The nearest group above that gives the cpu controller to its children; without one, None."""
    mount, proc = tmp_path / "cgroup", tmp_path / "proc"
    scope = mount / "user.slice" / "app.scope"
    scope.mkdir(parents=True)
    (mount / "cgroup.controllers").write_text("cpu memory")
    (proc / "self").mkdir(parents=True)
    (proc / "self" / "cgroup").write_text("0::/user.slice/app.scope\n")
    (scope / "cgroup.subtree_control").write_text("")
    (scope.parent / "cgroup.subtree_control").write_text("memory")
    assert cgroups.claim("mine", 1.0, mount, proc) is None
    (scope.parent / "cgroup.subtree_control").write_text("cpu memory pids")
    found = cgroups.claim("mine", 1.0, mount, proc)
    assert found is not None
    assert found.folders == [scope.parent / "mine"]
    assert (scope.parent / "mine" / "cgroup.subtree_control").read_text() == "+cpu +memory"


def test_without_cgroups_a_limit_holds_too() -> None:
    """Stop-and-continue keeps a busy process below 200m, and lets it run for good when asked."""
    limiter = LimiterHandle()
    try:
        with busy() as pid:
            limiter.limit(pid, 200)
            assert _share(pid, lambda: _let_go(pid)) < 0.28
            low, session = cpu_time_s(pid), session_cpu_s(pid)
            assert low - TICK_S <= session <= cpu_time_s(pid) + TICK_S
            assert session_memory_b(pid) > 0
            limiter.limit(pid, 0)
            eventually(lambda: not _stopped(pid))
            before = cpu_time_s(pid)
            while cpu_time_s(pid) - before < USED_S:
                assert not _stopped(pid)
    finally:
        limiter.stop()


def test_the_end_of_the_limiter_leaves_nothing_stopped() -> None:
    """A process that is held when the limiter ends runs on."""
    limiter = LimiterHandle()
    with busy() as pid:
        limiter.limit(pid, 10)
        eventually(lambda: _stopped(pid), every_s=0.001)
        limiter.stop()
        before = cpu_time_s(pid)
        eventually(lambda: not _stopped(pid) and cpu_time_s(pid) > before)


def test_what_was_used_before_a_limit_is_no_debt() -> None:
    """A restarted limiter, or a limit that comes later, begins at now; a process found later counts from its start."""
    limiter = Limiter()
    with busy() as old, busy() as new:
        eventually(lambda: min(cpu_time_s(old), cpu_time_s(new)) > 0.3)
        limiter.command(f"{old} 200")
        held = limiter.limited[old]
        assert held.members == [old]
        held.look()
        assert held.budget_s > -0.15
        held.members.append(new)
        held.look()
        assert held.budget_s < -0.25


def test_a_debt_is_paid_before_the_group_runs_on() -> None:
    """A debt of 10 ms is paid by one quota of 20 ms, one of 50 ms by three; unused quota is lost."""
    for debt_s, refills in ((0.01, 1), (0.05, 3)):
        held = Limited(session=-1, share=0.2, budget_s=-debt_s, stopped=True)
        for number in range(refills):
            assert held.stopped, number
            held.refill()
        assert not held.stopped
        held.refill(100)
        assert held.budget_s == pytest.approx(0.02)
