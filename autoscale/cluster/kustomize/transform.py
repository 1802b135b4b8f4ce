"""What a kustomization does to every object: namespace, labels, images, order."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autoscale.kube.kinds import Object

# Objects outside every namespace, of the kinds that a service may bring along.
_CLUSTER_SCOPED = {
    "APIService",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
}

# kustomize's order of writing: what others need comes first; kinds not named here stand after these.
_FIRST = (
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
)
_LAST = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


@dataclass(frozen=True)
class LabelSet:
    """Labels for every object and, with ``templates``, for the pods and jobs that it makes."""

    pairs: Mapping[str, str]
    templates: bool


@dataclass(frozen=True)
class Image:
    """What takes the place of an image's name, tag or digest; None leaves that part as it is."""

    name: str
    new_name: str | None = None
    new_tag: str | None = None
    digest: str | None = None


def parse_image(name: str, reference: str) -> Image:
    """``("app", "registry.example:5000/app:1.2")`` -> the Image that turns every ``app`` into that reference."""
    base, tag, digest = split_image(reference)
    return Image(name, base, tag, digest)


def split_image(reference: str) -> tuple[str, str | None, str | None]:
    """``name[:tag][@digest]`` -> its parts; a colon before the last slash is a port."""
    rest, _, digest = reference.partition("@")
    match = re.fullmatch(r"(.+?)(?::([^:/]+))?", rest)
    name, tag = (match.group(1), match.group(2)) if match else (rest, None)
    return name, tag, digest or None


def set_namespace(item: Object, namespace: str) -> None:
    """Put ``item`` into ``namespace`` (a Namespace object takes its name), where its kind lives in one."""
    metadata = item["metadata"]
    if item["kind"] == "Namespace":
        metadata["name"] = namespace
    elif item["kind"] not in _CLUSTER_SCOPED:
        metadata["namespace"] = namespace


def set_labels(item: Object, labels: LabelSet) -> None:
    """Add ``labels`` to ``item`` and, if asked, to its templates; selectors stay as they are.

    ValueError where there are labels that are no mapping, or a template that is none.
    """
    if not labels.pairs:
        return
    owners = [item, *(_templates(item) if labels.templates else ())]
    for owner in owners:
        if not isinstance(owner, dict):
            raise ValueError(f"a template that is {owner!r:.40}")
        metadata = _child(owner, "metadata")
        there = metadata.get("labels") or {}
        if not isinstance(there, dict):
            raise ValueError(f"labels that are {there!r:.40}")
        metadata["labels"] = {**there, **labels.pairs}


def _templates(item: Object) -> Iterator[Object]:
    spec = item.get("spec")
    if not isinstance(spec, dict):
        return
    if item["kind"] == "CronJob" and isinstance(spec.get("jobTemplate"), dict):
        job = spec["jobTemplate"]
        yield job
        yield _child(_child(job, "spec"), "template")
    elif item["kind"] in {"Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job", "ReplicationController"}:
        yield _child(spec, "template")
        claims = spec.get("volumeClaimTemplates") or ()
        yield from claims if isinstance(claims, list | tuple) else (claims,)


def _child(owner: Object, name: str) -> Object:
    child = owner.get(name)
    if not isinstance(child, dict):
        child = owner[name] = {}
    return child


def set_images(item: Object, images: Sequence[Image]) -> None:
    """Replace the images of every container in ``item``."""
    for container in _containers(item):
        for image in images:
            name, tag, digest = split_image(str(container.get("image", "")))
            if name == image.name:
                container["image"] = _reference(image, name, tag, digest)


def _reference(image: Image, name: str, tag: str | None, digest: str | None) -> str:
    if image.new_tag or image.digest:
        tag, digest = image.new_tag, image.digest
    return (image.new_name or name) + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


def _containers(value: Any) -> Iterator[Object]:
    if isinstance(value, dict):
        for name, child in value.items():
            if name in {"containers", "initContainers"} and isinstance(child, list):
                yield from (container for container in child if isinstance(container, dict))
            else:
                yield from _containers(child)
    elif isinstance(value, list):
        for child in value:
            yield from _containers(child)


def in_order(items: Sequence[Object]) -> list[Object]:
    """The objects as kustomize writes them: by kind's rank, then group, version, kind, namespace and name."""
    return sorted(items, key=_rank)


def _rank(item: Object) -> tuple[int, str, str, str]:
    kind = item["kind"]
    if kind in _FIRST:
        rank = _FIRST.index(kind) - len(_FIRST)
    else:
        rank = 1 + _LAST.index(kind) if kind in _LAST else 0
    group, _, version = item["apiVersion"].rpartition("/")
    metadata = item["metadata"]
    # One text, in which kustomize's no group stands behind all others, and autoscaling behind autoscaling.k8s.io.
    return rank, f"{group or '~G'}_{version}_{kind}", metadata.get("namespace") or "", metadata["name"]
