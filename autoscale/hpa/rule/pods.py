"""From pods and usage to what a metric counts: samples, groups of pods, requests."""

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from autoscale.hpa.config import Config
from autoscale.hpa.observation import Container, Pod, PodUsage, Sample


class MetricError(Exception):
    """A metric could not be computed; the text is upstream's."""


class PodGroups(NamedTuple):
    """How many pods count as ready, and the names of those that do not.

    Unready pods have no sample worth having yet, missing pods none at all, ignored pods are ending or have ended.
    """

    ready: int
    unready: frozenset[str]
    missing: frozenset[str]
    ignored: frozenset[str]


def pod_samples(usage: Iterable[PodUsage], resource: str) -> dict[str, Sample]:
    """One sample per pod, the sum over its containers in thousandths; none where a container lacks the resource."""
    samples: dict[str, Sample] = {}
    for item in usage:
        total = 0
        for values in item.containers.values():
            value = values.get(resource)
            if value is None:
                break
            total += value
        else:
            if item.containers:
                samples[item.pod] = Sample(total, item.at, item.window_s)
    return samples


def container_samples(usage: Iterable[PodUsage], resource: str, container: str) -> dict[str, Sample]:
    """One sample per pod of one container, in thousandths; none where the container or the resource is absent."""
    samples: dict[str, Sample] = {}
    for item in usage:
        value = item.containers.get(container, {}).get(resource)
        if value is not None:
            samples[item.pod] = Sample(value, item.at, item.window_s)
    return samples


def group_pods(
    pods: Iterable[Pod], samples: Mapping[str, Sample], resource: str, config: Config, now: float
) -> PodGroups:
    """Sort the pods by whether their samples count. ``resource`` is empty for a metric that is not a resource.

    Only for ``cpu`` does a sample's age matter: a starting pod's CPU says nothing about the load.
    """
    ignored_phases = ("Failed", "Succeeded") if config.since("master") else ("Failed",)
    ready, unready, missing, ignored = 0, [], [], []
    for pod in pods:
        if pod.deleting or pod.phase in ignored_phases:
            ignored.append(pod.name)
        elif pod.phase == "Pending":
            unready.append(pod.name)
        elif pod.name not in samples:
            missing.append(pod.name)
        elif resource == "cpu" and starting(pod, samples[pod.name], config, now):
            unready.append(pod.name)
        else:
            ready += 1
    return PodGroups(ready, frozenset(unready), frozenset(missing), frozenset(ignored))


def starting(pod: Pod, sample: Sample, config: Config, now: float) -> bool:
    """Whether a pod's CPU sample is not to be trusted yet.

    Within the initialisation period: until a whole window lies after the last change of readiness.
    Later: only where the pod is unready and never was ready.
    """
    if pod.ready is None or pod.started is None:
        return True
    changed = -math.inf if pod.ready_changed is None else pod.ready_changed
    if pod.started + config.cpu_initialization_period_s > now:
        return pod.ready == "False" or sample.at < changed + sample.window_s
    return pod.ready == "False" and pod.started + config.initial_readiness_delay_s > changed


def pod_requests(pods: Iterable[Pod], resource: str, container: str, config: Config) -> dict[str, int]:
    """What every pod requests of a resource, in thousandths; of one container where it is named.

    Pods that are ending count too. MetricError where a request is missing; it names the first such pod by name.
    """
    pod_level = config.gate("PodLevelResources") and not container

    def read(listed: Iterable[Pod]) -> dict[str, int]:
        return {pod.name: pod_request(pod, resource, container, config=config, pod_level=pod_level) for pod in listed}

    pods = tuple(pods)
    try:
        return read(pods)
    except MetricError:
        return read(sorted(pods, key=lambda pod: pod.name))


def pod_request(pod: Pod, resource: str, container: str, *, config: Config, pod_level: bool) -> int:
    """What one pod requests: one container, or its own requests where ``pod_level`` and set, or all containers.

    The pod's overhead is part of its own requests up to 1.37 (kubernetes/kubernetes#142154).
    """
    own = pod.pod_requests if config.since("master") else pod.pod_requests_with_overhead
    if pod_level and own is not None:
        if resource not in own:
            raise MetricError(f"missing pod-level request for {resource} in Pod {pod.name}")
        return own[resource]
    counted = (_named(pod, container),) if container else pod.containers
    total = 0
    for each in counted:
        request = each.requests.get(resource)
        if request is None:
            raise MetricError(f"missing request for {resource} in container {each.name} of Pod {pod.name}")
        total += request
    return total


def _named(pod: Pod, name: str) -> Container:
    for container in pod.containers:
        if container.name == name:
            return container
    raise MetricError(f"container {name} not found in Pod {pod.name}")
