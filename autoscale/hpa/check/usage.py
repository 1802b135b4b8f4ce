"""Rules about metrics: requests that are missing, and targets that usage can never reach."""

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

from autoscale.hpa.check.faults import Fault, PodContainer, Subject
from autoscale.hpa.check.sidecars import without_request
from autoscale.hpa.check.template import pod_of
from autoscale.hpa.reading.parse import complete
from autoscale.hpa.reading.quantities import show_milli
from autoscale.hpa.rule.pods import MetricError
from autoscale.hpa.rule.replicas import tolerances
from autoscale.hpa.spec import MetricSpec

SERVED = ("cpu", "memory")
_AMOUNTS = {"cpu": "100m", "memory": "128Mi"}
SLOW_GROWTH = 1.5  # a step that adds less than half takes minutes for a tenfold load
COARSE = 10  # thousandths: below it the next larger value is beyond the default tolerance


def request_missing(subject: Subject) -> Iterator[Fault]:
    """A utilization has no meaning without a request in every container that counts, or of the pod (finding F8)."""
    for _, metric, containers in _resource_metrics(subject):
        if metric.target.average_value is not None or metric.name not in SERVED:
            continue
        try:
            request = subject.request(metric)
        except MetricError as error:
            yield _missing(subject, metric, containers, error)
            continue
        if request == 0:
            what = f"the pods request 0 of {metric.name} in all, so no percentage can be had and the metric fails"
            patch = _requests(containers, metric.name)
            yield Fault(
                rule="request-zero",
                level="error",
                where=_workload(subject),
                what=what,
                fix="Request what it uses.",
                patch=patch,
            )


def _missing(subject: Subject, metric: MetricSpec, containers: Sequence[PodContainer], error: MetricError) -> Fault:
    missing = [each for each in containers if metric.name not in each.requests]
    what = f"the target is a percentage of the {metric.name} request, which is not set in "
    what += ", ".join(each.name for each in missing)
    what += ", so the metric fails with FailedGetResourceMetric and nothing is scaled"
    fix = "Request about what the container uses at the target load (unless a LimitRange sets a default)."
    if subject.template["spec"].get("resources"):
        what = f"the pods have requests of their own (spec.resources), and the metric fails: {error}"
        patch = {"spec": {"template": {"spec": {"resources": {"requests": {metric.name: _AMOUNTS[metric.name]}}}}}}
        return Fault(rule="request-missing", level="error", where=_workload(subject), what=what, fix=fix, patch=patch)
    return Fault(
        rule="request-missing",
        level="error",
        where=_workload(subject),
        what=what,
        fix=fix,
        patch=_requests(missing, metric.name),
    )


def sidecar_without_request(subject: Subject) -> Iterator[Fault]:
    """A sidecar that a webhook will put in counts like any other container."""
    for _, metric, _ in _resource_metrics(subject):
        if metric.type != "Resource" or metric.target.average_value is not None or _defaulted(subject, metric.name):
            continue
        for injector in without_request(subject.template, metric.name, subject.namespace):
            what = f"{injector.name} will put the container {injector.container} into the pods, with no {metric.name}"
            what += f" request of its own, and then the metric fails (missing request for {metric.name})"
            fix = f"Set {injector.requests[metric.name]}, or use a ContainerResource metric on your container."
            note = {injector.requests[metric.name]: _AMOUNTS[metric.name]}
            patch = {"spec": {"template": {"metadata": {"annotations": note}}}}
            yield Fault(
                rule="sidecar-request-missing",
                level="warning",
                where=_workload(subject),
                what=what,
                fix=fix,
                patch=patch,
            )


def _defaulted(subject: Subject, resource: str) -> bool:
    """Whether a LimitRange gives every container a request, injected ones too, or the pod has one of its own."""
    if ((subject.template.get("spec") or {}).get("resources") or {}).get("requests"):
        return True
    ranges = [each.object for each in subject.neighbours if each.kind == "LimitRange"]
    empty = pod_of({"spec": {"containers": [{"name": "injected"}]}}, ranges)
    return resource in (empty["spec"]["containers"][0]["resources"].get("requests") or {})


def resource_not_served(subject: Subject) -> Iterator[Fault]:
    """The resource metrics API knows CPU and memory."""
    for metric in subject.spec.metrics:
        if metric.type in ("Resource", "ContainerResource") and metric.name not in SERVED:
            what = (
                f"the metric names the resource {metric.name}, but metrics.k8s.io has cpu and memory only, so it fails"
            )
            fix = "Use a Pods or External metric, from an adapter that has it."
            yield subject.fault(rule="resource-not-served", level="error", what=what, fix=fix)


def container_missing(subject: Subject) -> Iterator[Fault]:
    """A ContainerResource metric names a container that the pods do not have."""
    names = [each.name for each in subject.containers()]
    for metric in subject.spec.metrics:
        if metric.type == "ContainerResource" and names and metric.container not in names:
            what = f"the metric names container {metric.container}, but the pods have {', '.join(names)}"
            yield subject.fault(rule="container-missing", level="error", what=what, fix="Correct the container's name.")


def target_unreachable(subject: Subject) -> Iterator[Fault]:
    """At its limit a pod still lies within the tolerance, so the HPA never scales up (finding F7)."""
    up = tolerances(subject.spec, subject.config).up
    for position, metric, containers in _resource_metrics(subject):
        highest = _highest_ratio(subject, metric, containers)
        if highest is not None and highest <= 1.0 + up:
            what = f"{_ceiling(subject, metric, containers)}, and more than {_threshold(metric, up)} would be needed"
            what += " to scale up"
            fix = f"Raise the {metric.name} limit (or drop it), or lower the target."
            patch = _lower_target(subject, position, highest / (2 * (1.0 + up)))
            yield subject.fault(rule="target-unreachable", level="error", what=what, fix=fix, patch=patch)


def growth_capped(subject: Subject) -> Iterator[Fault]:
    """The limit caps the signal, so every step up is small (finding F6)."""
    up = tolerances(subject.spec, subject.config).up
    for position, metric, containers in _resource_metrics(subject):
        highest = _highest_ratio(subject, metric, containers)
        if metric.name == "cpu" and highest is not None and 1.0 + up < highest < SLOW_GROWTH:
            what = f"{_ceiling(subject, metric, containers)}, so one step grows the size by at most {highest:.2f} times"
            fix = "Raise the cpu limit (or drop it), or lower the target, if load can jump."
            patch = _lower_target(subject, position, highest / 2)
            yield subject.fault(rule="growth-capped", level="warning", what=what, fix=fix, patch=patch)


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
            yield subject.fault(rule="target-mismatched", level="error", what=what, fix=fix)


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


def _highest_ratio(subject: Subject, metric: MetricSpec, containers: Sequence[PodContainer]) -> float | None:
    """Usage at the limits against the target; None where a limit or a request is not set."""
    limit, request = subject.limit(metric, containers), _request(subject, metric)
    if limit is None:
        return None
    if metric.target.average_value is not None:
        return limit / metric.target.average_value
    if not request or metric.target.average_utilization is None:
        return None
    return (100 * limit // request) / metric.target.average_utilization


def _request(subject: Subject, metric: MetricSpec) -> int | None:
    try:
        return subject.request(metric)
    except MetricError:
        return None


def _ceiling(subject: Subject, metric: MetricSpec, containers: Sequence[PodContainer]) -> str:
    """What usage cannot exceed."""
    limit = subject.limit(metric, containers) or 0
    shown = show_milli(limit, metric.name)
    if metric.target.average_value is not None:
        return f"with a {metric.name} limit of {shown} the average never exceeds {shown}"
    request = _request(subject, metric) or 1
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


def _requests(containers: Sequence[PodContainer], resource: str) -> dict[str, Any]:
    """A request for each container, in the list of the template in which it stands."""
    amount = _AMOUNTS[resource]
    parts = {each.part for each in containers}
    spec = {
        part: [
            {"name": one.name, "resources": {"requests": {resource: amount}}} for one in containers if one.part == part
        ]
        for part in sorted(parts)
    }
    return {"spec": {"template": {"spec": spec}}}


def _workload(subject: Subject) -> str:
    workload = subject.workload
    return subject.where if workload is None else f"{workload.file}: {workload.kind}/{workload.name}"


_TOTALS = re.compile(
    r"queue|backlog|pending|waiting|lag|depth|messages|jobs|requests|in_progress|connections|sessions|rps"
)


def value_of_a_whole(subject: Subject) -> Iterator[Fault]:
    """A ``value`` target multiplies the pods there are: of a total that they do not lower it never comes to rest."""
    for position, metric in enumerate(subject.spec.metrics):
        target = metric.target
        by_value = target.value is not None and target.average_value is None
        if metric.type not in ("Object", "External") or not by_value or not _TOTALS.search(metric.name.lower()):
            continue
        shown = show_milli(target.value or 0)
        what = f"spec.metrics[{position}] compares the whole of {metric.name} with a value of {shown}: each pass"
        what += " multiplies the pods by whole over target, which more pods do not lower, so it grows to maxReplicas"
        fix = "Set averageValue, what one pod may have of it; value is for what falls when pods are added (a latency)."
        yield subject.fault(rule="value-of-a-whole", level="warning", what=what, fix=fix)


def target_coarse(subject: Subject) -> Iterator[Fault]:
    """Values are whole thousandths, rounded up, or cut off by the adapter: a target of a few has no values between."""
    for position, metric in enumerate(subject.spec.metrics):
        target = metric.target.average_value if metric.target.value is None else metric.target.value
        if target is None or not 0 < target < COARSE or metric.type not in ("Pods", "Object", "External"):
            continue
        what = f"spec.metrics[{position}] aims at {show_milli(target)} of {metric.name}, and the HPA knows whole"
        what += f" thousandths only: the next value above asks for {(target + 1) / target:.2f} times the pods"
        fix = "Measure in a smaller unit (milliseconds for seconds, percent for a ratio), and set the target in it."
        yield subject.fault(rule="target-coarse", level="warning", what=what, fix=fix)


USAGE_RULES = (
    request_missing,
    sidecar_without_request,
    resource_not_served,
    container_missing,
    target_unreachable,
    growth_capped,
    target_mismatched,
    value_of_a_whole,
    target_coarse,
)
