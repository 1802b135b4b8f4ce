"""Where things lie: what is built is kept in a cache, what runs in a state folder, both outside the clone."""

import os
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).resolve().parent


def _base(variable: str, fallback: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / fallback) / "autoscale"


def cache() -> Path:
    """Builds and base images; safe to delete, costs a rebuild."""
    return _base("XDG_CACHE_HOME", ".cache")


@dataclass(frozen=True)
class State:
    """The folder of the running cluster; it exists only between ``up`` and ``down``."""

    root: Path

    @property
    def pki(self) -> Path:
        """Certificates and keys."""
        return self.root / "pki"

    @property
    def logs(self) -> Path:
        """One log per component."""
        return self.root / "log"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, with the context ``local``."""
        return self.root / "kubeconfig"

    @property
    def socket(self) -> Path:
        """Where containerd listens."""
        return self.root / "containerd.sock"

    def config(self, name: str) -> Path:
        """A component's kubeconfig or configuration file."""
        return self.root / "etc" / name

    def log(self, name: str) -> Path:
        """The log of one component."""
        return self.logs / f"{name}.log"


def state() -> State:
    """The state folder of this user's local cluster."""
    return State(_base("XDG_STATE_HOME", ".local/state") / "local")
