"""ControllerRevisions: the pod templates that a StatefulSet or a DaemonSet has had, each with its number.

Source of the rules: pkg/controller/history of Kubernetes 1.35.
"""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass

from autoscale.kube.conditions import is_terminating
from autoscale.kube.kinds import Object
from autoscale.plane.controllers.claims import claimed
from autoscale.plane.controllers.common import by_owner, controlled, encode, fnv32a, guarded, owner_reference
from autoscale.plane.controllers.making import Maker
from autoscale.plane.store import Create, Delete, Objects, Update, Write

LABEL = "controller-revision-hash"


@dataclass(frozen=True)
class History:
    """All revisions of an owner, oldest first, the newest its present template's; and the writes that make it so."""

    revisions: tuple[Object, ...]
    writes: tuple[Write, ...]

    @property
    def newest(self) -> Object:
        """That of the present template."""
        return self.revisions[-1]

    def find(self, name: str) -> Object | None:
        """The revision of that name."""
        return next((one for one in self.revisions if one["metadata"]["name"] == name), None)


Sync = Callable[[Object, list[Object], History, Maker], list[Write]]
"""(owner, its pods, its revisions, who makes new pods) -> the writes that bring them about."""


def step_each(kind: str, sync: Sync, maker: Maker) -> list[Write]:
    """One pass over all objects of a kind that has revisions; those that are going are left alone."""
    pods = by_owner(maker.objects, "Pod")
    writes: list[Write] = []
    for one in maker.objects.list(kind):
        if not is_terminating(one):
            with guarded(one):
                own, claims = claimed(one, pods.get(one["metadata"]["uid"], []))
                writes += [*claims, *sync(one, own, history(one, maker.objects), maker)]
    return writes


def history(owner: Object, objects: Objects) -> History:
    """The revisions of an owner. One that becomes the present again (a rollback) gets the next number."""
    found = sorted(controlled(owner, "ControllerRevision", objects), key=lambda one: int(one["revision"]))
    data = {"spec": {"template": {**owner["spec"]["template"], "$patch": "replace"}}}
    same = next((one for one in found if one["data"] == data), None)
    number = int(found[-1]["revision"]) + 1 if found else 1
    if same is None:
        new = _revision(owner, data, number)
        return History((*found, new), (Create(new),))
    if same is found[-1]:
        return History(tuple(found), ())
    raised = {**same, "revision": number}
    return History((*(one for one in found if one is not same), raised), (Update(raised),))


def forget(owner: Object, past: History, used: Collection[str]) -> list[Write]:
    """Delete the oldest revisions beyond the limit; those in use (by name) are not counted."""
    idle = [one["metadata"] for one in past.revisions if one["metadata"]["name"] not in used]
    surplus = max(0, len(idle) - int(owner["spec"].get("revisionHistoryLimit", 10)))
    return [Delete("ControllerRevision", one["namespace"], one["name"]) for one in idle[:surplus]]


def template_of(revision: Object) -> Object:
    """The pod template that it holds."""
    return {name: value for name, value in revision["data"]["spec"]["template"].items() if name != "$patch"}


def digest_of(revision: Object) -> str:
    """The part of its name that is a DaemonSet's pods' label; a StatefulSet's have the whole name."""
    digest: str = revision["metadata"]["labels"]["controller.kubernetes.io/hash"]
    return digest


def _revision(owner: Object, data: Object, number: int) -> Object:
    digest = encode(fnv32a(json.dumps(data, sort_keys=True).encode()))
    labels = (owner["spec"]["template"].get("metadata") or {}).get("labels") or {}
    about = {
        "name": f"{owner['metadata']['name']}-{digest}",
        "namespace": owner["metadata"]["namespace"],
        "labels": {**labels, "controller.kubernetes.io/hash": digest},
        "ownerReferences": [owner_reference(owner)],
    }
    head = {"kind": "ControllerRevision", "apiVersion": "apps/v1", "metadata": about}
    return {**head, "data": data, "revision": number}
