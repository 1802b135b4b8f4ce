"""Zero replicas: when the controller acts there, and how it remembers that it went there itself."""

from autoscale.hpa.config import Config
from autoscale.hpa.spec import Spec
from autoscale.hpa.status import Condition, remove_condition, set_condition


def minimum_of(spec: Spec) -> int:
    """The least replicas; 1 where the spec does not say."""
    return 1 if spec.min_replicas is None else spec.min_replicas


def computes_at_zero(spec: Spec, config: Config, conditions: tuple[Condition, ...]) -> bool:
    """Whether metrics are looked at although the target has no replicas.

    From 1.36: only if the controller itself scaled it to zero, which the ScaledToZero condition remembers.
    In 1.35: whenever ``minReplicas`` is 0.
    """
    if not config.since("1.36"):
        return minimum_of(spec) == 0
    scaled = next((each.status for each in conditions if each.type == "ScaledToZero"), "")
    if not config.gate("HPAScaleToZero") or scaled != "True":
        return False
    return minimum_of(spec) != 0 or has_object_or_external(spec)


def has_object_or_external(spec: Spec) -> bool:
    """Whether a metric exists that can be measured without pods."""
    return any(metric.type in ("Object", "External") for metric in spec.metrics)


def remember_zero(
    spec: Spec, config: Config, conditions: tuple[Condition, ...], current: int, desired: int, now: float
) -> tuple[Condition, ...]:
    """Remember whether the controller itself made the target empty."""
    if not config.gate("HPAScaleToZero"):
        return remove_condition(conditions, "ScaledToZero")
    if current > 0 and desired == 0 and minimum_of(spec) == 0 and has_object_or_external(spec):
        message = "the HPA controller scaled the workload to zero"
        return set_condition(conditions, "ScaledToZero", "True", "ScaledToZero", message, now)
    message = "the HPA controller did not scale the workload to zero"
    return set_condition(conditions, "ScaledToZero", "False", "NotScaledToZero", message, now)
