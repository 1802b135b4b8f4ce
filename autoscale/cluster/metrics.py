"""Samples of metrics.k8s.io: the one thing that the API only lets us poll."""

from typing import Any

from autoscale.base.errors import ClusterError
from autoscale.cluster.client import Cluster
from autoscale.cluster.failures import Refused

GROUP = "/apis/metrics.k8s.io/v1beta1"


def pod_samples(cluster: Cluster, namespace: str, labels: str) -> list[dict[str, Any]]:
    """The newest sample of each pod, ``PodMetrics`` as the API gives them. Raises ClusterError."""
    return list(cluster.get(f"{GROUP}/namespaces/{namespace}/pods", labelSelector=labels).get("items") or [])


def require(cluster: Cluster, namespace: str) -> None:
    """ClusterError where the cluster serves no pod metrics: an HPA on CPU or memory would be blind."""
    try:
        cluster.get(f"{GROUP}/namespaces/{namespace}/pods", limit=1)
    except Refused as error:
        if error.code == 403:
            raise
        raise ClusterError(
            f"this cluster serves no pod metrics ({error.message or error.what}): the HPA could not see any load",
            fix="install metrics-server (minikube: `minikube addons enable metrics-server`) and wait for "
            "`kubectl top pods` to answer",
        ) from error
