"""The ``scale`` subresource: replicas of a workload, in a form of its own (autoscaling/v1 Scale). A custom kind's
definition says by paths where they stand."""

from typing import Any

from autoscale.kube.kinds import Object
from autoscale.kube.resource import Resource
from autoscale.kube.selectors import selector_text
from autoscale.kube.statuses import StatusError

_REPLICAS = ".spec.replicas"


def scale_of(obj: Object, resource: Resource) -> Object:
    """The Scale of a workload; ``StatusError`` 500 where a custom one says nothing of its replicas."""
    metadata = obj["metadata"]
    names = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    if paths := _paths(resource):
        replicas = at_path(obj, paths["specReplicasPath"])
        if replicas is None:
            text = f'the spec replicas field "{paths["specReplicasPath"]}" does not exist'
            raise StatusError(500, "InternalError", f"Internal error occurred: {text}")
        counted = at_path(obj, paths["statusReplicasPath"]) or 0
        selector = at_path(obj, paths["labelSelectorPath"]) or "" if paths.get("labelSelectorPath") else ""
    else:
        replicas, counted = obj["spec"].get("replicas", 0), obj.get("status", {}).get("replicas", 0)
        selector = selector_text(obj["spec"].get("selector"))
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in names if name in metadata},
        "spec": {"replicas": replicas},
        "status": {"replicas": counted, "selector": selector},
    }


def scaled(obj: Object, scale: Object, resource: Resource) -> Object:
    """The workload with a Scale's replicas; its resourceVersion, if given, is what the write is checked against."""
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    # What a custom kind's replicas may be its schema says.
    if not isinstance(replicas, int) or isinstance(replicas, bool) or (replicas < 0 and resource.defined is None):
        text = f'Scale.autoscaling "{obj["metadata"]["name"]}" is invalid: spec.replicas: Invalid value: {replicas!r}'
        raise StatusError(422, "Invalid", f"{text}: must be greater than or equal to 0")
    version = (scale.get("metadata") or {}).get("resourceVersion") or obj["metadata"]["resourceVersion"]
    whole = with_replicas(obj, replicas, resource)
    return {**whole, "metadata": {**obj["metadata"], "resourceVersion": version}}


def with_replicas(obj: Object, replicas: int, resource: Resource) -> Object:
    """The object with that many replicas, and else as it is."""
    return _put(obj, (_paths(resource) or {}).get("specReplicasPath", _REPLICAS).strip(".").split("."), replicas)


def _put(obj: Object, names: list[str], value: Any) -> Object:
    inner = value if len(names) == 1 else _put(obj.get(names[0]) or {}, names[1:], value)
    return {**obj, names[0]: inner}


def at_path(obj: Any, path: str) -> Any:
    """What stands at ``.spec.replicas``; None where nothing does."""
    for name in path.strip(".").split("."):
        obj = obj.get(name) if isinstance(obj, dict) else None
    return obj


def _paths(resource: Resource) -> Object | None:
    found: Object | None = ((resource.defined or {}).get("subresources") or {}).get("scale")
    return found
