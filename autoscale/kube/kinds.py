"""What kinds of object the embedded cluster has, and how objects are named.

Objects are plain dicts as the API has them. Kinds are unique here, so the kind alone ("Pod") names the resource.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autoscale.kube.quantities import parse_quantity

Object = dict[str, Any]
Key = tuple[str, str, str]
"""(kind, namespace or "" where the kind is cluster-wide, name)"""

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
READ_VERBS = ("get", "list")


@dataclass(frozen=True)
class Resource:
    """One row of the resource table. ``subresources`` are served under ``plural/name/``."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    categories: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """``v1`` or ``apps/v1``, as objects write it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """``pods`` or ``deployments.apps``, as error messages write it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


_ALL = ("all",)
_RBAC = "rbac.authorization.k8s.io"

TABLE = (
    Resource("", "v1", "pods", "Pod", True, ("po",), ("status", "log", "proxy", "eviction", "resize"), categories=_ALL),
    Resource("", "v1", "services", "Service", True, ("svc",), ("status", "proxy"), categories=_ALL),
    Resource("", "v1", "events", "Event", True, ("ev",)),
    Resource("", "v1", "namespaces", "Namespace", False, ("ns",), ("status",)),
    Resource("", "v1", "nodes", "Node", False, ("no",), ("status",)),
    Resource("", "v1", "configmaps", "ConfigMap", True, ("cm",)),
    Resource("", "v1", "secrets", "Secret"),
    Resource("", "v1", "serviceaccounts", "ServiceAccount", True, ("sa",)),
    Resource("apps", "v1", "deployments", "Deployment", True, ("deploy",), ("status", "scale"), categories=_ALL),
    Resource("apps", "v1", "replicasets", "ReplicaSet", True, ("rs",), ("status", "scale"), categories=_ALL),
    Resource("batch", "v1", "jobs", "Job", True, (), ("status",), categories=_ALL),
    Resource(
        "autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", True, ("hpa",), ("status",),
        categories=_ALL,
    ),
    Resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice"),
    Resource("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", True, ("pdb",), ("status",)),
    Resource(_RBAC, "v1", "roles", "Role"),
    Resource(_RBAC, "v1", "rolebindings", "RoleBinding"),
    Resource(_RBAC, "v1", "clusterroles", "ClusterRole", False),
    Resource(_RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", False),
    Resource("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", False, ("pc",)),
    Resource("coordination.k8s.io", "v1", "leases", "Lease"),
    Resource("metrics.k8s.io", "v1beta1", "pods", "PodMetrics", True, verbs=READ_VERBS),
    Resource("metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics", False, verbs=READ_VERBS),
    Resource("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", False,
             verbs=("create",)),
    Resource("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", False, verbs=("create",)),
)  # fmt: skip

RESOURCES: Mapping[str, Resource] = {resource.kind: resource for resource in TABLE}
"""By kind."""

BY_PATH: Mapping[tuple[str, str, str], Resource] = {(r.group, r.version, r.plural): r for r in TABLE}
"""By (group, version, plural), as a request's path has them."""


def key_of(obj: Object) -> Key:
    """The key of an object; KeyError where it has no kind or no name."""
    metadata = obj["metadata"]
    namespaced = RESOURCES[obj["kind"]].namespaced
    return obj["kind"], (metadata.get("namespace") or "default") if namespaced else "", metadata["name"]


def reference(obj: Object) -> Object:
    """An ObjectReference to the object, as events carry it in ``involvedObject``."""
    metadata = obj["metadata"]
    return {
        "kind": obj["kind"],
        "namespace": metadata.get("namespace"),
        "name": metadata["name"],
        "uid": metadata.get("uid"),
        "apiVersion": RESOURCES[obj["kind"]].api_version,
        "resourceVersion": metadata.get("resourceVersion"),
    }


def initial_status(obj: Object) -> Object | None:
    """The status that the API server gives a new object of this kind; None where the kind has none.

    What a client sends as status of a new object is dropped, except for nodes, as upstream's strategies do.
    """
    kind = obj["kind"]
    if kind == "Node":
        return obj.get("status") or {}
    if "status" not in RESOURCES[kind].subresources:
        return None
    if kind == "Pod":
        return {"phase": "Pending", "qosClass": qos_class(obj)}
    fixed: dict[str, Object] = {
        "Namespace": {"phase": "Active"},
        "Service": {"loadBalancer": {}},
        "ReplicaSet": {"replicas": 0},
        "HorizontalPodAutoscaler": {"currentMetrics": None, "desiredReplicas": 0},
        "PodDisruptionBudget": {
            "currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0,
        },
    }  # fmt: skip
    return fixed.get(kind, {})


def qos_class(pod: Object) -> str:
    """Guaranteed, Burstable or BestEffort, from CPU and memory requests and limits of all containers.

    Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
    """
    spec = pod.get("spec", {})
    containers = [*spec.get("initContainers", []), *spec.get("containers", [])]
    asked = [_positive(c.get("resources", {}).get("requests")) for c in containers]
    limits = [_positive(c.get("resources", {}).get("limits")) for c in containers]
    if not any(asked) and not any(limits):
        return "BestEffort"
    for request, limit in zip(asked, limits, strict=True):
        if set(limit) != {"cpu", "memory"} or any(request.get(name, limit[name]) != limit[name] for name in limit):
            return "Burstable"
    return "Guaranteed"


def _positive(quantities: Object | None) -> dict[str, Any]:
    named = {name: parse_quantity((quantities or {}).get(name, 0)) for name in ("cpu", "memory")}
    return {name: value for name, value in named.items() if value > 0}
