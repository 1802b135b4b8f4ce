"""What is known of a service from one run: each figure with its interval and where it comes from."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from autoscale.hpa import Config

Source = Literal["measured", "manifest", "assumed"]
Profile = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: its value, the interval it lies in (95 %, None: not known), where it comes from, and how."""

    value: float
    unit: str
    source: Source
    how: str
    low: float | None = None
    high: float | None = None

    def drawn(self, chance: random.Random) -> float:
        """A value within the interval, normal around the middle; the value itself where there is no interval."""
        deviate = chance.gauss(0.0, 1.0)
        if self.low is None or self.high is None:
            return self.value
        return min(max(self.value + deviate * (self.high - self.low) / 4, self.low), self.high)


@dataclass(frozen=True, slots=True)
class Service:
    """A service and its cluster as one run showed them.

    ``scatter``: how far single CPU samples lie from what the requests explain, as a share.
    ``profiles``: of each calm quarter of a minute, equally likely (CPU seconds, waiting seconds) of a request; what
    else runs on the nodes comes and goes. ``starts``: seconds from creation to ready of each pod that was seen to.
    Durations in seconds, ``idle_m`` in millicores, ``cores`` of all nodes.
    ``scrape_phase`` and ``sync_phase``: where in their periods metrics are taken and the HPA decides (seconds since the
    epoch modulo the period); None: not seen.
    """

    cost_s: Figure
    idle_m: Figure
    fixed_s: Figure
    scatter: Figure
    profiles: tuple[Profile, ...]
    threads: Figure
    width: Figure
    cores: Figure
    starts: tuple[float, ...]
    start_s: Figure
    start_cpu_s: Figure
    endpoint_s: Figure
    drain_s: Figure
    metric_period_s: Figure
    metric_fresh_s: Figure
    scrape_phase: Figure | None
    sync_phase: Figure | None
    timeout_s: Figure

    def figures(self) -> Mapping[str, Figure]:
        """Every figure by name."""
        named = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in named.items() if isinstance(value, Figure)}


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: ``points`` (second from the load's start, rate), how it arrives, and over which connections."""

    points: tuple[tuple[float, float], ...]
    stages: tuple[tuple[str, float, float], ...]
    arrivals: Literal["uniform", "poisson"]
    seed: int
    connections: int
    close_share: float
    max_in_flight: int

    @property
    def duration_s(self) -> float:
        """How long it lasts."""
        return self.points[-1][0]

    @property
    def peak(self) -> float:
        """The highest rate."""
        return max(rate for _, rate in self.points)

    def times(self, factor: float) -> "Load":
        """The same load with every rate multiplied."""
        return replace(self, points=tuple((t, rate * factor) for t, rate in self.points))


@dataclass(frozen=True, slots=True)
class Setting:
    """What a variant may change: the HPA (its API spec) and its controller, the pods' size, how they start, the load.

    ``starts_in`` (seconds) replaces what was measured; ``limit_m`` None: no limit.
    """

    name: str
    hpa: Mapping[str, Any]
    config: Config
    request_m: int
    limit_m: int | None
    metric_period_s: float
    load: Load
    starts_in: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """When the model begins and ends, in seconds from the load's start, which is at ``zero`` (since the epoch).

    ``pods``: (created, ready) of those that are there, on the same clock.
    """

    zero: float
    begin: float
    end: float
    pods: tuple[tuple[float, float], ...] = field(default=())
