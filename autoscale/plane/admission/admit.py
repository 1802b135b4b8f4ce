"""The admission of new objects, in upstream's order: LimitRanges first, then ResourceQuotas."""

from collections.abc import Sequence

from autoscale.kube.kinds import Object
from autoscale.kube.resource import Resource
from autoscale.kube.statuses import StatusError
from autoscale.plane.admission import limits, quota
from autoscale.plane.view import Objects

READS = ("LimitRange", "ResourceQuota")
"""Kinds that decide; whoever makes pods is woken by their changes."""


def admit(obj: Object, objects: Objects, beside: Sequence[Object] = ()) -> Object:
    """A new object with its namespace's defaults; ``StatusError`` 403 where the namespace does not take it.

    ``beside``: objects that have been let in and are not stored yet.
    """
    resource = objects.catalogue.of(obj)
    if not resource.namespaced:
        return obj
    if resource.shelf == "Pod":
        obj = limits.with_defaults(obj, objects)
        if why := limits.refusal(obj, objects):
            raise forbidden(obj, resource, why)
    if why := quota.refusal(obj, objects, beside):
        raise forbidden(obj, resource, why)
    return obj


def admitted(
    pods: Sequence[Object], objects: Objects, before: Sequence[Object]
) -> tuple[list[Object], StatusError | None]:
    """As many of the pods as are let in, one after the other, and why the next was not.

    ``before``: objects that are about to be stored.
    """
    taken: list[Object] = []
    for pod in pods:
        try:
            taken.append(admit(pod, objects, [*before, *taken]))
        except StatusError as error:
            return taken, error
    return taken, None


def forbidden(obj: Object, resource: Resource, why: str) -> StatusError:
    """403: ``pods "web-x" is forbidden: ...``."""
    name = obj["metadata"].get("name", "")
    details = {"name": name, "kind": resource.plural} | ({"group": resource.group} if resource.group else {})
    return StatusError(403, "Forbidden", f'{resource.qualified} "{name}" is forbidden: {why}', details)
