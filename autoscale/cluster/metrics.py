"""What the APIs of metrics answer now: samples and values are the one thing that can only be polled."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from autoscale.base.errors import ClusterError
from autoscale.cluster.client import Cluster
from autoscale.cluster.failures import Refused
from autoscale.kube.kinds import BY_KIND
from autoscale.kube.selectors import selector_text

GROUP = "/apis/metrics.k8s.io/v1beta1"

CUSTOM, EXTERNAL = "custom.metrics.k8s.io", "external.metrics.k8s.io"


class Question(NamedTuple):
    """What an HPA's metric asks of an API: ``resource`` and ``of`` (pods, services ...; None of an external metric) as
    permissions have them, the object's name (``*``: all that the labels select), and the metric's own labels."""

    type: str
    name: str
    group: str
    of: str | None
    object: str
    labels: str

    @property
    def place(self) -> str:
        """Resource and subresource, as a Role has them: ``pods/http_requests_per_second``."""
        return f"{self.of}/{self.name}" if self.of else self.name


def questions(metrics: Iterable[Mapping[str, Any]] | None) -> list[Question]:
    """Those of an HPA's ``spec.metrics`` that are not resources, each once; what names no metric is left out."""
    found = []
    for metric in metrics or ():
        kind = str(metric.get("type"))
        source = metric.get(kind.lower()) if kind in ("Pods", "Object", "External") else None
        wanted = (source or {}).get("metric") or {}
        if source is None or not wanted.get("name"):
            continue
        of, name = {"Pods": ("pods", "*"), "External": (None, "")}.get(kind) or _described(source)
        group = EXTERNAL if of is None else CUSTOM
        labels = selector_text(wanted.get("selector") or {})
        found.append(Question(type=kind, name=wanted["name"], group=group, of=of, object=name, labels=labels))
    return list(dict.fromkeys(found))


def _described(source: Mapping[str, Any]) -> tuple[str, str]:
    """Resource (``services``, ``ingresses.networking.k8s.io``) and name of an ``Object`` metric's object."""
    described = source.get("describedObject") or {}
    kind, group = str(described.get("kind")), str(described.get("apiVersion") or "").rpartition("/")[0]
    plural = BY_KIND[kind].plural if kind in BY_KIND else _plural(kind.lower())
    return f"{plural}.{group}" if group else plural, str(described.get("name"))


def _plural(word: str) -> str:
    """As Kubernetes guesses a resource from a kind (apimachinery, ``UnsafeGuessKindToResource``)."""
    return f"{word}es" if word.endswith("s") else f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def preferred(cluster: Cluster, group: str) -> str:
    """The version of a group of metrics that the HPA asks. Raises ClusterError where there is none."""
    return str(cluster.get(f"/apis/{group}")["preferredVersion"]["version"])


def metric_values(cluster: Cluster, namespace: str, labels: str, asked: Question, version: str) -> list[dict[str, Any]]:
    """The items of the answer: ``MetricValue`` or ``ExternalMetricValue`` as the API gives them; ``labels`` select the
    pods. Raises ClusterError."""
    place = [asked.of, asked.object, asked.name] if asked.of else [asked.name]
    path = f"/apis/{asked.group}/{version}/namespaces/{namespace}/" + "/".join(quote(part, safe="*") for part in place)
    query = {"metricLabelSelector" if asked.of else "labelSelector": asked.labels or None}
    if asked.object == "*":
        query["labelSelector"] = labels or None
    return list(cluster.get(path, **query).get("items") or [])


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
