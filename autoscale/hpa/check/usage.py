"""Rules about metrics: requests that are missing, and targets that usage can never reach."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from autoscale.hpa.check.faults import Fault, PodContainer, Subject
from autoscale.hpa.config import Config
from autoscale.hpa.reading.parse import complete
from autoscale.hpa.reading.quantities import show_milli
from autoscale.hpa.rule.replicas import tolerances
from autoscale.hpa.spec import MetricSpec

SLOW_GROWTH = 1.5  # a step that adds less than half takes minutes for a tenfold load


def request_missing(subject: Subject) -> Iterator[Fault]:
    """A utilization has no meaning without a request in every container that counts (finding F8)."""
    for _, metric, containers in _resource_metrics(subject):
        missing = [each.name for each in containers if not each.requests.get(metric.name)]
        if missing and metric.target.average_value is None:
            what = f"the target is a percentage of the {metric.name} request, which is not set in {', '.join(missing)}"
            what += ", so the metric fails with FailedGetResourceMetric and nothing is scaled"
            fix = "Request about what the container uses at the target load (unless a LimitRange sets a default)."
            yield Fault("request-missing", "error", _workload(subject), what, fix, _requests(missing, metric.name))


def container_missing(subject: Subject) -> Iterator[Fault]:
    """A ContainerResource metric names a container that the pods do not have."""
    names = [each.name for each in subject.containers()]
    for metric in subject.spec.metrics:
        if metric.type == "ContainerResource" and names and metric.container not in names:
            what = f"the metric names container {metric.container}, but the pods have {', '.join(names)}"
            yield Fault("container-missing", "error", subject.where, what, "Correct the container's name.")


def target_unreachable(subject: Subject) -> Iterator[Fault]:
    """At its limit a pod still lies within the tolerance, so the HPA never scales up (finding F7)."""
    up = tolerances(subject.spec, Config()).up
    for position, metric, containers in _resource_metrics(subject):
        highest = _highest_ratio(metric, containers)
        if highest is not None and highest <= 1.0 + up:
            what = f"{_ceiling(metric, containers)}, and more than {_threshold(metric, up)} would be needed to scale up"
            fix = f"Raise the {metric.name} limit (or drop it), or lower the target."
            patch = _lower_target(subject, position, highest / (2 * (1.0 + up)))
            yield Fault("target-unreachable", "error", subject.where, what, fix, patch)


def growth_capped(subject: Subject) -> Iterator[Fault]:
    """The limit caps the signal, so every step up is small (finding F6)."""
    up = tolerances(subject.spec, Config()).up
    for position, metric, containers in _resource_metrics(subject):
        highest = _highest_ratio(metric, containers)
        if metric.name == "cpu" and highest is not None and 1.0 + up < highest < SLOW_GROWTH:
            what = f"{_ceiling(metric, containers)}, so one step grows the size by at most {highest:.2f} times"
            fix = "Raise the cpu limit (or drop it), or lower the target, if load can jump."
            patch = _lower_target(subject, position, highest / 2)
            yield Fault("growth-capped", "warning", subject.where, what, fix, patch)


def target_mismatched(subject: Subject) -> Iterator[Fault]:
    """An Object metric goes by its target's type, and fails where the field of that type is absent."""
    for position, metric in enumerate(subject.spec.metrics):
        target = metric.target
        fits = (target.type == "Value" and target.value is not None) or (
            target.type == "AverageValue" and target.average_value is not None
        )
        if metric.type == "Object" and not fits:
            what = f"metrics[{position}] has target type {target.type} without its field, so it fails in every pass"
            fix = "Set type Value with value, or type AverageValue with averageValue."
            yield Fault("target-mismatched", "error", subject.where, what, fix)


def _resource_metrics(subject: Subject) -> Iterator[tuple[int, MetricSpec, tuple[PodContainer, ...]]]:
    """Each resource metric with the containers that it counts; nothing where the target is not in the files."""
    containers = subject.containers()
    for position, metric in enumerate(subject.spec.metrics):
        if metric.type == "Resource" and containers:
            yield position, metric, containers
        elif metric.type == "ContainerResource":
            named = tuple(each for each in containers if each.name == metric.container)
            if named:
                yield position, metric, named


def _highest_ratio(metric: MetricSpec, containers: Sequence[PodContainer]) -> float | None:
    """Usage at the limits against the target; None where a limit or a request is not set."""
    limit = _sum(containers, "limits", metric.name)
    if limit is None:
        return None
    if metric.target.average_value is not None:
        return limit / metric.target.average_value
    request = _sum(containers, "requests", metric.name)
    if not request or metric.target.average_utilization is None:
        return None
    return (100 * limit // request) / metric.target.average_utilization


def _sum(containers: Sequence[PodContainer], which: str, resource: str) -> int | None:
    values = [getattr(each, which).get(resource) for each in containers]
    return None if None in values else sum(values)


def _ceiling(metric: MetricSpec, containers: Sequence[PodContainer]) -> str:
    """What usage cannot exceed."""
    limit = _sum(containers, "limits", metric.name) or 0
    request = _sum(containers, "requests", metric.name) or 0
    shown = show_milli(limit, metric.name)
    if metric.target.average_value is not None:
        return f"with a {metric.name} limit of {shown} the average never exceeds {shown}"
    asked = show_milli(request, metric.name)
    return f"with a {metric.name} limit of {shown} and a request of {asked} it never exceeds {100 * limit // request} %"


def _threshold(metric: MetricSpec, up: float) -> str:
    if metric.target.average_value is not None:
        return show_milli(math.ceil(metric.target.average_value * (1.0 + up)), metric.name)
    return f"{(metric.target.average_utilization or 0) * (1.0 + up):g} %"


def _lower_target(subject: Subject, position: int, factor: float) -> dict[str, Any]:
    """All metrics, with one target multiplied: the list of metrics can only be replaced as a whole."""
    metrics = complete(subject.hpa.object)["spec"]["metrics"]
    metric = subject.spec.metrics[position]
    target = metrics[position][metric.type[:1].lower() + metric.type[1:]]["target"]
    if metric.target.average_value is not None:
        target["averageValue"] = show_milli(max(1, math.floor(metric.target.average_value * factor)))
    else:
        target["averageUtilization"] = max(1, math.floor((metric.target.average_utilization or 0) * factor))
    return {"spec": {"metrics": metrics}}


def _requests(names: Sequence[str], resource: str) -> dict[str, Any]:
    amount = "100m" if resource == "cpu" else "128Mi"
    containers = [{"name": name, "resources": {"requests": {resource: amount}}} for name in names]
    return {"spec": {"template": {"spec": {"containers": containers}}}}


def _workload(subject: Subject) -> str:
    workload = subject.workload
    return subject.where if workload is None else f"{workload.file}: {workload.kind}/{workload.name}"


USAGE_RULES = (request_missing, container_missing, target_unreachable, growth_capped, target_mismatched)
