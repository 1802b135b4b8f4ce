"""CPU and memory limits by cgroup, v1 or v2, where this process may make groups of its own."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from autoscale.embedded.kubelet.reaper import members, remove_tree

PERIOD_US = 100_000
"""The CFS period in which a CPU limit is a quota, as the kubelet has it."""
_END_TRIES, _END_WAIT_S = 100, 0.01
_V1 = ("cpu", "cpuacct", "memory")


@dataclass(frozen=True)
class Usage:
    """CPU time used since the start in seconds; working set in bytes, None where unknown; throttled periods."""

    cpu_s: float
    memory_b: int | None = None
    throttled: int | None = None


@dataclass(frozen=True)
class Limits:
    """CPU in millicores, memory in bytes; None is no limit. ``cpu_shares`` is the weight under contention (1024 is
    what a process outside has)."""

    cpu_m: int | None = None
    memory_b: int | None = None
    cpu_shares: int = 2


@dataclass(frozen=True)
class Group:
    """One container's cgroup: its folder per controller (v1), or one folder under all names (v2)."""

    folders: dict[str, Path]
    version: int

    @property
    def join(self) -> tuple[str, ...]:
        """The files to write a process id to."""
        return tuple(dict.fromkeys(str(folder / "cgroup.procs") for folder in self.folders.values()))

    def limit(self, limits: Limits) -> None:
        """Set limits; may be called again while processes run (in-place resize)."""
        for controller, name, value in _v1(limits) if self.version == 1 else _v2(limits):
            if controller in self.folders:
                with contextlib.suppress(OSError):
                    (self.folders[controller] / name).write_text(value)

    def usage(self) -> Usage | None:
        """What the group has used since it was made; None where it cannot be read."""
        try:
            return self._usage_v1() if self.version == 1 else self._usage_v2()
        except (OSError, ValueError, KeyError):
            return None

    def _usage_v1(self) -> Usage:
        cpu_ns = int((self.folders["cpuacct"] / "cpuacct.usage").read_text())
        throttled = _table(self.folders["cpu"] / "cpu.stat").get("nr_throttled")
        if "memory" not in self.folders:
            return Usage(cpu_ns / 1e9, None, throttled)
        stat = _table(self.folders["memory"] / "memory.stat")
        used = int((self.folders["memory"] / "memory.usage_in_bytes").read_text())
        return Usage(cpu_ns / 1e9, max(0, used - stat.get("total_inactive_file", 0)), throttled)

    def _usage_v2(self) -> Usage:
        stat = _table(self.folders["cpu"] / "cpu.stat")
        memory = None
        if "memory" in self.folders:
            inactive = _table(self.folders["memory"] / "memory.stat").get("inactive_file", 0)
            memory = max(0, int((self.folders["memory"] / "memory.current").read_text()) - inactive)
        return Usage(stat["usage_usec"] / 1e6, memory, stat.get("nr_throttled"))

    def oom_kills(self) -> int:
        """How many processes of the group the kernel has killed for want of memory; 0 where it cannot say."""
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        try:
            return _table(self.folders["memory"] / name).get("oom_kill", 0)
        except (OSError, KeyError):
            return 0

    async def empty(self) -> None:
        """Kill and bury what is left in the group (what had left its session)."""
        for _ in range(_END_TRIES):
            left = {pid for folder in self.folders.values() for pid in members(folder)}
            if not left:
                return
            for pid in left:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, os.WNOHANG)
            await asyncio.sleep(_END_WAIT_S)

    async def end(self) -> None:
        """Kill what is left in the group, and remove it."""
        await self.empty()
        for folder in set(self.folders.values()):
            remove_tree(folder)


@dataclass
class Cgroups:
    """The cluster's own cgroups, one below the other's name per container."""

    roots: dict[str, Path]
    version: int

    @property
    def folders(self) -> list[Path]:
        """The top folders, for the reaper."""
        return sorted(set(self.roots.values()))

    def group(self, name: str, limits: Limits) -> Group:
        """A new group for one container. OSError where it cannot be made."""
        folders = {controller: root / name for controller, root in self.roots.items()}
        for folder in set(folders.values()):
            folder.mkdir(exist_ok=True)
        group = Group(folders, self.version)
        group.limit(limits)
        return group

    def remove(self) -> None:
        """Remove all groups whose processes have ended."""
        for folder in self.folders:
            remove_tree(folder)


def claim(name: str, cores: float, mount: Path = Path("/sys/fs/cgroup"), proc: Path = Path("/proc")) -> Cgroups | None:
    """A cgroup of that name for the cluster, or None where this process may not make one that limits CPU.

    ``cores`` weighs all pods together against the rest of the machine, as the kubelet's ``kubepods`` group does.
    """
    found = _claim_v2(name, mount, proc) if (mount / "cgroup.controllers").exists() else _claim_v1(name, mount, proc)
    if found:
        share = Limits(cpu_shares=max(2, int(cores * 1024)))
        Group(found.roots, found.version).limit(share)
    return found


def usable(groups: Cgroups) -> bool:
    """A process can really be moved into a group (making one does not say so)."""
    try:
        group = groups.group("trial", Limits())
        lines = "; ".join(f"echo 0 > {path}" for path in group.join)
        return subprocess.run(["sh", "-ec", lines], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _claim_v1(name: str, mount: Path, proc: Path) -> Cgroups | None:
    own = _own_paths(proc)
    roots: dict[str, Path] = {}
    for controller in _V1:
        folder = mount / controller / own.get(controller, "").lstrip("/") / name
        with contextlib.suppress(OSError):
            folder.mkdir()
            roots[controller] = folder
    works = {"cpu", "cpuacct"} <= set(roots) and os.access(roots["cpu"] / "cpu.cfs_quota_us", os.W_OK)
    if works:
        return Cgroups(roots, 1)
    for folder in roots.values():
        remove_tree(folder)
    return None


def _claim_v2(name: str, mount: Path, proc: Path) -> Cgroups | None:
    """Beside this process or above it: a group that holds processes cannot have groups that limit them."""
    here = mount / _own_paths(proc).get("", "").lstrip("/")
    for parent in [here, *here.parents]:
        if parent != mount and mount not in parent.parents:
            return None
        with contextlib.suppress(OSError):
            controllers = (parent / "cgroup.subtree_control").read_text().split()
            if "cpu" in controllers:
                folder = parent / name
                folder.mkdir()
                wanted = [c for c in ("cpu", "memory") if c in controllers]
                (folder / "cgroup.subtree_control").write_text(" ".join(f"+{c}" for c in wanted))
                return Cgroups(dict.fromkeys(wanted, folder), 2)
    return None


def places(mount: Path = Path("/sys/fs/cgroup"), proc: Path = Path("/proc")) -> list[Path]:
    """The folders in which ``claim`` may have made a cluster's group: of a process like this one."""
    own = _own_paths(proc)
    if not (mount / "cgroup.controllers").exists():
        return [mount / controller / own.get(controller, "").lstrip("/") for controller in _V1]
    here = mount / own.get("", "").lstrip("/")
    return [place for place in (here, *here.parents) if place == mount or mount in place.parents]


def _own_paths(proc: Path) -> dict[str, str]:
    """{controller: path} of this process; "" is cgroup v2's."""
    found: dict[str, str] = {}
    for line in (proc / "self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        found |= dict.fromkeys(controllers.split(","), path)
    return found


def _v1(limits: Limits) -> list[tuple[str, str, str]]:
    quota = -1 if limits.cpu_m is None else max(1000, limits.cpu_m * PERIOD_US // 1000)
    memory = "-1" if limits.memory_b is None else str(limits.memory_b)
    return [
        ("cpu", "cpu.cfs_period_us", str(PERIOD_US)),
        ("cpu", "cpu.cfs_quota_us", str(quota)),
        ("cpu", "cpu.shares", str(limits.cpu_shares)),
        ("memory", "memory.limit_in_bytes", memory),
    ]


def _v2(limits: Limits) -> list[tuple[str, str, str]]:
    quota = "max" if limits.cpu_m is None else str(max(1000, limits.cpu_m * PERIOD_US // 1000))
    # Kubernetes' mapping of shares 2..262144 to weight 1..10000.
    weight = 1 + (limits.cpu_shares - 2) * 9999 // 262142
    return [
        ("cpu", "cpu.max", f"{quota} {PERIOD_US}"),
        ("cpu", "cpu.weight", str(weight)),
        ("memory", "memory.max", "max" if limits.memory_b is None else str(limits.memory_b)),
    ]


def _table(path: Path) -> dict[str, int]:
    """A file of ``name value`` lines."""
    return {name: int(value) for name, value in re.findall(r"^(\S+) (\d+)$", path.read_text(), re.MULTILINE)}
