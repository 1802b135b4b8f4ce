"""What a run may do in a namespace, asked of the API server, and the Role that grants what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from autoscale.base.errors import ClusterError, Problem
from autoscale.cluster.client import Cluster
from autoscale.cluster.failures import Refused


@dataclass(frozen=True)
class Permission:
    """A verb on a resource; ``sub`` is a subresource. ``wide``: of the cluster. ``optional``: a run does without."""

    verb: str
    group: str
    resource: str
    sub: str = ""
    wide: bool = False
    optional: bool = False

    def __str__(self) -> str:
        return f"{self.verb} {self.what}"

    @property
    def what(self) -> str:
        """The resource, as ``kubectl auth can-i`` writes it: ``pods/log``, ``deployments.apps``."""
        return f"{self.resource}{f'/{self.sub}' if self.sub else ''}{f'.{self.group}' if self.group else ''}"


def _all(verbs: Sequence[str], group: str, *resources: str) -> list[Permission]:
    return [Permission(verb, group, resource) for resource in resources for verb in verbs]


_SEE = ("get", "list", "watch")
_MAKE = ("get", "list", "create", "patch", "delete")
OBSERVE = (
    *_all(_SEE, "", "pods", "events"),
    *_all(_SEE, "autoscaling", "horizontalpodautoscalers"),
    *_all(_SEE, "discovery.k8s.io", "endpointslices"),
    *_all(("list",), "metrics.k8s.io", "pods"),
    Permission("get", "", "pods", "log"),
    Permission("get", "", "services"),
    Permission("list", "", "nodes", wide=True, optional=True),
    Permission("watch", "", "nodes", wide=True, optional=True),
)
# What stands between a kind of workload and its pods is watched as well.
WORKLOAD = {
    "Deployment": tuple(_all(_SEE, "apps", "deployments", "replicasets")),
    "StatefulSet": tuple(_all(_SEE, "apps", "statefulsets")),
}
LOAD = (
    *_all(_MAKE, "", "configmaps", "services", "serviceaccounts"),
    *_all((*_MAKE, "watch"), "batch", "jobs"),
    Permission("get", "", "pods", "proxy", optional=True),
    Permission("create", "", "pods", "proxy", optional=True),
)
DEPLOY = (
    *_all(("create", "patch", "delete"), "apps", "deployments"),
    *_all(("create", "patch", "delete"), "autoscaling", "horizontalpodautoscalers"),
    *_all(_MAKE, "policy", "poddisruptionbudgets"),
)


def needed(*, deploy: bool, kind: str = "Deployment") -> tuple[Permission, ...]:
    """What a run needs; ``deploy``: it brings the service along (False: --target); ``kind``: of the workload."""
    return OBSERVE + WORKLOAD[kind] + LOAD + (DEPLOY if deploy else ())


def denied(cluster: Cluster, namespace: str, permissions: Sequence[Permission]) -> list[Permission]:
    """Those permissions that the API server says we do not have."""
    return [permission for permission in permissions if not _may(cluster, namespace, permission)]


def _may(cluster: Cluster, namespace: str, permission: Permission) -> bool:
    """One SelfSubjectAccessReview."""
    attributes = {
        "verb": permission.verb,
        "group": permission.group,
        "resource": permission.resource,
        "subresource": permission.sub,
        **({} if permission.wide else {"namespace": namespace}),
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    try:
        answer, _ = cluster.send("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
    except Refused as error:
        if error.code == 404:
            return True  # a cluster without reviews: the request itself will tell
        raise
    return bool(answer.get("status", {}).get("allowed"))


def _verbs(permissions: Sequence[Permission], what: str) -> list[str]:
    """The verbs on one resource, each once."""
    return list(dict.fromkeys(permission.verb for permission in permissions if permission.what == what))


def role(permissions: Sequence[Permission], namespace: str) -> str:
    """A Role (YAML) that grants them; what is wide needs a ClusterRole and is left out."""
    verbs: dict[tuple[str, str], list[str]] = {}
    for item in permissions:
        if not item.wide:
            name = f"{item.resource}/{item.sub}" if item.sub else item.resource
            verbs.setdefault((item.group, name), []).append(item.verb)
    rules: list[dict[str, Any]] = [
        {"apiGroups": [group], "resources": [name], "verbs": list(dict.fromkeys(found))}
        for (group, name), found in verbs.items()
    ]
    manifest = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "autoscale-run", "namespace": namespace},
        "rules": rules,
    }
    return str(yaml.safe_dump(manifest, sort_keys=False, default_flow_style=None, width=110))


def require(cluster: Cluster, namespace: str, *, deploy: bool, kind: str = "Deployment") -> list[Permission]:
    """ClusterError naming verb and resource of all that is missing; returns the optional ones that are."""
    missing = denied(cluster, namespace, needed(deploy=deploy, kind=kind))
    hard = [permission for permission in missing if not permission.optional]
    if hard:
        raise ClusterError(
            f"this context lacks permissions in namespace {namespace}",
            problems=[
                Problem(what, f"{', '.join(_verbs(hard, what))} forbidden", "allowed")
                for what in dict.fromkeys(permission.what for permission in hard)
            ],
            fix="ask for this Role and a RoleBinding to your user:\n" + role(missing, namespace),
        )
    return missing
