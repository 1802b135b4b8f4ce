"""Which pods are an owner's: those that it controls and selects. It lets go of others, and takes
those that are nobody's.

Source: ``PodControllerRefManager.ClaimPods`` in pkg/controller/controller_ref_manager.go of Kubernetes 1.35.
"""

from collections.abc import Sequence
from typing import Any

from autoscale.kube.conditions import controller_of, is_active
from autoscale.kube.kinds import Object
from autoscale.kube.selectors import selector_matches
from autoscale.plane.controllers.common import owner_reference
from autoscale.plane.store import Objects, Update, Write


def claimed(owner: Object, owned: Sequence[Object], free: Sequence[Object] = ()) -> tuple[list[Object], list[Write]]:
    """Of the pods that it controls those that it selects, and the writes by which the others go and free ones come."""
    kept = [pod for pod in owned if _selects(owner, pod)]
    gone: list[Write] = [_with_owners(pod, _others(pod, owner)) for pod in owned if not _selects(owner, pod)]
    namespace = owner["metadata"]["namespace"]
    come = [pod for pod in free if pod["metadata"]["namespace"] == namespace and _selects(owner, pod)]
    taken = [_with_owners(pod, [*_others(pod, owner), owner_reference(owner)]) for pod in come]
    return [*kept, *come], [*gone, *taken]


def nobodys(objects: Objects) -> list[Object]:
    """Pods that run and that nothing controls."""
    return [pod for pod in objects.list("Pod") if controller_of(pod) is None and is_active(pod)]


def _selects(owner: Object, pod: Object) -> bool:
    return selector_matches(owner["spec"]["selector"], pod["metadata"].get("labels") or {})


def _others(pod: Object, owner: Object) -> list[Any]:
    return [one for one in pod["metadata"].get("ownerReferences") or () if one["uid"] != owner["metadata"]["uid"]]


def _with_owners(pod: Object, owners: list[Any]) -> Update:
    kept = {name: value for name, value in pod["metadata"].items() if name != "ownerReferences"}
    return Update({**pod, "metadata": kept | ({"ownerReferences": owners} if owners else {})})
