"""How one object names another."""

from autoscale.kube.kinds import RESOURCES, Object


def reference(obj: Object) -> Object:
    """An ObjectReference to the object, as events carry it in ``involvedObject``."""
    metadata = obj["metadata"]
    return {
        "kind": obj["kind"],
        "namespace": metadata.get("namespace"),
        "name": metadata["name"],
        "uid": metadata.get("uid"),
        "apiVersion": RESOURCES[obj["kind"]].api_version,
        "resourceVersion": metadata.get("resourceVersion"),
    }
