"""The observer's CPU and memory while it follows 100 pods on the embedded cluster, as in a run.

One Deployment of idle pods that an HPA scales 100 -> 60 -> 100, with the metrics pipeline at its real periods and the
log of a load worker that tells of 100 pods each second. The cluster, the pods and the observer are processes apart.
"""

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autoscale.cluster.apply import run_labels
from autoscale.cluster.client import Cluster, connect
from autoscale.cluster.resources import resource_of
from autoscale.embedded.launch import process
from autoscale.embedded.settings import Image, Settings
from autoscale.run.loadjobs import COMPONENT
from tests.benchmarks.observed import PATIENCE_S, Observed, memory_figure, observing
from tests.conftest import eventually

PODS, FEWER = 100, 60
SPAN_S = 70.0
NAMESPACE, LABEL = "default", "bench"
ROOT = Path(__file__).resolve().parents[2]
IDLE = ["python", "-S", "-c", "import time; time.sleep(3600)"]
Object = dict[str, Any]


def run() -> list[tuple[str, str]]:
    """Rows of (what, figure)."""
    with tempfile.TemporaryDirectory() as folder, _cluster() as (cluster, kubeconfig):
        with observing("embedded", kubeconfig, NAMESPACE, LABEL, Path(folder)) as seen:
            seen.await_rows(lambda rows: _pods(rows) >= PODS, "the first list")
            _start_load(cluster)
            seen.await_rows(lambda rows: any(row["k"] == "load" for row in rows), "the first load row")
            since = time.time()
            _scale(cluster, FEWER)
            time.sleep(SPAN_S / 2)
            _scale(cluster, PODS)
            time.sleep(SPAN_S / 2)
            until = time.time()
        return _figures(seen, since, until)


def _figures(seen: Observed, since: float, until: float) -> list[tuple[str, str]]:
    kinds = Counter(row["k"] for row, at in zip(seen.rows, seen.written, strict=True) if since <= at <= until)
    told = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    rate = kinds.total() / (until - since)
    share = 100 * seen.cpu_share(since, until)
    load = os.getloadavg()[0]
    return [
        (f"observer: CPU, {PODS} -> {FEWER} -> {PODS} pods in {until - since:.0f} s", f"{share:.1f} % of a core"),
        ("  CPU per row", f"{1e4 * share / rate:.0f} us at {rate:.0f} rows/s"),
        ("  memory", memory_figure(seen)),
        ("  what it wrote", told),
        ("  load average of the machine", f"{load:.1f} on {os.cpu_count()} cores"),
    ]


def _pods(rows: list[Object]) -> int:
    return len({row["uid"] for row in rows if row["k"] == "pod"})


@contextmanager
def _cluster() -> Iterator[tuple[Cluster, Path]]:
    """An embedded cluster of its own with 100 pods that run."""
    image = Image(path=str(Path(sys.executable).parent), pythonpath=str(ROOT))
    settings = Settings(node_cpu="64", node_memory="64Gi", node_pods=3 * PODS, images={"bench": image})
    running = process.start(f"bench-{os.getpid()}", settings)
    try:
        with connect("embedded", running.kubeconfig) as cluster:
            for obj in (_deployment(), _service(), _hpa()):
                cluster.send("POST", resource_of(obj["kind"]).path(NAMESPACE), obj)
            path = resource_of("Deployment").path(NAMESPACE, "web")
            eventually(
                lambda: cluster.get(path)["status"].get("readyReplicas") == PODS, "100 ready pods", 2 * PATIENCE_S
            )
            yield cluster, running.kubeconfig
    finally:
        running.stop()


def _scale(cluster: Cluster, replicas: int) -> None:
    """Have the HPA go to a number of pods, by its bounds."""
    body = {"spec": {"minReplicas": replicas, "maxReplicas": replicas}}
    path = resource_of("HorizontalPodAutoscaler").path(NAMESPACE, "web")
    cluster.send("PATCH", path, body, content_type="application/merge-patch+json")


def _start_load(cluster: Cluster) -> None:
    labels = {**run_labels(LABEL), "app.kubernetes.io/name": "loadtest", COMPONENT: "worker"}
    template = _template(labels, ["python", "-m", "tests.benchmarks.load_log"], "worker")
    template["spec"]["restartPolicy"] = "Never"
    job = _object("batch/v1", "Job", "loadtest-worker", {"template": template, "backoffLimit": 0})
    job["metadata"]["labels"] = labels
    cluster.send("POST", resource_of("Job").path(NAMESPACE), job)


def _object(version: str, kind: str, name: str, spec: Object) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


def _template(labels: dict[str, str], command: list[str], name: str = "web") -> Object:
    resources = {"requests": {"cpu": "10m", "memory": "16Mi"}}
    container = {"name": name, "image": "bench:dev", "command": command, "resources": resources}
    return {"metadata": {"labels": labels}, "spec": {"containers": [container], "terminationGracePeriodSeconds": 1}}


def _deployment() -> Object:
    labels = {"app": "web"}
    spec = {"replicas": PODS, "selector": {"matchLabels": labels}, "template": _template(labels, IDLE)}
    return _object("apps/v1", "Deployment", "web", spec)


def _service() -> Object:
    return _object("v1", "Service", "web", {"selector": {"app": "web"}, "ports": [{"port": 8080}]})


def _hpa() -> Object:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    wanted = {"type": "Utilization", "averageUtilization": 50}
    metrics = [{"type": "Resource", "resource": {"name": "cpu", "target": wanted}}]
    spec = {"scaleTargetRef": target, "minReplicas": PODS, "maxReplicas": PODS, "metrics": metrics}
    return _object("autoscaling/v2", "HorizontalPodAutoscaler", "web", spec)
