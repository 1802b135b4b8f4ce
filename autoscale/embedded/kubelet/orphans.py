"""What a cluster left whose reaper was killed together with it: found by the next start of any cluster, and ended.

A cluster is known by its mark ``OCTET-HEX``: in the names of its cgroups, in the environment of its processes. It lives
while somebody holds its address block, and is being cleared up while its reaper lives.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from autoscale.embedded.addresses import is_held
from autoscale.embedded.kubelet import reaper
from autoscale.embedded.kubelet.cgroups import places
from autoscale.embedded.kubelet.reaper import MARK, end_all, is_alive

PREFIX = "autoscale-embedded-"
_MARKED = re.compile(rf"{MARK}=(\d+-[0-9a-f]{{16}})")
_NAME = re.compile(rf"{PREFIX}((\d+)-[0-9a-f]{{16}})")


def end_orphans(octet: int, mount: Path = Path("/sys/fs/cgroup"), proc: Path = Path("/proc")) -> list[str]:
    """End and remove all that dead clusters without a reaper left; their marks. ``octet``: the block that we hold, so
    that whoever else has it in their mark is dead."""
    folders: dict[str, list[Path]] = {mark: [] for mark in _marks(proc)}
    for place in places(mount, proc):
        for folder in place.glob(f"{PREFIX}*"):
            if found := _NAME.fullmatch(folder.name):
                folders.setdefault(found[1], []).append(folder)
    dead = [mark for mark in folders if _is_dead(int(mark.partition("-")[0]), octet) and not _has_reaper(mark, proc)]
    for mark in dead:
        end_all(mark, folders[mark])
    return dead


def _is_dead(theirs: int, ours: int) -> bool:
    return theirs == ours or not is_held(theirs)


def _marks(proc: Path) -> Iterator[str]:
    """The marks in the environments of all processes that we may look at."""
    for words in _of_each(proc, "environ"):
        for word in words:
            if found := _MARKED.fullmatch(word):
                yield found[1]


def _has_reaper(mark: str, proc: Path) -> bool:
    """Whether the reaper of that cluster lives: it is at work, or about to be."""
    return any(mark in words and reaper.__file__ in words for words in _of_each(proc, "cmdline"))


def _of_each(proc: Path, name: str) -> Iterator[list[str]]:
    for entry in os.listdir(proc):
        if entry.isdigit() and is_alive(int(entry)):
            with contextlib.suppress(OSError):
                yield (proc / entry / name).read_bytes().decode(errors="replace").split("\0")
