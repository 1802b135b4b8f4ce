"""What the API server gives a new object as its status."""

from typing import Any

from autoscale.kube.kinds import Object
from autoscale.kube.quantities import parse_quantity
from autoscale.kube.resource import Resource


def initial_status(obj: Object, resource: Resource) -> Object | None:
    """The status of a new object; None where it has none.

    What a client sends as status of a new object is dropped, except for nodes and where a kind has no such
    subresource, as upstream's strategies do.
    """
    if resource.kind == "Node":
        return obj.get("status") or {}
    if "status" not in resource.subresources:
        return obj.get("status")
    if resource.defined is not None:
        return None
    if resource.kind == "Pod":
        return {"phase": "Pending", "qosClass": qos_class(obj)}
    return dict(resource.status)


def qos_class(pod: Object) -> str:
    """Guaranteed, Burstable or BestEffort, from CPU and memory requests and limits of all containers.

    Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
    """
    spec = pod.get("spec", {})
    containers = [*spec.get("initContainers", []), *spec.get("containers", [])]
    asked = [_positive(c.get("resources", {}).get("requests")) for c in containers]
    limits = [_positive(c.get("resources", {}).get("limits")) for c in containers]
    if not any(asked) and not any(limits):
        return "BestEffort"
    for request, limit in zip(asked, limits, strict=True):
        if set(limit) != {"cpu", "memory"} or any(request.get(name, limit[name]) != limit[name] for name in limit):
            return "Burstable"
    return "Guaranteed"


def _positive(quantities: Object | None) -> dict[str, Any]:
    named = {name: parse_quantity((quantities or {}).get(name, 0)) for name in ("cpu", "memory")}
    return {name: value for name, value in named.items() if value > 0}
