"""One metric of the spec: its proposal, its name in texts, its status entry, or the error it fails with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autoscale.hpa.config import Config
from autoscale.hpa.observation import Observation, Sample, Scale
from autoscale.hpa.reading.quantities import show_milli
from autoscale.hpa.rule.pods import MetricError, container_samples, pod_samples
from autoscale.hpa.rule.replicas import (
    Proposal,
    Tolerances,
    average_replicas,
    external_average_replicas,
    external_average_usage,
    external_usage,
    object_average_replicas,
    resource_replicas,
    value_replicas,
)
from autoscale.hpa.spec import MetricSpec
from autoscale.kube.go import show_selector
from autoscale.kube.selectors import label_selector_error

MetricStatus = Mapping[str, Any]
EMPTY_STATUS: MetricStatus = {"type": ""}
_NO_TARGET = "invalid {} metric source: neither a value target nor an average value target was set"


@dataclass(frozen=True, slots=True)
class Computed:
    """A metric that works: ``name`` is what texts call it, ``status`` its entry of ``currentMetrics``."""

    proposal: Proposal
    name: str
    status: MetricStatus


@dataclass(frozen=True, slots=True)
class Failed:
    """A metric that does not: ``cause`` goes into event and condition, ``error`` (longer) into the pass's error."""

    reason: str
    cause: str
    error: str


@dataclass(frozen=True, slots=True)
class Pass:
    """What every metric of a pass is computed with; ``scale`` is the one that was read."""

    observation: Observation
    scale: Scale
    within: Tolerances
    config: Config


def compute_metric(position: int, metric: MetricSpec, at: Pass) -> Computed | Failed:
    """Compute the metric at ``position`` of the spec."""
    if metric.type == "Resource" or metric.type == "ContainerResource":
        return _resource(position, metric, at)
    if metric.type == "Pods":
        return _pods(position, metric, at)
    if metric.type == "Object":
        return _object(position, metric, at)
    if metric.type == "External":
        return _external(position, metric, at)
    error = f'unknown metric source type "{metric.type}"'
    return Failed("InvalidMetricSourceType", error, error)


def _resource(position: int, metric: MetricSpec, at: Pass) -> Computed | Failed:
    source, label = ("resource", metric.name) if metric.type == "Resource" else ("container", metric.container)
    prefix = f"failed to get {label} {source} metric value: "
    reason = f"FailedGet{metric.type}Metric"
    if metric.target.average_value is None and metric.target.average_utilization is None:
        cause = (
            "invalid resource metric source: neither an average utilization target nor an average value (usage) "
            "target was set"
        )
        return Failed(reason, cause, prefix + cause)
    kind = "utilization" if metric.target.average_value is None else "usage"
    try:
        proposal = _resource_proposal(position, metric, at)
    except MetricError as error:
        cause = f"failed to get {metric.name} {kind}: {error}"
        return Failed(reason, cause, prefix + cause)
    return Computed(proposal, _resource_name(metric), _resource_status(metric, proposal))


def _resource_proposal(position: int, metric: MetricSpec, at: Pass) -> Proposal:
    seen, target = at.observation, metric.target
    current = at.scale.spec_replicas
    samples = _resource_samples(position, metric, seen)
    if target.average_value is not None:
        return average_replicas(
            current, target.average_value, metric.name, samples, seen.pods, at.within, at.config, seen.now
        )
    percent = target.average_utilization or 0
    return resource_replicas(
        current, percent, metric.name, metric.container, samples, seen.pods, at.within, at.config, seen.now
    )


def _resource_samples(position: int, metric: MetricSpec, seen: Observation) -> dict[str, Sample]:
    prefix = f"unable to get metrics for resource {metric.name}: "
    if position in seen.metric_errors:
        raise MetricError(f"{prefix}unable to fetch metrics from resource metrics API: {seen.metric_errors[position]}")
    if not seen.usage:
        raise MetricError(f"{prefix}no metrics returned from resource metrics API")
    if metric.container:
        return container_samples(seen.usage, metric.name, metric.container)
    return pod_samples(seen.usage, metric.name)


def _resource_name(metric: MetricSpec) -> str:
    if metric.target.average_value is not None:
        return f"{metric.name} resource"
    source = "resource" if metric.type == "Resource" else "container resource"
    return f"{metric.name} {source} utilization (percentage of request)"


def _resource_status(metric: MetricSpec, proposal: Proposal) -> MetricStatus:
    current: dict[str, Any] = {"averageValue": show_milli(proposal.value, metric.name)}
    if proposal.percent is not None:
        current["averageUtilization"] = proposal.percent
    if metric.type == "Resource":
        return {"type": "Resource", "resource": {"name": metric.name, "current": current}}
    source = {"name": metric.name, "container": metric.container, "current": current}
    return {"type": "ContainerResource", "containerResource": source}


def _pods(position: int, metric: MetricSpec, at: Pass) -> Computed | Failed:
    seen = at.observation
    try:
        _check_selector(metric)
        samples = _pods_samples(position, metric, seen)
        target = metric.target.average_value or 0
        proposal = average_replicas(
            at.scale.spec_replicas, target, "", samples, seen.pods, at.within, at.config, seen.now
        )
    except MetricError as error:
        return Failed("FailedGetPodsMetric", str(error), f"failed to get pods metric value: {error}")
    current = {"averageValue": show_milli(proposal.value)}
    status = {"type": "Pods", "pods": {"metric": _identifier(metric), "current": current}}
    return Computed(proposal, f"pods metric {metric.name}", status)


def _pods_samples(position: int, metric: MetricSpec, seen: Observation) -> Mapping[str, Sample]:
    prefix = f"unable to get metric {metric.name}: "
    if position in seen.metric_errors:
        raise MetricError(f"{prefix}unable to fetch metrics from custom metrics API: {seen.metric_errors[position]}")
    samples = seen.pods_metrics.get(position)
    if not samples:
        raise MetricError(f"{prefix}no metrics returned from custom metrics API")
    return samples


def _object(position: int, metric: MetricSpec, at: Pass) -> Computed | Failed:
    target = metric.target
    by_value = target.type == "Value" and target.value is not None
    prefix = "failed to get object metric value: "
    try:
        _check_selector(metric)
        if by_value:
            proposal = _object_value(position, metric, at)
        elif target.type == "AverageValue" and target.average_value is not None:
            prefix += f"failed to get {metric.name} object metric: "
            proposal = _object_average(position, metric, at)
        else:
            raise MetricError(
                "invalid object metric source: neither a value target nor an average value target was set"
            )
    except MetricError as error:
        return Failed("FailedGetObjectMetric", str(error), f"{prefix}{error}")
    described = metric.described_object
    kind = described.kind if described else ""
    name = f"{kind} metric {metric.name}" if by_value else _series_name(metric)
    current = {"value" if by_value else "averageValue": show_milli(proposal.value)}
    source = {"metric": _identifier(metric), "current": current, "describedObject": _reference(metric)}
    return Computed(proposal, name, {"type": "Object", "object": source})


def _object_value(position: int, metric: MetricSpec, at: Pass) -> Proposal:
    usage = _object_usage(position, metric, at)
    return value_replicas(at.scale.spec_replicas, usage, metric.target.value or 0, at.observation.pods, at.within)


def _object_average(position: int, metric: MetricSpec, at: Pass) -> Proposal:
    usage = _object_usage(position, metric, at)
    target = metric.target.average_value or 0
    return object_average_replicas(at.scale.status_replicas, usage, target, at.within, at.config)


def _object_usage(position: int, metric: MetricSpec, at: Pass) -> int:
    seen, described = at.observation, metric.described_object
    kind, name = (described.kind, described.name) if described else ("", "")
    usage = seen.object_metrics.get(position)
    if position not in seen.metric_errors and usage is not None:
        return usage
    cause = seen.metric_errors.get(position, f"the server could not find the metric {metric.name} for {kind} {name}")
    cause = f"unable to fetch metrics from custom metrics API: {cause}"
    if at.config.since("1.37"):
        raise MetricError(f"unable to get metric {metric.name} on {kind} {seen.namespace}/{name}: {cause}")
    # Older releases print the arguments in another order than their text asks for.
    raise MetricError(f"unable to get metric {metric.name}: {kind} on {seen.namespace} {name}/{cause}")


def _external(position: int, metric: MetricSpec, at: Pass) -> Computed | Failed:
    target = metric.target
    prefix = f"failed to get {metric.name} external metric value: "
    try:
        if target.average_value is not None:
            prefix += f"failed to get {metric.name} external metric: "
            total = external_average_usage(_series(position, metric, at))
            proposal = external_average_replicas(
                at.scale.status_replicas, total, target.average_value, at.within, at.config
            )
        elif target.value is not None:
            prefix += f"failed to get external metric {metric.name}: "
            total = external_usage(_series(position, metric, at))
            proposal = value_replicas(at.scale.spec_replicas, total, target.value, at.observation.pods, at.within)
        else:
            raise MetricError(_NO_TARGET.format("external"))
    except MetricError as error:
        return Failed("FailedGetExternalMetric", str(error), f"{prefix}{error}")
    current = {"value" if target.average_value is None else "averageValue": show_milli(proposal.value)}
    status = {"type": "External", "external": {"metric": _identifier(metric), "current": current}}
    return Computed(proposal, _series_name(metric), status)


def _series(position: int, metric: MetricSpec, at: Pass) -> tuple[int, ...]:
    _check_selector(metric)
    seen = at.observation
    series = seen.external_metrics.get(position, ())
    if position not in seen.metric_errors and series:
        return series
    if position in seen.metric_errors:
        cause = f"unable to fetch metrics from external metrics API: {seen.metric_errors[position]}"
    else:
        cause = "no metrics returned from external metrics API"
    where = f"{seen.namespace}/{metric.name}/{show_selector(metric.selector)}"
    raise MetricError(f"unable to get external metric {where}: {cause}")


def _check_selector(metric: MetricSpec) -> None:
    error = label_selector_error(metric.selector)
    if error is not None:
        raise MetricError(error)


def _series_name(metric: MetricSpec) -> str:
    return f"external metric {metric.name}({show_selector(metric.selector)})"


def _identifier(metric: MetricSpec) -> dict[str, Any]:
    if metric.selector is None:
        return {"name": metric.name}
    return {"name": metric.name, "selector": dict(metric.selector)}


def _reference(metric: MetricSpec) -> dict[str, str]:
    described = metric.described_object
    if described is None:
        return {"kind": "", "name": ""}
    reference = {"kind": described.kind, "name": described.name}
    return reference | {"apiVersion": described.api_version} if described.api_version else reference
