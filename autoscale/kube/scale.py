"""The ``scale`` subresource: replicas of a Deployment or ReplicaSet, in a form of its own (autoscaling/v1 Scale)."""

from autoscale.kube.kinds import Object
from autoscale.kube.selectors import selector_text
from autoscale.kube.statuses import StatusError


def scale_of(obj: Object) -> Object:
    """The Scale of a workload."""
    metadata = obj["metadata"]
    names = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    selector = selector_text(obj["spec"].get("selector"))
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in names},
        "spec": {"replicas": obj["spec"].get("replicas", 0)},
        "status": {"replicas": obj.get("status", {}).get("replicas", 0), "selector": selector},
    }


def scaled(obj: Object, scale: Object) -> Object:
    """The workload with a Scale's replicas; its resourceVersion, if given, is what the write is checked against."""
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    if not isinstance(replicas, int) or isinstance(replicas, bool) or replicas < 0:
        text = f'Scale.autoscaling "{obj["metadata"]["name"]}" is invalid: spec.replicas: Invalid value: {replicas!r}'
        raise StatusError(422, "Invalid", f"{text}: must be greater than or equal to 0")
    version = (scale.get("metadata") or {}).get("resourceVersion") or obj["metadata"]["resourceVersion"]
    metadata = {**obj["metadata"], "resourceVersion": version}
    return {**obj, "metadata": metadata, "spec": {**obj["spec"], "replicas": replicas}}
