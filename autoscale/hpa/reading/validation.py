"""The API server's rules for an HPA, with its texts and in its order. Works on the dict after defaulting."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autoscale.hpa.config import Config
from autoscale.hpa.reading.field_errors import FieldError, forbidden, invalid, not_supported, required
from autoscale.hpa.reading.quantities import show_quantity
from autoscale.hpa.reading.validation_metric import api_version_error, metric_errors, reference_errors
from autoscale.kube.quantities import parse_quantity

MAX_PERIOD_S = 1800
MAX_WINDOW_S = 3600


@dataclass(frozen=True, slots=True)
class ValidationOptions:
    """What a request relaxes: the least ``minReplicas``, and which API versions are let through unread."""

    least: int = 1
    any_target_version: bool = False
    target_without_group: bool = False
    any_object_version: bool = False


def options_for(hpa: Mapping[str, Any], old: Mapping[str, Any] | None, config: Config) -> ValidationOptions:
    """The options for a creation (``old`` is None) or an update."""
    new_target = _spec(hpa).get("scaleTargetRef") or {}
    old_spec = _spec(old or {})
    old_target = old_spec.get("scaleTargetRef") or {}
    same = old is not None and all(
        (old_target.get(name) or "") == (new_target.get(name) or "") for name in ("apiVersion", "kind")
    )
    had_zero = old is not None and old_spec.get("minReplicas") == 0
    return ValidationOptions(
        least=0 if config.gate("HPAScaleToZero") or had_zero else 1,
        any_target_version=same,
        target_without_group=not same and new_target.get("kind") == "ReplicationController",
        any_object_version=any(_has_bad_version(metric) for metric in old_spec.get("metrics") or ()),
    )


def _has_bad_version(metric: Mapping[str, Any]) -> bool:
    source = metric.get("object")
    if metric.get("type") != "Object" or source is None:
        return False
    return api_version_error(source.get("describedObject") or {}, group_needed=False) is not None


def validate(
    hpa: Mapping[str, Any], config: Config | None = None, old: Mapping[str, Any] | None = None
) -> list[FieldError]:
    """Every rule that the spec breaks; ``old`` is the object before an update."""
    config = config or Config()
    options = options_for(hpa, old, config)
    spec = _spec(hpa)
    target = spec.get("scaleTargetRef") or {}
    return [
        *_replica_errors(spec, config, options),
        *reference_errors(
            target,
            "spec.scaleTargetRef",
            any_version=options.any_target_version,
            group_needed=not options.target_without_group,
        ),
        *_metrics_errors(spec, options),
        *_behavior_errors(spec.get("behavior")),
    ]


def _spec(hpa: Mapping[str, Any]) -> Mapping[str, Any]:
    return hpa.get("spec") or {}


def _replica_errors(spec: Mapping[str, Any], config: Config, options: ValidationOptions) -> list[FieldError]:
    minimum, maximum = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    errors = []
    if minimum is not None and minimum < options.least:
        text = f"must be greater than or equal to {options.least}"
        errors.append(invalid("spec.minReplicas", minimum, text))
    if not config.since("1.36"):
        if maximum < 1:
            errors.append(invalid("spec.maxReplicas", maximum, "must be greater than 0"))
    elif maximum == 0:
        errors.append(required("spec.maxReplicas", "must be set and greater than 0"))
    elif maximum < 0:
        errors.append(invalid("spec.maxReplicas", maximum, "must be greater than or equal to 1"))
    if minimum is not None and maximum < minimum:
        errors.append(invalid("spec.maxReplicas", maximum, "must be greater than or equal to `minReplicas`"))
    return errors


def _metrics_errors(spec: Mapping[str, Any], options: ValidationOptions) -> list[FieldError]:
    metrics = spec.get("metrics") or []
    errors = []
    for index, metric in enumerate(metrics):
        errors += metric_errors(metric, f"spec.metrics[{index}]", any_version=options.any_object_version)
    types = {metric.get("type") for metric in metrics}
    if spec.get("minReplicas") == 0 and not types & {"Object", "External"}:
        text = "must specify at least one Object or External metric to support scaling to zero replicas"
        errors.append(forbidden("spec.metrics", text))
    return errors


def _behavior_errors(behavior: Mapping[str, Any] | None) -> list[FieldError]:
    errors = []
    for direction in ("scaleUp", "scaleDown"):
        rules = (behavior or {}).get(direction)
        if rules is not None:
            errors += _rules_errors(rules, f"spec.behavior.{direction}")
    return errors


def _rules_errors(rules: Mapping[str, Any], path: str) -> list[FieldError]:
    errors = []
    window = rules.get("stabilizationWindowSeconds")
    if window is not None and window < 0:
        errors.append(invalid(f"{path}.stabilizationWindowSeconds", window, "must be greater than or equal to zero"))
    if window is not None and window > MAX_WINDOW_S:
        text = f"must be less than or equal to {MAX_WINDOW_S}"
        errors.append(invalid(f"{path}.stabilizationWindowSeconds", window, text))
    select = rules.get("selectPolicy")
    if select is not None and select not in ("Disabled", "Max", "Min"):
        errors.append(not_supported(f"{path}.selectPolicy", select, ("Disabled", "Max", "Min")))
    policies = rules.get("policies") or []
    if not policies:
        errors.append(required(f"{path}.policies", "must specify at least one Policy"))
    for index, policy in enumerate(policies):
        errors += _policy_errors(policy, f"{path}.policies[{index}]")
    tolerance = rules.get("tolerance")
    if tolerance is not None and parse_quantity(tolerance) < 0:
        errors.append(invalid(f"{path}.tolerance", show_quantity(tolerance), "must be greater than or equal to 0"))
    return errors


def _policy_errors(policy: Mapping[str, Any], path: str) -> list[FieldError]:
    errors = []
    if policy.get("type") not in ("Pods", "Percent"):
        errors.append(not_supported(f"{path}.type", policy.get("type") or "", ("Percent", "Pods")))
    value, period = policy.get("value") or 0, policy.get("periodSeconds") or 0
    if value <= 0:
        errors.append(invalid(f"{path}.value", value, "must be greater than zero"))
    if period <= 0:
        errors.append(invalid(f"{path}.periodSeconds", period, "must be greater than zero"))
    if period > MAX_PERIOD_S:
        errors.append(invalid(f"{path}.periodSeconds", period, f"must be less than or equal to {MAX_PERIOD_S}"))
    return errors
