"""The Deployment controller: one ReplicaSet per pod template, sizes moved from old to new.

Each pass takes one action of a Deployment and the loop comes again at once, as upstream's queue does.
Source of the rules: pkg/controller/deployment (sync.go, rolling.go, recreate.go) of Kubernetes.
"""

import itertools
import json
from typing import Any

from autoscale.kube.conditions import is_finished, is_terminating
from autoscale.kube.go import parse_int
from autoscale.kube.kinds import Object
from autoscale.plane.controllers import deployment_status, rollout
from autoscale.plane.controllers.common import by_owner, encode, fnv32a, guarded, owner_reference
from autoscale.plane.controllers.rollout import DESIRED, MAXIMUM, REVISION, Sizes
from autoscale.plane.store import Create, Delete, Emit, Objects, Update, Write

COMPONENT = "deployment-controller"
HASH = "pod-template-hash"
Names = set[tuple[str, str]]
_NOT_COPIED = (
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    DESIRED,
    MAXIMUM,
    "deployment.kubernetes.io/revision-history",
    "deprecated.deployment.rollback.to",
)


def step(objects: Objects, now: float) -> list[Write]:
    """One pass over all Deployments."""
    owned, pods = by_owner(objects, "ReplicaSet"), by_owner(objects, "Pod")
    taken = {(s["metadata"]["namespace"], s["metadata"]["name"]) for s in objects.list("ReplicaSet")}
    writes: list[Write] = []
    for deployment in objects.list("Deployment"):
        sets = owned.get(deployment["metadata"]["uid"], [])
        running = [p for s in sets for p in pods.get(s["metadata"]["uid"], []) if not is_finished(p)]
        with guarded(deployment):
            writes += _sync(deployment, sorted(sets, key=_age), running, taken, now)
    return writes


def next_due(objects: Objects, now: float) -> float | None:
    """When the progress of the next Deployment will have taken too long."""
    moments = (deployment_status.progress_deadline(one) for one in objects.list("Deployment"))
    return min((at for at in moments if at is not None and at > now), default=None)


def _sync(deployment: Object, sets: list[Object], running: list[Object], taken: Names, now: float) -> list[Write]:
    new = find_new(deployment, sets)
    old = [s for s in sets if s is not new]
    action: list[Write] = []
    if not is_terminating(deployment):
        action = _revise(deployment, new, old) or _act(deployment, new, old, running, taken)
    return [*action, *deployment_status.step(deployment, new, old, running, now)]


def _act(deployment: Object, new: Object | None, old: list[Object], running: list[Object], taken: Names) -> list[Write]:
    paused = bool(deployment["spec"].get("paused"))
    if paused or rollout.is_scaling(deployment, [*old, *([new] if new else [])]):
        return _resize(deployment, new, old, rollout.scale(deployment, new, old))
    recreate = deployment["spec"].get("strategy", {}).get("type") == "Recreate"
    if recreate and (sizes := {s["metadata"]["name"]: 0 for s in old if s["spec"].get("replicas")}):
        return _resize(deployment, new, old, sizes)
    if new is None:
        blocked = recreate and running
        return [] if blocked else _create(deployment, old, taken)
    sizes = rollout.recreate(deployment, new) if recreate else rollout.roll(deployment, new, old)
    return _resize(deployment, new, old, sizes) or _clean(deployment, new, old)


def find_new(deployment: Object, sets: list[Object]) -> Object | None:
    """The oldest ReplicaSet that has the Deployment's pod template, or None."""
    wanted = _without_hash(deployment["spec"]["template"])
    return next((s for s in sets if _without_hash(s["spec"]["template"]) == wanted), None)


def _without_hash(template: Object) -> Object:
    metadata = template.get("metadata") or {}
    labels = {name: value for name, value in (metadata.get("labels") or {}).items() if name != HASH}
    return {**template, "metadata": {**metadata, "labels": labels}}


def template_hash(template: Object, collisions: int = 0) -> str:
    """What names a ReplicaSet and labels its pods: FNV-1a of the template, in the letters of generated names."""
    text = json.dumps(template, sort_keys=True) + (str(collisions) if collisions else "")
    return encode(fnv32a(text.encode()))


def _create(deployment: Object, old: list[Object], taken: Names) -> list[Write]:
    spec, metadata = deployment["spec"], deployment["metadata"]
    # A name may be taken by another's ReplicaSet, or by another template with the same hash.
    digests = (template_hash(spec["template"], collisions) for collisions in itertools.count())
    digest = next(d for d in digests if (metadata["namespace"], f"{metadata['name']}-{d}") not in taken)
    name = f"{metadata['name']}-{digest}"
    size = rollout.first_size(deployment, old)
    made = _replica_set(deployment, name, digest, size, _next_revision(old))
    writes: list[Write] = [Create(made)]
    if size:
        writes.append(_scaled(deployment, name, 0, size))
    return [*writes, *_with_revision(deployment, _next_revision(old))]


def _replica_set(deployment: Object, name: str, digest: str, size: int, revision: str) -> Object:
    spec, metadata = deployment["spec"], deployment["metadata"]
    template = spec["template"]
    labels = {**((template.get("metadata") or {}).get("labels") or {}), HASH: digest}
    selector = {**spec["selector"], "matchLabels": {**spec["selector"].get("matchLabels", {}), HASH: digest}}
    made: dict[str, Any] = {
        "replicas": size,
        "selector": selector,
        "template": {**template, "metadata": {**(template.get("metadata") or {}), "labels": labels}},
    }
    if spec.get("minReadySeconds"):
        made["minReadySeconds"] = spec["minReadySeconds"]
    return {
        "kind": "ReplicaSet",
        "apiVersion": "apps/v1",
        "metadata": {
            "name": name,
            "namespace": metadata["namespace"],
            "labels": labels,
            "annotations": _annotations(deployment, revision),
            "ownerReferences": [owner_reference(deployment)],
        },
        "spec": made,
    }


def _annotations(deployment: Object, revision: str) -> dict[str, str]:
    own = deployment["metadata"].get("annotations") or {}
    copied = {name: value for name, value in own.items() if name not in _NOT_COPIED}
    return {**copied, REVISION: revision, **rollout.size_annotations(deployment)}


def _next_revision(sets: list[Object]) -> str:
    return str(max((_revision(s) for s in sets), default=0) + 1)


def _revision(obj: Object) -> int:
    text = (obj["metadata"].get("annotations") or {}).get(REVISION, "0")
    return parse_int(text) or 0


def _revise(deployment: Object, new: Object | None, old: list[Object]) -> list[Write]:
    """A ReplicaSet that becomes the new one again (a rollback) gets the next revision; the Deployment follows."""
    if new is None:
        return []
    revision = max(_revision(new), int(_next_revision(old)))
    writes: list[Write] = []
    if revision != _revision(new):
        writes.append(Update(_annotated(new, {REVISION: str(revision)})))
    return [*writes, *_with_revision(deployment, str(revision))]


def _with_revision(deployment: Object, revision: str) -> list[Write]:
    if (deployment["metadata"].get("annotations") or {}).get(REVISION) == revision:
        return []
    return [Update(_annotated(deployment, {REVISION: revision}))]


def _annotated(obj: Object, annotations: dict[str, str]) -> Object:
    metadata = obj["metadata"]
    return {**obj, "metadata": {**metadata, "annotations": {**(metadata.get("annotations") or {}), **annotations}}}


def _resize(deployment: Object, new: Object | None, old: list[Object], sizes: Sizes) -> list[Write]:
    """Write the sizes, and onto every ReplicaSet that has pods what the Deployment's size was when they were set."""
    writes: list[Write] = []
    for replica_set in [*old, *([new] if new else [])]:
        name, before = replica_set["metadata"]["name"], replica_set["spec"].get("replicas", 1)
        after = sizes.get(name, before)
        noted = rollout.size_annotations(deployment) if after or before or replica_set is new else {}
        changed = _annotated(replica_set, noted)
        changed["spec"] = {**replica_set["spec"], "replicas": after}
        if changed == replica_set:
            continue
        writes.append(Update(changed))
        if after != before:
            writes.append(_scaled(deployment, name, before, after))
    return writes


def _scaled(deployment: Object, name: str, before: int, after: int) -> Emit:
    way = "up" if after > before else "down"
    text = f"Scaled {way} replica set {name} from {before} to {after}"
    return Emit(obj=deployment, type="Normal", reason="ScalingReplicaSet", message=text, component=COMPONENT)


def _clean(deployment: Object, new: Object, old: list[Object]) -> list[Write]:
    """Delete empty old ReplicaSets beyond the revision history limit, once the rollout is complete."""
    if not deployment_status.is_complete(deployment, new, old):
        return []
    surplus = len(old) - deployment["spec"].get("revisionHistoryLimit", 10)
    empty = [s for s in sorted(old, key=_revision) if not s["spec"].get("replicas") and not s["status"].get("replicas")]
    return [Delete("ReplicaSet", s["metadata"]["namespace"], s["metadata"]["name"]) for s in empty[: max(0, surplus)]]


def _age(obj: Object) -> tuple[str, str]:
    return obj["metadata"].get("creationTimestamp", ""), obj["metadata"]["name"]
