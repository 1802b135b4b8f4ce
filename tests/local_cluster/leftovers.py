"""What outlives the namespaces and is put back by hand: the pods' cgroups, and settings of the whole kernel."""

import contextlib
import os
from pathlib import Path

from tests.local_cluster.addresses import ADDED_CGROUP, CGROUP
from tests.local_cluster.node import PRIVATE, wait_until

_CGROUPS = Path("/sys/fs/cgroup")
# The kubelet sets these for the whole machine; the values from before come back at the end.
_SETTINGS = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)


def kernel_settings() -> dict[str, str]:
    """The values that the kubelet is about to change: name below /proc/sys -> value."""
    files = {name: Path("/proc/sys") / name for name in _SETTINGS}
    return {name: file.read_text().strip() for name, file in files.items() if file.exists()}


def restore(settings: dict[str, str]) -> None:
    """Write those values back."""
    for name, value in settings.items():
        file = Path("/proc/sys") / name
        if file.read_text().strip() != value:
            file.write_text(value)


def make_cgroups(name: str = CGROUP, cores: float | None = None) -> None:
    """Make the group under which a kubelet puts every pod: one in the v2 tree, or one per v1 hierarchy.

    All pods together weigh as much as the machine's cores, which is what the kubelet gives the group it makes in it;
    with the default weight they would count as a single process beside whatever else runs here. ``cores``: of an added
    node, to which the kernel then holds its pods.
    """
    shares = round(1024 * (cores or os.cpu_count() or 1))
    values = {"cpu.shares": f"{shares}", "cpu.weight": f"{1 + (shares - 2) * 9999 // 262142}"}
    if cores is not None:
        values |= {"cpu.cfs_quota_us": f"{round(cores * 100_000)}", "cpu.max": f"{round(cores * 100_000)} 100000"}
    for root in _hierarchies():
        (root / name).mkdir(exist_ok=True)
        for file, value in values.items():
            if (root / name / file).exists():
                (root / name / file).write_text(value)


def await_empty() -> None:
    """Wait until no pod's process is left. ClusterError where some stay: they belong to another cluster."""

    def empty() -> bool:
        return not any(_read(file) for group in _groups() for file in group.glob("**/cgroup.procs"))

    wait_until(
        empty,
        20,
        "the pods of another local cluster run on this machine",
        "make cluster-down, with the HOME or XDG_STATE_HOME that it was started with",
    )


def _read(file: Path) -> str:
    """The text of a file, empty where it has gone meanwhile."""
    try:
        return file.read_text()
    except OSError:
        return ""


def remove_cgroups(*names: str) -> None:
    """Remove the pods' groups, all or those named; waits until the kernel has emptied them. Raises ClusterError."""

    def removed() -> bool:
        return all(remove_group(group) for group in _groups(*names))

    wait_until(removed, 20, "the pods' cgroups are still in use", f"look into {_CGROUPS}/*/{CGROUP}/**/cgroup.procs")


def _groups(*names: str) -> list[Path]:
    patterns = names or (CGROUP, f"{ADDED_CGROUP}*")
    return [group for root in _hierarchies() for pattern in patterns for group in root.glob(pattern)]


def remove_folders() -> None:
    """Remove the mount points made for the node, where they are empty; somebody else's stay."""
    for place in PRIVATE:
        with contextlib.suppress(OSError):
            Path(place).rmdir()


def _hierarchies() -> list[Path]:
    if (_CGROUPS / "cgroup.controllers").exists():
        return [_CGROUPS]
    return sorted({folder.resolve() for folder in _CGROUPS.iterdir() if (folder / "cgroup.procs").exists()})


def remove_group(group: Path) -> bool:
    """Remove a group and those within it; whether it is gone."""
    if not group.is_dir():
        return True
    for child in [path for path in group.iterdir() if path.is_dir()]:
        remove_group(child)
    with contextlib.suppress(OSError):
        group.rmdir()
    return not group.exists()
