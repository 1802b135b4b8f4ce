"""A namespace on the local cluster with a workload of many pods on a node that KWOK plays, and its removal."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from autoscale.cluster.client import Cluster
from autoscale.cluster.failures import Refused
from autoscale.cluster.resources import resource_of
from tests.benchmarks.kwok import NODE
from tests.conftest import eventually

NAMESPACE = "bench-recorder"
CREATORS = 8
# A thousand pods go in seconds, five thousand took more than 30.
REMOVAL_S = 120.0
Object = dict[str, Any]


@contextmanager
def workload(cluster: Cluster) -> Iterator[None]:
    """The node and the namespace with deployment/web, its HPA and its Service; gone on leaving, and before.

    The Deployment has no pods of its own: `create_pods` makes them, because the ReplicaSet controller makes 20 a
    second and would be busy for everyone else. The Service has no address, so kube-proxy has nothing to do.
    """
    remove(cluster)
    try:
        cluster.send("POST", resource_of("Node").path(), _node())
        cluster.send("POST", resource_of("Namespace").path(), _object("v1", "Namespace", NAMESPACE))
        account = resource_of("ServiceAccount").path(NAMESPACE)
        eventually(lambda: bool(cluster.list(account)["items"]), "the namespace's service account")
        for obj in _objects():
            cluster.send("POST", resource_of(obj["kind"]).path(NAMESPACE), obj)
        yield
    finally:
        remove(cluster)


def node_ready(cluster: Cluster) -> bool:
    """Whether KWOK has taken over the node: pods made before that it may overlook."""
    node = cluster.get(resource_of("Node").path(None, NODE))
    conditions = (node.get("status") or {}).get("conditions") or []
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def create_pods(cluster: Cluster, names: list[str], labels: dict[str, str]) -> None:
    """Make pods that belong to the workload and are on the node already."""
    path = resource_of("Pod").path(NAMESPACE)
    with ThreadPoolExecutor(CREATORS) as pool:
        list(pool.map(lambda name: cluster.send("POST", path, _pod(name, labels)), names))


def pods(cluster: Cluster) -> list[Object]:
    """All pods of the workload as the API server has them."""
    return list(cluster.list(resource_of("Pod").path(NAMESPACE))["items"])


def remove(cluster: Cluster) -> None:
    """Everything of the benchmark, whoever left it; returns when it is gone."""
    at_once = {"gracePeriodSeconds": 0}
    namespace = resource_of("Namespace").path(None, NAMESPACE)
    lease = f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{NODE}"
    for path in (resource_of("Pod").path(NAMESPACE), namespace, resource_of("Node").path(None, NODE), lease):
        with suppress(Refused):  # it is not there
            cluster.send("DELETE", path, query=at_once, read_s=REMOVAL_S)
    eventually(lambda: cluster.call("GET", namespace).status == 404, "the namespace's end", REMOVAL_S)


def _node() -> Object:
    taints = [{"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}]
    return {**_object("v1", "Node", NODE), "spec": {"taints": taints}}


def _pod(name: str, labels: dict[str, str]) -> Object:
    container = {"name": "web", "image": "bench:dev", "resources": {"requests": {"cpu": "100m"}}}
    spec = {"nodeName": NODE, "automountServiceAccountToken": False, "containers": [container]}
    pod = _object("v1", "Pod", name, spec)
    pod["metadata"]["labels"] = {"app": "web", **labels}
    return pod


def _objects() -> list[Object]:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "bench:dev"}]}}
    ref = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    deployment = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    service = {"clusterIP": "None", "selector": labels, "ports": [{"port": 8080}]}
    return [
        _object("apps/v1", "Deployment", "web", deployment),
        _object("v1", "Service", "web", service),
        _object("autoscaling/v2", "HorizontalPodAutoscaler", "web", {"scaleTargetRef": ref, "maxReplicas": 2}),
    ]


def _object(version: str, kind: str, name: str, spec: Object | None = None) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec or {}}
