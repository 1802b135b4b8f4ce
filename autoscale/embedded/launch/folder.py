"""A cluster's folder: its kubeconfig, its lock, and what is known of the process that holds it.

``$XDG_STATE_HOME/autoscale/embedded/NAME``, mode 0700. Whoever holds the lock is the cluster: the kernel frees it when
the process ends, however it ends, so a folder without a holder is a dead cluster's and may be replaced.
"""

import base64
import fcntl
import json
import os
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from autoscale.base.errors import InputError, Problem
from autoscale.embedded.launch.certs import write_private

CONTEXT = "embedded"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?")


@dataclass(frozen=True)
class Facts:
    """What a running cluster says of itself. ``started``: seconds since the epoch; ``addresses``: its /16."""

    pid: int
    server: str
    started: float
    addresses: str
    bound: bool


@dataclass(frozen=True)
class Folder:
    """The files of one cluster."""

    path: Path

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self.path.name

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig with the one context ``embedded``."""
        return self.path / "kubeconfig"

    @property
    def lock(self) -> Path:
        """The file that the cluster's process keeps locked."""
        return self.path / "lock"

    @property
    def log(self) -> Path:
        """What the cluster's process says."""
        return self.path / "cluster.log"

    @property
    def settings(self) -> Path:
        """The settings it was started with."""
        return self.path / "settings.json"

    @property
    def pods(self) -> Path:
        """The control plane's part: logs and scratch folders of pods."""
        return self.path / "pods"

    def facts(self) -> Facts | None:
        """What the process that holds the lock has written; None where there is none (yet)."""
        try:
            return Facts(**json.loads((self.path / "facts.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write_facts(self, facts: Facts) -> None:
        """Say what this cluster is."""
        write_private(self.path / "facts.json", json.dumps(asdict(facts)).encode())

    def clear(self) -> None:
        """Forget a cluster that has ended: its address, its credentials, its pods' files. Its log stays for now."""
        for name in ("facts.json", "kubeconfig", "tls.crt", "tls.key"):
            (self.path / name).unlink(missing_ok=True)
        shutil.rmtree(self.pods, ignore_errors=True)


def clusters_root() -> Path:
    """The folder with a folder for each cluster of this user."""
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "autoscale" / "embedded"


def folder_of(name: str) -> Folder:
    """The folder of a cluster. InputError for a name that is none."""
    if not _NAME.fullmatch(name):
        wanted = "lower case letters, digits and '-', at most 42"
        raise InputError("The cluster's name is wrong.", problems=[Problem("name", repr(name), wanted)])
    return Folder(clusters_root() / name)


def make_folder(folder: Folder) -> None:
    """Make the folder, for its owner only. InputError where that is not allowed."""
    try:
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.path.chmod(0o700)
    except OSError as error:
        fix = "Set XDG_STATE_HOME to a folder that you may write."
        raise InputError(f"The folder {folder.path} cannot be made: {error.strerror}.", fix=fix) from error


def take_lock(folder: Folder) -> int | None:
    """Take the lock; its file descriptor, or None where another process holds it."""
    descriptor = os.open(folder.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def is_running(folder: Folder) -> bool:
    """Whether a process holds the cluster."""
    if not folder.lock.exists():
        return False
    descriptor = take_lock(folder)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


def write_kubeconfig(folder: Folder, server: str, certificate: bytes, token: str) -> None:
    """The kubeconfig: its own file, mode 0600, with everything inside."""
    authority = base64.b64encode(certificate).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": {"server": server, "certificate-authority-data": authority}}],
        "users": [{"name": CONTEXT, "user": {"token": token}}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT, "namespace": "default"}}],
        "current-context": CONTEXT,
    }
    write_private(folder.kubeconfig, yaml.safe_dump(config, sort_keys=False).encode())
