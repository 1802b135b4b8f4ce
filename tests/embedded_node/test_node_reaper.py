"""Nothing survives the cluster's process, however it ends."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from node_plane import cgroups_of, plane, pod

from autoscale.embedded.kubelet import reaper
from autoscale.embedded.kubelet.orphans import end_orphans
from autoscale.embedded.kubelet.reaper import MARK, end_all, is_alive, marked
from tests.conftest import eventually

ROOT = Path(__file__).resolve().parents[2]
CLUSTER = """
import asyncio, json, signal, sys, time
from node_plane import plane, pod, shell
# A shell that starts the suite in the background hands SIGINT down as ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
async def main():
    async with plane(use_cgroups=json.loads(sys.argv[1])) as made:
        made.create(pod("server"))
        made.create(shell("escaping", "sleep 1000 & setsid sleep 1000 & sleep 1000", "Always"))
        made.create(shell("anonymous", "env -i sleep 1000 & sleep 1000", "Always"))
        await made.until_ready("server")
        await made.until(lambda: len(made.processes()) >= 6)
        print(made.mark, flush=True)
        await asyncio.sleep(1000)
asyncio.run(main())
"""


@contextlib.contextmanager
def cluster(use_cgroups: bool) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A control plane with pods in a process of its own, and its mark."""
    path = f"{ROOT}:{Path(__file__).parent}"
    argv = [sys.executable, "-c", CLUSTER, json.dumps(use_cgroups)]
    process = subprocess.Popen(argv, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def sleepers(mark: str) -> list[int]:
    """Living processes of that cluster, and those of its cgroups."""
    groups = cgroups_of(mark)
    return [pid for pid in {*marked(mark), *(p for g in groups for p in reaper.members(g))} if is_alive(pid)]


@pytest.mark.parametrize("use_cgroups", [True, False])
def test_sigkill_of_the_cluster_leaves_nothing(use_cgroups: bool) -> None:
    """Pods, what they started in sessions of their own, proxy, limiter, reaper and cgroups: all gone."""
    with cluster(use_cgroups) as (process, mark):
        before = sleepers(mark)
        assert len(before) >= 6
        anonymous = [pid for pid in _sessions_of(before) if is_alive(pid)]
        process.send_signal(signal.SIGKILL)
        process.wait()
        eventually(lambda: not sleepers(mark) and not any(map(is_alive, anonymous)))
        eventually(lambda: not cgroups_of(mark))
        eventually(lambda: not _reapers(mark))


@pytest.mark.parametrize("use_cgroups", [True, False])
def test_what_is_left_when_the_reaper_is_killed_too_ends_with_the_next_start(use_cgroups: bool) -> None:
    """A living cluster is left alone; of one that was killed with its reaper every process and cgroup goes."""
    with cluster(use_cgroups) as (process, mark):
        assert mark not in end_orphans(0)
        assert len(sleepers(mark)) >= 6
        process.send_signal(signal.SIGSTOP)  # or it would start another reaper
        for pid in _reapers(mark):
            os.kill(pid, signal.SIGKILL)
        process.kill()
        process.wait()
        # Clusters of other tests start meanwhile: one of them may be the next, and may have taken the dead one's block.
        eventually(lambda: mark in end_orphans(0) or not sleepers(mark))
        eventually(lambda: not sleepers(mark) and not cgroups_of(mark))


def test_a_reaper_that_is_gone_is_started_again() -> None:
    """An event of the node tells, in each namespace that has pods, and the new one stands ready."""

    async def watch() -> None:
        async with plane() as made:
            made.create(pod("server"))
            elsewhere = pod("server")
            made.create({**elsewhere, "metadata": {**elsewhere["metadata"], "namespace": "shop"}})
            await made.until_ready("server")
            before = _reapers(made.mark)
            for pid in before:
                os.kill(pid, signal.SIGKILL)
            await made.until(lambda: bool(made.events("ReaperGone")))
            after = _reapers(made.mark)
            assert len(after) == len(before) == 1
            assert set(after).isdisjoint(before)
            told = [one for one in made.store.objects.list("Event") if one["reason"] == "ReaperGone"]
            assert {one["metadata"]["namespace"] for one in told} == {"default", "shop"}
            assert {one["involvedObject"]["name"] for one in told} == {"embedded"}

    asyncio.run(watch())


def _sessions_of(pids: list[int]) -> list[int]:
    """All processes in the sessions of these, with the mark in their environment or not."""
    sessions = {os.getsid(pid) for pid in pids if is_alive(pid)} - {os.getsid(0)}
    return list(reaper.in_sessions(sessions))


def _reapers(mark: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
            if mark.encode() in words and is_alive(int(entry.name)):
                found.append(int(entry.name))
    return found


def test_ctrl_c_ends_everything_too() -> None:
    """SIGINT ends the loop; the stop that follows leaves nothing."""
    with cluster(True) as (process, mark):
        process.send_signal(signal.SIGINT)
        process.wait()
        eventually(lambda: not sleepers(mark))


def test_the_mark_tells_clusters_apart() -> None:
    """Ending one cluster's processes leaves another's alone."""
    mine, other = f"mine-{os.getpid()}", f"mine-{os.getpid()}-not"
    processes = [subprocess.Popen(["sleep", "100"], env={MARK: mark}) for mark in (mine, other)]
    try:
        eventually(lambda: list(marked(mine)) == [processes[0].pid])
        end_all(mine)
        assert processes[0].wait() == -signal.SIGKILL
        assert is_alive(processes[1].pid)
    finally:
        for process in processes:
            process.kill()
            process.wait()
