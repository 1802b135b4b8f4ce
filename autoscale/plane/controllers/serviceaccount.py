"""The ServiceAccount controller: every namespace has one that is called ``default``."""

from autoscale.kube.conditions import is_terminating
from autoscale.plane.store import Create, Objects, Write

NAME = "default"


def step(objects: Objects, now: float) -> list[Write]:  # noqa: ARG001
    """One pass over all namespaces."""
    names = [one["metadata"]["name"] for one in objects.list("Namespace") if not is_terminating(one)]
    missing = [name for name in names if objects.get("ServiceAccount", name, NAME) is None]
    return [Create({"kind": "ServiceAccount", "metadata": {"name": NAME, "namespace": name}}) for name in missing]
