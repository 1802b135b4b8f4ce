"""What the cluster needs from the distribution: programs on PATH, installed from Debian's packages where root may."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from autoscale.base.errors import ClusterError, InputError
from tests.local_cluster.apt import apt

CNI_PLUGINS = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))
# program -> package
NODE = {
    "containerd": "containerd",
    "runc": "runc",
    "nft": "nftables",
    "busybox": "busybox-static",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "sysctl": "procps",
}
IMAGES = {"buildah": "buildah", "debootstrap": "debootstrap"}


def missing(programs: Mapping[str, str]) -> list[str]:
    """The packages of the programs that are not here, sorted."""
    packages = {package for program, package in programs.items() if shutil.which(program) is None}
    if "containerd" in programs and not any(map(Path.is_dir, CNI_PLUGINS)):
        packages.add("containernetworking-plugins")
    return sorted(packages)


def ensure(programs: Mapping[str, str]) -> None:
    """Install the packages of the missing programs with apt-get. Raises InputError naming them where it cannot."""
    packages = missing(programs)
    if not packages:
        return
    words = " ".join(packages)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise InputError(
            f"needed and not here: {words}", fix=f"as root: apt-get install --no-install-recommends {words}"
        )
    print(f"Installing {words} ...", flush=True)
    _apt(["update", "-qq"])
    _apt(["install", "-y", "-qq", "--no-install-recommends", *packages])


def cni_plugins() -> Path:
    """The folder of the CNI plugins."""
    return next(folder for folder in CNI_PLUGINS if folder.is_dir())


def need_root(why: str) -> None:
    """Raise InputError unless this is root."""
    if os.geteuid() != 0:
        raise InputError(f"root is needed {why}", fix="run it as root, in a virtual machine if need be")


def _apt(words: list[str]) -> None:
    said = apt(words, say=lambda text: print(text, flush=True))
    if said:
        last = "\n  ".join(said.splitlines()[-5:])
        raise ClusterError(f"apt-get {' '.join(words)} failed:\n  {last}", fix="install the packages by hand")
