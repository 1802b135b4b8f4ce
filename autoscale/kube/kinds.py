"""What kinds of object there are, and how objects are named.

Objects are plain dicts as the API has them. Kinds are unique here, so the kind alone ("Pod") names the resource.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autoscale.kube.quantities import parse_quantity
from autoscale.kube.schema import Type, type_of

Object = dict[str, Any]
Key = tuple[str, str, str]
"""(kind, namespace or "" where the kind is cluster-wide, name)"""

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
READ_VERBS = ("get", "list")


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One row of the table of kinds: all that is known of a kind apart from its schema.

    ``group`` is "" for the core group. ``subresources`` are served under ``plural/name/``. ``status``: what the API
    server gives a new object that has that subresource. ``generation``: whether changes of the spec are counted.
    ``immutable``: paths that an update must not change. ``selectable``: fields that a field selector may name, beside
    name and namespace. ``effect``: where the embedded cluster stores the kind but nothing follows from it, what that
    means. ``stored``: False where this is another form of a kind that is stored as another row has it (``forms``).
    ``served``: whether the embedded cluster has the kind; the others are known from real clusters. ``defined``: the
    version of a CustomResourceDefinition that a custom kind comes from, ``structure`` its schema's type, and ``names``
    what it calls one of them and a list.
    """

    group: str = ""
    version: str = "v1"
    plural: str
    kind: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    categories: tuple[str, ...] = ()
    status: Mapping[str, Any] = field(default_factory=dict)
    generation: bool = False
    immutable: tuple[str, ...] = ()
    selectable: tuple[str, ...] = ()
    effect: str = ""
    served: bool = True
    stored: bool = True
    defined: Mapping[str, Any] | None = None
    structure: Type | None = None
    names: tuple[str, str] | None = None

    @property
    def shelf(self) -> str:
        """What the store keeps its objects under: the kind, or a custom one's definition, as other groups may have
        kinds of that name."""
        return self.kind if self.defined is None else self.qualified

    @property
    def singular(self) -> str:
        """``deployment``, as discovery names it."""
        return self.names[0] if self.names else self.kind.lower()

    @property
    def list_kind(self) -> str:
        """``DeploymentList``."""
        return self.names[1] if self.names else f"{self.kind}List"

    @property
    def type(self) -> Type | None:
        """The type of its objects; None where there is no schema."""
        return type_of(self.schema) if self.defined is None else self.structure

    @property
    def api_version(self) -> str:
        """``v1`` or ``apps/v1``, as objects write it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def schema(self) -> str:
        """The name of its type in the schema."""
        return self.kind if self.stored else f"{self.group.partition('.')[0]}.{self.version}.{self.kind}"

    @property
    def qualified(self) -> str:
        """``pods`` or ``deployments.apps``, as error messages write it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str | None = None, name: str | None = None, sub: str | None = None) -> str:
        """The URL path of the collection, of one object, or of its subresource."""
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [part for part in (self.plural, name, sub) if part]
        return "/" + "/".join(parts)


_ALL = ("all",)
_RBAC = "rbac.authorization.k8s.io"
_NO_RBAC = "whoever has the token may do everything"

KINDS = (
    Resource(
        plural="pods",
        kind="Pod",
        short=("po",),
        categories=_ALL,
        generation=True,
        subresources=("status", "log", "proxy", "eviction", "resize", "exec", "attach", "portforward"),
        selectable=(
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ),
    ),
    Resource(
        plural="services",
        kind="Service",
        short=("svc",),
        subresources=("status", "proxy"),
        categories=_ALL,
        status={"loadBalancer": {}},
        immutable=("spec.clusterIP",),
        selectable=("spec.clusterIP", "spec.type"),
    ),
    Resource(
        plural="events",
        kind="Event",
        short=("ev",),
        selectable=(
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ),
    ),
    Resource(
        plural="namespaces",
        kind="Namespace",
        namespaced=False,
        short=("ns",),
        subresources=("status",),
        status={"phase": "Active"},
        selectable=("status.phase",),
    ),
    Resource(
        plural="nodes",
        kind="Node",
        namespaced=False,
        short=("no",),
        subresources=("status",),
        selectable=("spec.unschedulable",),
    ),
    Resource(plural="configmaps", kind="ConfigMap", short=("cm",)),
    Resource(
        plural="secrets",
        kind="Secret",
        immutable=("type",),
        selectable=("type",),
    ),
    Resource(plural="serviceaccounts", kind="ServiceAccount", short=("sa",)),
    Resource(plural="endpoints", kind="Endpoints", short=("ep",)),
    Resource(plural="resourcequotas", kind="ResourceQuota", short=("quota",), subresources=("status",)),
    Resource(plural="limitranges", kind="LimitRange", short=("limits",)),
    Resource(
        group="apps",
        plural="deployments",
        kind="Deployment",
        short=("deploy",),
        subresources=("status", "scale"),
        categories=_ALL,
        generation=True,
        immutable=("spec.selector",),
    ),
    Resource(
        group="apps",
        plural="replicasets",
        kind="ReplicaSet",
        short=("rs",),
        subresources=("status", "scale"),
        categories=_ALL,
        generation=True,
        immutable=("spec.selector",),
        status={"replicas": 0},
        selectable=("status.replicas",),
    ),
    Resource(
        group="apps",
        plural="statefulsets",
        kind="StatefulSet",
        short=("sts",),
        subresources=("status", "scale"),
        categories=_ALL,
        generation=True,
        immutable=("spec.selector", "spec.serviceName", "spec.podManagementPolicy"),
        status={"replicas": 0, "availableReplicas": 0},
    ),
    Resource(
        group="apps",
        plural="daemonsets",
        kind="DaemonSet",
        short=("ds",),
        subresources=("status",),
        categories=_ALL,
        generation=True,
        immutable=("spec.selector",),
        status=dict.fromkeys(
            ("currentNumberScheduled", "desiredNumberScheduled", "numberMisscheduled", "numberReady"), 0
        ),
    ),
    Resource(group="apps", plural="controllerrevisions", kind="ControllerRevision", immutable=("data",)),
    Resource(
        group="batch",
        plural="cronjobs",
        kind="CronJob",
        short=("cj",),
        subresources=("status",),
        categories=_ALL,
        generation=True,
    ),
    Resource(
        group="batch",
        plural="jobs",
        kind="Job",
        subresources=("status",),
        categories=_ALL,
        generation=True,
        immutable=("spec.selector", "spec.template", "spec.completionMode"),
        selectable=("status.successful",),
    ),
    Resource(
        group="autoscaling",
        version="v2",
        plural="horizontalpodautoscalers",
        kind="HorizontalPodAutoscaler",
        short=("hpa",),
        subresources=("status",),
        categories=_ALL,
        status={"currentMetrics": None, "desiredReplicas": 0},
    ),
    Resource(
        group="autoscaling",
        plural="horizontalpodautoscalers",
        kind="HorizontalPodAutoscaler",
        short=("hpa",),
        subresources=("status",),
        categories=_ALL,
        stored=False,
    ),
    Resource(group="events.k8s.io", plural="events", kind="Event", short=("ev",), stored=False),
    Resource(group="discovery.k8s.io", plural="endpointslices", kind="EndpointSlice"),
    Resource(
        group="policy",
        plural="poddisruptionbudgets",
        kind="PodDisruptionBudget",
        short=("pdb",),
        subresources=("status",),
        generation=True,
        effect="evictions are not limited",
        status={"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0},
    ),
    Resource(group=_RBAC, plural="roles", kind="Role", effect=_NO_RBAC),
    Resource(group=_RBAC, plural="rolebindings", kind="RoleBinding", immutable=("roleRef",), effect=_NO_RBAC),
    Resource(group=_RBAC, plural="clusterroles", kind="ClusterRole", namespaced=False, effect=_NO_RBAC),
    Resource(
        group=_RBAC,
        plural="clusterrolebindings",
        kind="ClusterRoleBinding",
        namespaced=False,
        immutable=("roleRef",),
        effect=_NO_RBAC,
    ),
    Resource(
        group="scheduling.k8s.io",
        plural="priorityclasses",
        kind="PriorityClass",
        namespaced=False,
        short=("pc",),
        effect="pods are not preempted",
    ),
    Resource(group="coordination.k8s.io", plural="leases", kind="Lease"),
    Resource(
        group="apiextensions.k8s.io",
        plural="customresourcedefinitions",
        kind="CustomResourceDefinition",
        namespaced=False,
        short=("crd", "crds"),
        subresources=("status",),
        categories=("api-extensions",),
        generation=True,
        immutable=("spec.group", "spec.names.plural", "spec.names.kind", "spec.scope"),
    ),
    Resource(group="metrics.k8s.io", version="v1beta1", plural="pods", kind="PodMetrics", verbs=READ_VERBS),
    Resource(
        group="metrics.k8s.io",
        version="v1beta1",
        plural="nodes",
        kind="NodeMetrics",
        namespaced=False,
        verbs=READ_VERBS,
    ),
    Resource(
        group="authorization.k8s.io",
        plural="selfsubjectaccessreviews",
        kind="SelfSubjectAccessReview",
        namespaced=False,
        verbs=("create",),
    ),
    Resource(
        group="authorization.k8s.io",
        plural="selfsubjectrulesreviews",
        kind="SelfSubjectRulesReview",
        namespaced=False,
        verbs=("create",),
    ),
    Resource(
        group="authentication.k8s.io",
        plural="selfsubjectreviews",
        kind="SelfSubjectReview",
        namespaced=False,
        verbs=("create",),
    ),
    Resource(plural="persistentvolumeclaims", kind="PersistentVolumeClaim", served=False),
    Resource(group="networking.k8s.io", plural="ingresses", kind="Ingress", served=False),
    Resource(group="networking.k8s.io", plural="networkpolicies", kind="NetworkPolicy", served=False),
    Resource(
        group="keda.sh", version="v1alpha1", plural="scaledobjects", kind="ScaledObject", short=("so",), served=False
    ),
    Resource(
        group="autoscaling.k8s.io",
        plural="verticalpodautoscalers",
        kind="VerticalPodAutoscaler",
        short=("vpa",),
        served=False,
    ),
)
"""Every kind that the project knows, one row each."""

BY_KIND: Mapping[str, Resource] = {resource.kind: resource for resource in KINDS if resource.stored}

TABLE = tuple(resource for resource in KINDS if resource.served)
"""What the embedded cluster serves."""

RESOURCES: Mapping[str, Resource] = {resource.kind: resource for resource in TABLE if resource.stored}
"""What it stores, by kind."""

BY_PATH: Mapping[tuple[str, str, str], Resource] = {(r.group, r.version, r.plural): r for r in TABLE}
"""By (group, version, plural), as a request's path has them."""


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


def initial_status(obj: Object, resource: Resource) -> Object | None:
    """The status of a new object; None where it has none.

    What a client sends as status of a new object is dropped, except for nodes and where a kind has no such
    subresource, as upstream's strategies do.
    """
    if resource.kind == "Node":
        return obj.get("status") or {}
    if "status" not in resource.subresources:
        return obj.get("status")
    if resource.defined is not None:
        return None
    if resource.kind == "Pod":
        return {"phase": "Pending", "qosClass": qos_class(obj)}
    return dict(resource.status)


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
