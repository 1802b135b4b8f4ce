"""What kinds of object there are, and how objects are named.

Objects are plain dicts as the API has them. Kinds are unique here, so the kind alone ("Pod") names the resource.
"""

from collections.abc import Mapping
from typing import Any

from autoscale.kube.resource import READ_VERBS, Resource

Object = dict[str, Any]
Key = tuple[str, str, str]
"""(kind, namespace or "" where the kind is cluster-wide, name)"""

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
        subresources=(
            *("status", "log", "proxy", "eviction", "resize", "ephemeralcontainers", "exec", "attach", "portforward"),
        ),
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
    Resource(plural="persistentvolumeclaims", kind="PersistentVolumeClaim", short=("pvc",), served=False),
    Resource(plural="persistentvolumes", kind="PersistentVolume", short=("pv",), namespaced=False, served=False),
    Resource(plural="replicationcontrollers", kind="ReplicationController", short=("rc",), served=False),
    Resource(group="networking.k8s.io", plural="ingresses", kind="Ingress", short=("ing",), served=False),
    Resource(
        group="networking.k8s.io", plural="networkpolicies", kind="NetworkPolicy", short=("netpol",), served=False
    ),
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

_BUILT_IN = ("", "networking.k8s.io")
ABSENT = tuple(resource for resource in KINDS if not resource.served and resource.group in _BUILT_IN)
"""What every real cluster has and the embedded one has not: there are none, and none can be made."""

RESOURCES: Mapping[str, Resource] = {resource.kind: resource for resource in TABLE if resource.stored}
"""What it stores, by kind."""

BY_PATH: Mapping[tuple[str, str, str], Resource] = {(r.group, r.version, r.plural): r for r in (*TABLE, *ABSENT)}
"""By (group, version, plural), as a request's path has them."""
