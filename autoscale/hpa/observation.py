"""What one pass sees: scale, pods, samples, clock. ``autoscale.hpa.reading.observe`` makes it from API objects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from autoscale.hpa.status import Status


@dataclass(frozen=True, slots=True)
class Container:
    """A container whose requests count (an app container, or an init container that restarts always).

    ``requests``: resource name -> thousandths; a resource that is absent is not requested.
    """

    name: str
    requests: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pod:
    """What the rule looks at in a pod. Times in seconds since the epoch, None where unset.

    ``ready`` is the status of the Ready condition (``True``, ``False``, ``Unknown``), None without the condition.
    ``pod_requests`` are the pod-level requests in thousandths, without and with the pod's overhead; None where the pod
    sets none.
    """

    name: str
    phase: str = "Running"
    deleting: bool = False
    ready: str | None = "True"
    ready_changed: float | None = 0.0
    started: float | None = 0.0
    containers: tuple[Container, ...] = ()
    pod_requests: Mapping[str, int] | None = None
    pod_requests_with_overhead: Mapping[str, int] | None = None


class Sample(NamedTuple):
    """One pod's value of one metric in thousandths, the end of its window, and the window's length in seconds."""

    value: int
    at: float = 0.0
    window_s: float = 60.0


@dataclass(frozen=True, slots=True)
class PodUsage:
    """One item of metrics.k8s.io: ``containers`` is {container: {resource: thousandths}}."""

    pod: str
    at: float
    window_s: float
    containers: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Scale:
    """The target's scale subresource: ``spec.replicas``, ``status.replicas``, ``status.selector``."""

    spec_replicas: int
    status_replicas: int
    selector: str


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything a pass reads.

    ``now`` seconds since the epoch; ``pods`` those the scale's selector matches, in any order.
    ``scale`` is None where it could not be read; ``scale_error`` then says why.
    ``status`` is the HPA's status as it stood (conditions and the last scale time carry over).
    ``usage`` is what metrics.k8s.io answered. Answers for other metrics are keyed by the metric's position in
    ``Spec.metrics``: ``pods_metrics`` {position: {pod: Sample}}, ``object_metrics`` {position: thousandths},
    ``external_metrics`` {position: thousandths of every series}. ``metric_errors`` {position: text} are calls
    that failed. ``rivals`` are names of other HPAs whose target selects one of these pods.
    ``update_error`` is why the scale could not be written: decide first without it, write, and on failure decide
    the same again with it.
    """

    now: float
    scale: Scale | None
    pods: tuple[Pod, ...] = ()
    usage: tuple[PodUsage, ...] = ()
    pods_metrics: Mapping[int, Mapping[str, Sample]] = field(default_factory=dict)
    object_metrics: Mapping[int, int] = field(default_factory=dict)
    external_metrics: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    metric_errors: Mapping[int, str] = field(default_factory=dict)
    scale_error: str = ""
    update_error: str = ""
    rivals: tuple[str, ...] = ()
    namespace: str = "default"
    name: str = ""
    generation: int | None = None
    status: Status = field(default_factory=Status)
