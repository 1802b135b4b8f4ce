"""The controllers of CustomResourceDefinitions (apiextensions-apiserver, pkg/controller).

One whose names are free is established; one that is deleted takes its objects with it.
"""

from collections.abc import Iterator

from autoscale.kube.conditions import holds, is_terminating, set_condition
from autoscale.kube.kinds import Object
from autoscale.plane.controllers.common import guarded
from autoscale.plane.store import CLEAN_UP, Delete, Objects, Update, UpdateStatus, Write


def step(objects: Objects, now: float) -> list[Write]:
    """One pass over all definitions; those whose names were accepted first keep them."""
    writes: list[Write] = []
    for definition in objects.list("CustomResourceDefinition"):
        with guarded(definition):
            writes += (
                _clear(definition, objects, now) if is_terminating(definition) else _name(definition, objects, now)
            )
        if writes:
            return writes  # the next one sees which names are taken now
    return writes


def _name(definition: Object, objects: Objects, now: float) -> list[Write]:
    """Accept its names, and establish it."""
    spec, status = definition["spec"], definition.get("status") or {}
    others = [
        (one.get("status") or {}).get("acceptedNames") or {}
        for one in objects.list("CustomResourceDefinition")
        if one["spec"]["group"] == spec["group"] and one["metadata"]["uid"] != definition["metadata"]["uid"]
    ]
    conflicts = list(_conflicts(spec["names"], others))
    conditions = status.get("conditions") or []
    for condition in _judged(conflicts, holds(definition, "Established")):
        conditions = set_condition(conditions, condition, now)
    stored = [one["name"] for one in spec["versions"] if one["storage"]]
    made = {
        "conditions": conditions,
        "acceptedNames": status.get("acceptedNames", {"plural": "", "kind": ""}) if conflicts else spec["names"],
        "storedVersions": list(dict.fromkeys([*(status.get("storedVersions") or []), *stored])),
    }
    return [] if made == status else [UpdateStatus({**definition, "status": made})]


def _conflicts(names: Object, others: list[Object]) -> Iterator[tuple[str, str]]:
    """(reason, message) of each name that another definition of the group has."""
    resources = {
        name for one in others for name in (one.get("plural"), one.get("singular"), *(one.get("shortNames") or ()))
    }
    kinds = {one.get(name) for one in others for name in ("kind", "listKind")}
    for field, taken in (("plural", resources), ("singular", resources), ("kind", kinds), ("listKind", kinds)):
        if names[field] in taken:
            yield f"{field[0].upper()}{field[1:]}Conflict", f'"{names[field]}" is already in use'
    for name in names.get("shortNames") or ():
        if name in resources:
            yield "ShortNamesConflict", f'"{name}" is already in use'


def _judged(conflicts: list[tuple[str, str]], established: bool) -> Iterator[Object]:
    """The conditions that follow; one that has been established stays so."""
    if conflicts:
        reason, message = conflicts[-1]
        yield {"type": "NamesAccepted", "status": "False", "reason": reason, "message": message}
        if not established:
            why = {"reason": "NotAccepted", "message": "not all names are accepted"}
            yield {"type": "Established", "status": "False", **why}
        return
    accepted = {"reason": "NoConflicts", "message": "no conflicts found"}
    yield {"type": "NamesAccepted", "status": "True", **accepted}
    first = {"reason": "InitialNamesAccepted", "message": "the initial names have been accepted"}
    yield {"type": "Established", "status": "True", **first}


def _clear(definition: Object, objects: Objects, now: float) -> list[Write]:
    """Delete what it defines; when that is gone it is let go."""
    name, finalizers = definition["metadata"]["name"], definition["metadata"].get("finalizers") or []
    left = objects.list(name)
    if left:
        told = {"reason": "InstanceDeletionInProgress", "message": "CustomResource deletion is in progress"}
        status = definition.get("status") or {}
        condition = {"type": "Terminating", "status": "True", **told}
        conditions = set_condition(status.get("conditions") or [], condition, now)
        writes: list[Write] = [
            Delete(name, one["metadata"].get("namespace", ""), one["metadata"]["name"])
            for one in left
            if not is_terminating(one)
        ]
        if not holds(definition, "Terminating"):
            writes.insert(0, UpdateStatus({**definition, "status": {**status, "conditions": conditions}}))
        return writes
    if CLEAN_UP not in finalizers:
        return []
    metadata = {**definition["metadata"], "finalizers": [one for one in finalizers if one != CLEAN_UP]}
    return [Update({**definition, "metadata": metadata}, "")]
