"""What a run may leave on the machine: processes, cgroups, files."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from autoscale.embedded.kubelet.cgroups import places
from autoscale.embedded.kubelet.orphans import PREFIX
from autoscale.embedded.kubelet.reaper import MARK, is_alive


def processes(about: Callable[[list[str], list[str]], bool]) -> Iterator[int]:
    """Ids of the live processes of whose words and environment something is true."""
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid() and is_alive(int(entry)):
            with suppress(OSError):
                words, environ = (
                    Path(f"/proc/{entry}/{name}").read_bytes().decode(errors="replace").split("\0")
                    for name in ("cmdline", "environ")
                )
                if about(words, environ):
                    yield int(entry)


def words_of(pid: int) -> str:
    """What a process was started with."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


def left(home: Path, marks: Iterable[str]) -> list[str]:
    """What is still there of runs with their state in ``home``, whose clusters had these marks."""
    marks = set(marks)
    state = f"XDG_STATE_HOME={home / 'state'}"

    def ours(words: list[str], environ: list[str]) -> bool:
        return state in environ or not marks.isdisjoint(words) or any(f"{MARK}={mark}" in environ for mark in marks)

    found = [f"process {words_of(pid)[:80]}" for pid in processes(ours)]
    found += [f"cgroup {mark}" for place in places() for mark in marks if (place / f"{PREFIX}{mark}").exists()]
    clusters = home / "state" / "autoscale" / "embedded"
    kept = ("facts.json", "kubeconfig", "tls.key", "pods")
    found += [f"file {path.parent.name}/{path.name}" for path in clusters.glob("*/*") if path.name in kept]
    return found + [f"file {path.name}" for path in (home / "tmp").glob("*")]
