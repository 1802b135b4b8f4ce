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
        with log.open("ab") as stream:
            return subprocess.Popen(
                self.inside(command), stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True
            ).pid

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
    with log.open("ab") as stream:
        parent = subprocess.Popen(
            [*unshare, "private", sys.executable, "-S", "-c", _HOLD],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stream,
            start_new_session=True,
        )
    node = _child(parent, log)
    mounts = "; ".join(f"mount -t tmpfs tmpfs {place}" for place in PRIVATE)
    subprocess.run(node.inside(["sh", "-ec", mounts]), check=True)
    return node


def children(pid: int) -> list[int]:
    """The processes that a process started and that still run; none when it is no more."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _child(parent: "subprocess.Popen[bytes]", log: Path) -> Node:
    assert parent.stdout
    with parent.stdout as said:
        held = said.readline()
    started = children(parent.pid)
    if not held or not started:
        raise ClusterError(
            f"the namespaces could not be made: {log.read_text().strip()}",
            fix="run as root on a machine that allows unshare(1)",
        )
    return Node(started[0], start_ticks(started[0]) or 0)


def wait_until(true: Callable[[], bool], seconds: float, otherwise: str, fix: str = "") -> None:
    """Look again and again until ``true()``; ClusterError ``otherwise`` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise ClusterError(f"{otherwise} (waited {seconds:.0f} s)", fix=fix)
        time.sleep(0.1)
