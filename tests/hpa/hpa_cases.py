"""Small builders for tests of the HPA rule."""

import gzip
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings

from autoscale.hpa import (
    Behavior,
    Config,
    Container,
    Decision,
    MetricSpec,
    MetricTarget,
    ObjectReference,
    Observation,
    Pod,
    PodUsage,
    Scale,
    Spec,
    State,
    decide,
)

NOW = 1_000_000.0
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
TARGET = ObjectReference("Deployment", "web", "apps/v1")


def recorded(name: str) -> list[dict[str, Any]]:
    """What upstream did, recorded by running its controller on random cases (docs/hpa.md)."""
    with gzip.open(Path(__file__).parent / f"upstream_{name}.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


def cpu(percent: int = 50) -> MetricSpec:
    """A CPU utilization metric."""
    return MetricSpec("Resource", "cpu", MetricTarget("Utilization", average_utilization=percent))


def spec(
    *metrics: MetricSpec,
    low: int | None = 1,
    high: int = 10,
    behavior: Behavior | None = None,
    kind: str = "Deployment",
) -> Spec:
    """A spec; CPU at 50 % where no metric is given."""
    return Spec(ObjectReference(kind, "web", "apps/v1"), high, metrics or (cpu(),), low, behavior)


def pod(name: str, request: int | None = 100, **changes: Any) -> Pod:
    """A pod that has long been ready, with one container ``app``."""
    requests = {} if request is None else {"cpu": request, "memory": request}
    return Pod(name, containers=(Container("app", requests),), **changes)


def pods(count: int, **changes: Any) -> tuple[Pod, ...]:
    """Pods p0, p1, ..."""
    return tuple(pod(f"p{index}", **changes) for index in range(count))


def usage(*values: int | None, resource: str = "cpu", at: float = NOW, window_s: float = 15.0) -> tuple[PodUsage, ...]:
    """What metrics.k8s.io says of p0, p1, ...; None leaves a pod out."""
    return tuple(
        PodUsage(f"p{index}", at, window_s, {"app": {resource: value}})
        for index, value in enumerate(values)
        if value is not None
    )


def seen(replicas: int, *values: int | None, now: float = NOW, **changes: Any) -> Observation:
    """A pass over as many pods as there are values, each the CPU of one pod."""
    default: dict[str, Any] = {
        "now": now,
        "scale": Scale(replicas, replicas, "app=web"),
        "pods": pods(len(values)),
        "usage": usage(*values, at=now),
    }
    return Observation(**{**default, **changes})


def decided(observation: Observation, of: Spec | None = None, state: State | None = None, **config: Any) -> Decision:
    """A decision with a controller that has seen nothing yet."""
    return decide(of or spec(), Config(**config), state or State(), observation)
