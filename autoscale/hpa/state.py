"""What the controller remembers of one HPA between passes. Upstream keeps it in memory only: a restart forgets it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A proposal as it was before stabilisation: replicas, and seconds since the epoch."""

    replicas: int
    at: float


@dataclass(frozen=True, slots=True)
class ScaleEvent:
    """A change that was made: replicas (never negative), seconds since the epoch; outdated = slot may be reused."""

    change: int
    at: float
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """The logs of one HPA, in upstream's slot order (not in order of time). ``State()`` is a new controller's."""

    recommendations: tuple[Recommendation, ...] = ()
    scale_ups: tuple[ScaleEvent, ...] = ()
    scale_downs: tuple[ScaleEvent, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The state as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "State":
        """Read what ``to_dict`` wrote; a missing log is empty. KeyError, TypeError or ValueError on anything else."""
        return cls(
            tuple(_recommendation(entry) for entry in data.get("recommendations", ())),
            tuple(_scale_event(entry) for entry in data.get("scale_ups", ())),
            tuple(_scale_event(entry) for entry in data.get("scale_downs", ())),
        )


def _recommendation(entry: Mapping[str, Any]) -> Recommendation:
    return Recommendation(int(entry["replicas"]), float(entry["at"]))


def _scale_event(entry: Mapping[str, Any]) -> ScaleEvent:
    return ScaleEvent(int(entry["change"]), float(entry["at"]), bool(entry.get("outdated", False)))
