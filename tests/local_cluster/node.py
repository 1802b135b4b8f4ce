"""The node: one process that holds the PID, mount and network namespaces in which everything else runs.

It is process 1 in there. When it ends, the kernel ends every process of the namespace and drops its mounts and
network with it: stopping is one kill, and nothing can stay behind, however the cluster came to its end.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoscale.base.errors import ClusterError

# Ignored SIGCHLD: the kernel reaps the orphans (containerd's shims) that process 1 inherits.
_HOLD = """
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print("held", flush=True)
while True:
    signal.pause()
"""
# Written by CNI, kubelet and containerd at fixed places: hidden behind memory file systems of the namespace.
PRIVATE = ("/run", "/var/lib/cni", "/var/lib/kubelet", "/var/log/containers")


@dataclass(frozen=True)
class Node:
    """The namespaces' process 1: its id on the host, and its start in clock ticks, which tells it from a reused id."""

    pid: int
    started: int

    def alive(self) -> bool:
        """Whether it is still that very process."""
        return start_ticks(self.pid) == self.started

    def inside(self, command: Sequence[str]) -> list[str]:
        """The command line that runs ``command`` inside the namespaces.

        Not ``ip netns exec``: that mounts /sys anew, and the kubelet finds no cgroups.
        """
        return ["nsenter", "--target", str(self.pid), "--mount", "--net", "--pid", "--", *command]

    def spawn(self, command: Sequence[str], log: Path) -> int:
        """Start a component in the background; returns the id on the host of the ``nsenter`` that waits for it."""
        return spawn(self.inside(command), log)

    def kill(self) -> None:
        """End everything inside and wait until it is gone."""
        if self.alive():
            os.kill(self.pid, signal.SIGKILL)
        wait_until(lambda: not self.alive(), 30, f"process {self.pid} does not end")


def start_ticks(pid: int) -> int | None:
    """When a process began, in clock ticks since boot; None when it is no more (or a zombie). See proc(5)."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state == "Z" else int(fields[18])


def create(log: Path) -> Node:
    """Make the namespaces and the process that holds them. Raises ClusterError."""
    for place in PRIVATE:
        Path(place).mkdir(parents=True, exist_ok=True)
    unshare = ["unshare", "--fork", "--kill-child", "--pid", "--mount", "--net", "--mount-proc", "--propagation"]
    parent = spawn([*unshare, "private", sys.executable, "-S", "-c", _HOLD], log)
    wait_until(lambda: start_ticks(parent) is None or "held" in log.read_text(), 10, "no namespaces", f"read {log}")
    if not (held := children(parent)):
        raise ClusterError(
            f"the namespaces could not be made: {log.read_text().strip()}",
            fix="run as root on a machine that allows unshare(1)",
        )
    return Node(held[0], start_ticks(held[0]) or 0)


def hide_fixed_places(node: Node) -> None:
    """Mount an empty memory file system, seen by the node alone, over every place that its programs take for granted.

    Raises ClusterError.
    """
    mounts = "; ".join(f"mount -t tmpfs tmpfs {place}" for place in PRIVATE)
    done = subprocess.run(node.inside(["sh", "-ec", mounts]), capture_output=True, text=True)
    if done.returncode:
        raise ClusterError(f"mounting in the node failed: {done.stderr.strip()}", fix="root that may mount is needed")


def spawn(command: Sequence[str], log: Path) -> int:
    """Start a process that outlives this one, in a session of its own, its output appended to ``log``; its id."""
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), append, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawnp(command[0], list(command), os.environ, file_actions=streams, setsid=True)


def children(pid: int) -> list[int]:
    """The processes that a process started and that still run; none when it is no more."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def succeeds(command: Sequence[str]) -> bool:
    """Whether a command ends well."""
    return subprocess.run(command, capture_output=True).returncode == 0


def wait_until(true: Callable[[], bool], seconds: float, otherwise: str, fix: str = "") -> None:
    """Look again and again until ``true()``; ClusterError ``otherwise`` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise ClusterError(f"{otherwise} (waited {seconds:.0f} s)", fix=fix)
        time.sleep(0.1)
