"""The end of an object: preconditions, grace, and what becomes of what it owned."""

from collections.abc import Iterator

from autoscale.embedded.apiserver.incoming import ResourcePath, WriteOptions
from autoscale.embedded.apiserver.validation.types import decode
from autoscale.kube.kinds import RESOURCES, Object
from autoscale.kube.statuses import StatusError, bad_request
from autoscale.plane.store import Delete, Store, Update

_OLD_POLICY = {"True": "Orphan", "False": "Background"}


def delete(store: Store, place: ResourcePath, current: Object, body: Object, options: WriteOptions) -> Object | None:
    """Ask for the end of an object; returns it where it is still there, None where it is gone.

    ``body`` is a DeleteOptions: gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions.
    """
    decoded = decode(body, "DeleteOptions")
    if decoded.wrong:
        raise bad_request(f"DeleteOptions cannot be handled: {'; '.join(decoded.wrong)}")
    body = decoded.obj
    conditions = body.get("preconditions") or {}
    wanted = conditions.get("resourceVersion")
    if wanted not in (None, current["metadata"]["resourceVersion"]):
        why = f"the ResourceVersion in the precondition ({wanted}) does not match"
        raise StatusError(409, "Conflict", f'{place.resource.qualified} "{place.name}": {why}')
    _orphan(store, place, current, body, options)
    grace = body.get("gracePeriodSeconds")
    write = Delete(*place.key, grace_s=grace, uid=conditions.get("uid"))
    return store.preview(write, options.now) if options.dry_run else store.apply(write, options.now)


def _orphan(store: Store, place: ResourcePath, current: Object, body: Object, options: WriteOptions) -> None:
    """Leave the dependants without this owner, where that was asked for (or is the default: Jobs)."""
    policy = body.get("propagationPolicy") or _OLD_POLICY.get(str(body.get("orphanDependents")), "")
    if not policy and place.resource.kind == "Job":
        options.warnings.append(
            "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove "
            "them or set propagationPolicy=Orphan to suppress this warning"
        )
        policy = "Orphan"
    if policy == "Foreground":
        options.warnings.append("propagationPolicy Foreground is done as Background by the embedded cluster")
    if policy != "Orphan" or options.dry_run:
        return
    for child in list(_children(store, current)):
        references = [one for one in child["metadata"]["ownerReferences"] if one["uid"] != current["metadata"]["uid"]]
        store.apply(Update({**child, "metadata": {**child["metadata"], "ownerReferences": references}}), options.now)


def _children(store: Store, owner: Object) -> Iterator[Object]:
    uid = owner["metadata"]["uid"]
    for shelf in (*RESOURCES, *store.objects.catalogue.stored):
        for obj in store.objects.list(shelf):
            if any(one["uid"] == uid for one in obj["metadata"].get("ownerReferences") or []):
                yield obj
