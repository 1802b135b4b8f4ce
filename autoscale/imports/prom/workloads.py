"""The sizes of a workload in kube-state-metrics, and what kind of workload it is."""

from collections.abc import Iterable, Mapping, Sequence

from autoscale.imports.prom.series import Series
from autoscale.record.rows.cluster import Workload

SIZES = {
    "kube_deployment_spec_replicas": "spec_replicas",
    "kube_deployment_status_replicas": "status_replicas",
    "kube_deployment_status_replicas_ready": "ready",
    "kube_deployment_status_replicas_available": "available",
    "kube_statefulset_replicas": "spec_replicas",
    "kube_statefulset_status_replicas": "status_replicas",
    "kube_statefulset_status_replicas_ready": "ready",
    "kube_statefulset_status_replicas_available": "available",
}
KINDS = ("deployment", "statefulset")


def by_time(series: Iterable[Series], fields: Mapping[str, str]) -> list[tuple[float, dict[str, int]]]:
    """(time, values by field) at every point of some series of one object."""
    at: dict[float, dict[str, int]] = {}
    for one in series:
        for time, value in one.points if one.name in fields else ():
            at.setdefault(time, {})[fields[one.name]] = round(value)
    return sorted(at.items())


def kind_of(series: Iterable[Series], name: str) -> str:
    """What a workload is; a Deployment where nothing says."""
    held = {kind for one in series if one.name in SIZES for kind in KINDS if one.labels.get(kind) == name}
    return "StatefulSet" if held == {"statefulset"} else "Deployment"


def sizes(series: Sequence[Series], name: str, kind: str) -> list[Workload]:
    """A row at each point at which it is known how many pods there were and how many ready."""
    found: list[Workload] = []
    own = [one for one in series if one.labels.get(kind.lower()) == name]
    for time, values in by_time(own, SIZES):
        running = values.get("status_replicas", values.get("spec_replicas"))
        ready = values.get("ready", values.get("available"))
        if running is not None and ready is not None:
            found.append(
                {
                    "k": "workload",
                    "t": time,
                    "kind": kind,
                    "uid": name,
                    "name": name,
                    "generation": 0,
                    "spec_replicas": values.get("spec_replicas"),
                    "status_replicas": running,
                    "ready": ready,
                    "available": values.get("available", ready),
                }
            )
    return found
