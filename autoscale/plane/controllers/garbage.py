"""The garbage collector: what no owner holds any more goes, and a namespace goes with all that is in it.

Its other part is upstream's pod garbage collector (pkg/controller/podgc): a pod that is deleted before it had a node.
"""

from autoscale.kube.catalogue import group_of
from autoscale.kube.conditions import is_finished, is_terminating
from autoscale.kube.kinds import RESOURCES, Object
from autoscale.plane.controllers.common import guarded
from autoscale.plane.store import Delete, Objects, Remove, UpdateStatus, Write

_HELD = tuple(kind for kind, resource in RESOURCES.items() if resource.namespaced and "delete" in resource.verbs)
OWNED = tuple(kind for kind in _HELD if kind != "Event")
"""Kinds whose objects may have owners; there are many events, and they never have one."""


def step(objects: Objects, now: float) -> list[Write]:  # noqa: ARG001
    """One pass: orphans first, then namespaces that are being deleted, then pods without a node that are."""
    return [*_orphans(objects), *_namespaces(objects), *_unscheduled(objects)]


def _orphans(objects: Objects) -> list[Write]:
    writes: list[Write] = []
    shelves = (*OWNED, *objects.catalogue.stored)
    # Most objects of a big cluster have no owner: they cost nothing more than this look, at each change of anything.
    owned = (obj for shelf in shelves for obj in objects.list(shelf) if obj["metadata"].get("ownerReferences"))
    for obj in owned:
        with guarded(obj):
            writes += [_delete(obj, objects)] if _orphaned(obj, objects) else []
    return writes


def _orphaned(obj: Object, objects: Objects) -> bool:
    """It had owners, none of them (by uid) is there any more, and it is not on its way out already."""
    owners = obj["metadata"]["ownerReferences"]
    return not is_terminating(obj) and not any(_exists(owner, obj, objects) for owner in owners)


def _exists(owner: Object, obj: Object, objects: Objects) -> bool:
    resource = objects.catalogue.by_kind(group_of(owner), owner["kind"])
    if resource is None:
        return False
    namespace = obj["metadata"].get("namespace", "") if resource.namespaced else ""
    found = objects.get(resource.shelf, namespace, owner["name"])
    return found is not None and found["metadata"]["uid"] == owner["uid"]


def _namespaces(objects: Objects) -> list[Write]:
    writes: list[Write] = []
    for namespace in objects.list("Namespace"):
        if is_terminating(namespace):
            with guarded(namespace):
                writes += _empty(namespace["metadata"]["name"], objects)
    return writes


def _unscheduled(objects: Objects) -> list[Write]:
    """No kubelet will ever end these: they have failed, so that who holds them (a Job's finalizer) can let them go."""
    writes: list[Write] = []
    for pod in objects.list("Pod"):
        if is_terminating(pod) and not pod["spec"].get("nodeName") and not is_finished(pod):
            writes.append(UpdateStatus({**pod, "status": {**pod["status"], "phase": "Failed"}}))
            writes.append(Delete("Pod", pod["metadata"]["namespace"], pod["metadata"]["name"], 0))
    return writes


def _empty(name: str, objects: Objects) -> list[Write]:
    own = (row.shelf for row in objects.catalogue.stored.values() if row.namespaced)
    left = [obj for shelf in (*_HELD, *own) for obj in objects.list(shelf, name)]
    if not left:
        return [Remove("Namespace", "", name)]
    return [_delete(obj, objects) for obj in left if not is_terminating(obj)]


def _delete(obj: Object, objects: Objects) -> Delete:
    return Delete(*objects.catalogue.key_of(obj))
