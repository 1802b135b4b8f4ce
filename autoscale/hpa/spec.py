"""What a HorizontalPodAutoscaler asks for (``autoscaling/v2`` ``spec``), as frozen values.

Quantities are integers in thousandths, rounded up as upstream does (250m of a core is 250, 1 byte is 1000).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

SelectPolicy = Literal["Max", "Min", "Disabled"]


@dataclass(frozen=True, slots=True)
class ObjectReference:
    """An object in the HPA's namespace: the scale target, or what an Object metric describes."""

    kind: str
    name: str
    api_version: str = ""


@dataclass(frozen=True, slots=True)
class MetricTarget:
    """What a metric is compared with: percent of the request, or thousandths (per pod, or in all)."""

    type: str
    average_utilization: int | None = None
    average_value: int | None = None
    value: int | None = None


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """One metric. ``name`` is the resource's or the metric's; ``container`` only for ContainerResource.

    ``selector`` is a ``LabelSelector`` as the API gives it (Pods, Object, External);
    ``described_object`` is set for Object only.
    """

    type: str
    name: str
    target: MetricTarget
    container: str = ""
    selector: Mapping[str, Any] | None = None
    described_object: ObjectReference | None = None


@dataclass(frozen=True, slots=True)
class ScalingPolicy:
    """How far one period may go: ``value`` pods or percent within ``period_s`` seconds."""

    type: Literal["Pods", "Percent"]
    value: int
    period_s: int


@dataclass(frozen=True, slots=True)
class ScalingRules:
    """The rules of one direction. A window of None is the controller's flag; a tolerance of None too."""

    policies: tuple[ScalingPolicy, ...]
    select_policy: SelectPolicy = "Max"
    stabilization_window_s: int | None = None
    tolerance: float | None = None


DEFAULT_SCALE_UP = ScalingRules((ScalingPolicy("Pods", 4, 15), ScalingPolicy("Percent", 100, 15)), "Max", 0)
DEFAULT_SCALE_DOWN = ScalingRules((ScalingPolicy("Percent", 100, 15),), "Max", None)


@dataclass(frozen=True, slots=True)
class Behavior:
    """The rules of both directions. No ``Behavior`` at all is another path, see ``autoscale.hpa.rule.limits``."""

    scale_up: ScalingRules = DEFAULT_SCALE_UP
    scale_down: ScalingRules = DEFAULT_SCALE_DOWN


@dataclass(frozen=True, slots=True)
class Spec:
    """An HPA's spec after defaulting. Replica counts; ``min_replicas`` of None counts as 1."""

    target: ObjectReference
    max_replicas: int
    metrics: tuple[MetricSpec, ...]
    min_replicas: int | None = 1
    behavior: Behavior | None = None
