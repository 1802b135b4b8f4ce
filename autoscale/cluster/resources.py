"""Where the kinds that this project applies and watches live in the Kubernetes API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autoscale.base.errors import InputError, Problem


@dataclass(frozen=True)
class Resource:
    """One kind of the API: ``group`` is "" for the core group."""

    kind: str
    group: str
    version: str
    plural: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """As it stands in a manifest: ``v1`` or ``apps/v1``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str | None = None, sub: str | None = None) -> str:
        """The URL path of the collection, of one object, or of its subresource."""
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [part for part in (self.plural, name, sub) if part]
        return "/" + "/".join(parts)


_RBAC = "rbac.authorization.k8s.io"
# In the order in which they are applied; removal goes the other way round.
RESOURCES = (
    Resource("Namespace", "", "v1", "namespaces", namespaced=False),
    Resource("Node", "", "v1", "nodes", namespaced=False),
    Resource("ResourceQuota", "", "v1", "resourcequotas"),
    Resource("LimitRange", "", "v1", "limitranges"),
    Resource("PriorityClass", "scheduling.k8s.io", "v1", "priorityclasses", namespaced=False),
    Resource("ServiceAccount", "", "v1", "serviceaccounts"),
    Resource("Role", _RBAC, "v1", "roles"),
    Resource("RoleBinding", _RBAC, "v1", "rolebindings"),
    Resource("ConfigMap", "", "v1", "configmaps"),
    Resource("NetworkPolicy", "networking.k8s.io", "v1", "networkpolicies"),
    Resource("Service", "", "v1", "services"),
    Resource("PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets"),
    Resource("Deployment", "apps", "v1", "deployments"),
    Resource("StatefulSet", "apps", "v1", "statefulsets"),
    Resource("ReplicaSet", "apps", "v1", "replicasets"),
    Resource("Pod", "", "v1", "pods"),
    Resource("HorizontalPodAutoscaler", "autoscaling", "v2", "horizontalpodautoscalers"),
    Resource("Job", "batch", "v1", "jobs"),
    Resource("EndpointSlice", "discovery.k8s.io", "v1", "endpointslices"),
    Resource("Event", "", "v1", "events"),
)
_BY_KIND = {resource.kind: resource for resource in RESOURCES}


def resource_of(kind: str) -> Resource:
    """The resource of a kind; InputError for a kind that this project has no business with."""
    if kind not in _BY_KIND:
        raise InputError(
            f"kind {kind} is not one that a run can apply or watch",
            fix=f"apply it yourself before the run; a run handles {', '.join(sorted(_BY_KIND))}",
        )
    return _BY_KIND[kind]


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
