"""The reaper (containerd-shim's part): when the cluster process is gone, however it went, end all that it started.

It runs as a process of its own in its own session and does nothing but wait for the end of its standard input,
which is a pipe from the cluster process. Then it kills every process that carries the cluster's mark in its
environment or is in one of the cluster's cgroups or sessions, until none is left, and removes the cgroups.

The mark is inherited, so it finds what a pod started in another session too.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

MARK = "AUTOSCALE_EMBEDDED_CLUSTER"
"""The environment variable that names the cluster a process belongs to."""
_ROUNDS_S = 0.05
_QUIET_ROUNDS = 3


def start(cluster: str, folders: Iterable[Path] = ()) -> subprocess.Popen[bytes]:
    """Start the reaper of a cluster; it acts when its ``stdin`` is closed. ``folders`` are the cluster's cgroups."""
    argv = [sys.executable, "-I", "-S", __file__, cluster, *map(str, folders)]
    return subprocess.Popen(
        argv, stdin=subprocess.PIPE, bufsize=0, start_new_session=True, env={"PATH": os.defpath}, cwd="/"
    )


def marked(cluster: str) -> Iterator[int]:
    """Ids of the processes that carry the cluster's mark."""
    wanted = f"{MARK}={cluster}".encode()
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            with contextlib.suppress(OSError):
                if wanted in Path(f"/proc/{entry}/environ").read_bytes().split(b"\0"):
                    yield int(entry)


def members(folder: Path) -> Iterator[int]:
    """Ids of the processes in a cgroup and those below it."""
    for file in [folder / "cgroup.procs", *folder.rglob("cgroup.procs")]:
        with contextlib.suppress(OSError):
            yield from map(int, file.read_text().split())


def end_all(cluster: str, folders: Iterable[Path] = (), sessions: Iterable[int] = ()) -> None:
    """Kill until nothing of the cluster has been seen for a few rounds, then remove its cgroups."""
    folders, sessions, quiet = list(folders), set(sessions), 0
    while quiet < _QUIET_ROUNDS:
        found = {*marked(cluster), *(pid for folder in folders for pid in members(folder)), *in_sessions(sessions)}
        alive = [pid for pid in found if is_alive(pid)]
        for pid in alive:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        quiet = 0 if alive else quiet + 1
        time.sleep(_ROUNDS_S)
    for folder in folders:
        remove_tree(folder)


def is_alive(pid: int) -> bool:
    """It exists and is more than an exit code that nobody has asked for yet (a zombie)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (OSError, IndexError):
        return False


def in_sessions(sessions: set[int]) -> Iterator[int]:
    """Ids of the processes of these sessions (a process may clear its environment, not leave its session unseen)."""
    for entry in os.listdir("/proc") if sessions else ():
        if entry.isdigit():
            with contextlib.suppress(OSError):
                if os.getsid(int(entry)) in sessions and int(entry) != os.getpid():
                    yield int(entry)


def remove_tree(folder: Path) -> None:
    """Remove a cgroup and those below it; what still holds a process stays, and another may be removing them too."""
    for path, _, _ in os.walk(folder, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(path)


def main(cluster: str, *folders: str) -> None:
    """Note the sessions told on standard input (``+ID``, ``-ID``); at its end, end everything."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sessions: set[int] = set()
    for line in sys.stdin.buffer:
        pid = int(line[1:])
        sessions.discard(pid) if line.startswith(b"-") else sessions.add(pid)
    end_all(cluster, map(Path, folders), sessions)


if __name__ == "__main__":
    main(*sys.argv[1:])
