"""The controller's settings: its flags, the Kubernetes release it comes from, and its feature gates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Release = Literal["1.35", "1.36", "1.37", "master"]
Gate = Literal["HPAConfigurableTolerance", "HPAGeneration", "HPAScaleToZero", "PodLevelResources"]

RELEASES: tuple[Release, ...] = ("1.35", "1.36", "1.37", "master")

# The release from which a gate is on by default.
_ON_SINCE: dict[Gate, Release] = {
    "HPAConfigurableTolerance": "1.35",
    "HPAGeneration": "1.37",
    "HPAScaleToZero": "1.37",
    "PodLevelResources": "1.35",
}


@dataclass(frozen=True, slots=True)
class Flags:
    """Flags of kube-controller-manager (``--horizontal-pod-autoscaler-...``) with their defaults.

    Times in seconds, tolerance as a share of 1. A record's header has them by these names, null where they are hidden.
    """

    sync_period_s: float = 15.0
    tolerance: float = 0.1
    downscale_stabilization_s: float = 300.0
    cpu_initialization_period_s: float = 300.0
    initial_readiness_delay_s: float = 30.0


DEFAULTS = Flags()


@dataclass(frozen=True, slots=True)
class Config(Flags):
    """The flags, the release and its feature gates.

    ``release`` selects whose behaviour is followed: a minor version, or ``master`` (shortly after 1.37.0).
    ``gates`` overrides feature gates by their Kubernetes name; what it does not name has the release's default.
    """

    release: Release = "master"
    gates: Mapping[Gate, bool] = field(default_factory=dict)

    def since(self, release: Release) -> bool:
        """Whether this release is the given one or newer."""
        return RELEASES.index(self.release) >= RELEASES.index(release)

    def gate(self, name: Gate) -> bool:
        """Whether a feature gate is on. HPAGeneration does not exist before 1.37."""
        if name == "HPAGeneration" and not self.since("1.37"):
            return False
        return self.gates.get(name, self.since(_ON_SINCE[name]))
