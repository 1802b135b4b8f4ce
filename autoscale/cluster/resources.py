"""The kinds that a run applies and watches, in the order in which they are applied."""

from collections.abc import Mapping
from typing import Any

from autoscale.base.errors import InputError, Problem
from autoscale.kube.kinds import BY_KIND
from autoscale.kube.resource import Resource

# In the order in which they are applied; removal goes the other way round.
RESOURCES = tuple(
    BY_KIND[kind]
    for kind in (
        "Namespace",
        "Node",
        "ResourceQuota",
        "LimitRange",
        "PriorityClass",
        "ServiceAccount",
        "Role",
        "RoleBinding",
        "ConfigMap",
        "NetworkPolicy",
        "Service",
        "PodDisruptionBudget",
        "Deployment",
        "StatefulSet",
        "ReplicaSet",
        "Pod",
        "HorizontalPodAutoscaler",
        "ScaledObject",
        "VerticalPodAutoscaler",
        "Job",
        "EndpointSlice",
        "Event",
    )
)


def resource_of(kind: str) -> Resource:
    """The resource of a kind; InputError for a kind that this project has no business with."""
    if BY_KIND.get(kind) not in RESOURCES:
        known = ", ".join(sorted(resource.kind for resource in RESOURCES))
        raise InputError(
            f"kind {kind} is not one that a run can apply or watch",
            fix=f"apply it yourself before the run; a run handles {known}",
        )
    return BY_KIND[kind]


def path_of(obj: Mapping[str, Any], namespace: str) -> str:
    """The URL path of one manifest, in its own namespace or else the given one."""
    resource = resource_of(obj["kind"])
    if obj.get("apiVersion") != resource.api_version:
        raise InputError(
            "a manifest has the wrong apiVersion",
            problems=[
                Problem(
                    f"{obj['kind']}/{obj['metadata']['name']}: apiVersion",
                    repr(obj.get("apiVersion")),
                    resource.api_version,
                )
            ],
        )
    metadata = obj["metadata"]
    return resource.path(metadata.get("namespace") or namespace, metadata["name"])
