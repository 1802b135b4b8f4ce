"""A HorizontalPodAutoscaler: what is asked of it, what it saw and decided."""

from typing import Any, Literal, NotRequired, TypedDict

from autoscale.record.rows.fields import Condition, Count, Number, Pods, Span, Stamp


class Amounts(TypedDict, total=False):
    """A metric's target or current value, as the API gives it."""

    type: str | None
    averageUtilization: Number | None
    averageValue: str | None
    value: str | None


class ResourceMetric(TypedDict, total=False):
    """A ``resource`` or ``containerResource`` metric of an HPA's spec or status."""

    name: str | None
    container: str | None
    target: Amounts | None
    current: Amounts | None


class OtherMetric(TypedDict, total=False):
    """A ``pods``, ``object`` or ``external`` metric of an HPA's spec or status."""

    metric: dict[str, Any] | None
    current: dict[str, Any] | None


class Metric(TypedDict, total=False):
    """One metric of an HPA's spec or status."""

    type: str | None
    resource: ResourceMetric | None
    containerResource: ResourceMetric | None
    pods: OtherMetric | None
    object: OtherMetric | None
    external: OtherMetric | None


class Rules(TypedDict, total=False):
    """One direction of an HPA's ``behavior``."""

    stabilizationWindowSeconds: Number | None
    policies: list[dict[str, Any]] | None
    tolerance: str | Number | None


class Behavior(TypedDict, total=False):
    """An HPA's ``behavior``."""

    scaleUp: Rules | None
    scaleDown: Rules | None


class HpaSpec(TypedDict, total=False):
    """What is read of an autoscaling/v2 ``spec``; all that the API gave stands in the record."""

    minReplicas: Pods | None
    maxReplicas: Pods
    metrics: list[Metric] | None
    behavior: Behavior | None


class MetricValue(TypedDict):
    """What a metric's API said of one object (``object``: its name, None of an external metric): ``value`` a quantity,
    ``at`` the time that the adapter gave it, by a clock of its own."""

    object: str | None
    value: str
    at: Number | None


class MetricAnswer(Stamp):
    """One answer of custom.metrics.k8s.io or external.metrics.k8s.io, asked by the run beside the HPA.

    ``type`` and ``name`` of the HPA's metric; ``took_s``: how long the answer took; no ``values``: no series."""

    k: Literal["metric"]
    type: str
    name: str
    took_s: Span
    values: list[MetricValue]


class Hpa(Stamp):
    """A HorizontalPodAutoscaler after a change. ``spec`` and ``metrics`` as the API gives them
    (autoscaling/v2 ``spec`` and ``status.currentMetrics``); ``conditions`` by type; ``spec_by``: who wrote the spec
    last, by the field managers; ``removed``: it is gone."""

    k: Literal["hpa"]
    uid: str
    name: str
    generation: Count
    spec: HpaSpec
    current: Pods | None
    desired: Pods | None
    last_scale: Number | None
    metrics: list[Metric] | None
    conditions: dict[str, Condition]
    spec_by: NotRequired[str | None]
    removed: NotRequired[bool]
