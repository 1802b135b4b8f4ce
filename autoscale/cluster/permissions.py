"""What a run may do in a namespace, asked of the API server, and the Role that grants what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from autoscale.base.errors import ClusterError, Problem
from autoscale.cluster.client import Cluster
from autoscale.cluster.failures import Refused

_VERBS = ("get", "list", "watch", "create", "patch", "delete")


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


def verbs_on(what: str, permissions: Sequence[Permission]) -> list[str]:
    """The verbs on one resource, each once: reading before writing."""
    return sorted({permission.verb for permission in permissions if permission.what == what}, key=_VERBS.index)


def role(permissions: Sequence[Permission], namespace: str) -> str:
    """A Role (YAML) that grants them; what is wide needs a ClusterRole and is left out."""
    verbs: dict[tuple[str, str], list[str]] = {}
    for item in permissions:
        if not item.wide:
            name = f"{item.resource}/{item.sub}" if item.sub else item.resource
            verbs.setdefault((item.group, name), []).append(item.verb)
    rules: list[dict[str, Any]] = [
        {"apiGroups": [group], "resources": [name], "verbs": sorted(set(found), key=_VERBS.index)}
        for (group, name), found in verbs.items()
    ]
    manifest = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "autoscale-run", "namespace": namespace},
        "rules": rules,
    }
    return str(yaml.safe_dump(manifest, sort_keys=False, default_flow_style=None, width=110))


def require(cluster: Cluster, namespace: str, permissions: Sequence[Permission]) -> list[Permission]:
    """ClusterError naming verb and resource of all that is missing; returns the optional ones that are."""
    missing = denied(cluster, namespace, permissions)
    hard = [permission for permission in missing if not permission.optional]
    if hard:
        raise ClusterError(
            f"this context lacks permissions in namespace {namespace}",
            problems=[
                Problem(what, f"{', '.join(verbs_on(what, hard))} forbidden", "allowed")
                for what in dict.fromkeys(permission.what for permission in hard)
            ],
            fix="ask for this Role and a RoleBinding to your user:\n" + role(missing, namespace),
        )
    return missing
