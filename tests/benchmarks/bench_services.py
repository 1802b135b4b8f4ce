"""What recording many services costs beside one with as many pods: the recorder's own CPU, without a cluster.

The news of 1,000 pods (each made, placed, started, ready, gone, with endpoints, samples and the HPAs'
passes) goes through the recorder of a run, once as one service and once as twenty. A target: at most twice the CPU.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from autoscale.cluster.client import Cluster
from autoscale.cluster.watch import Change
from autoscale.observe.fold import Fold, Samples
from autoscale.observe.scope import Scope
from autoscale.observe.view import View
from autoscale.record.rows.kinds import Row
from autoscale.record.writer import Writer
from autoscale.run.recorder import Beside, Recorder

PODS, MANY, ROUNDS, BEGAN = 1000, 20, 6, 1_700_000_000.0
AT = "2023-11-14T22:13:20Z"
_STEPS = (("PodScheduled",), ("PodScheduled", "Initialized"), ("PodScheduled", "Initialized", "Ready"))


def run() -> list[tuple[str, str]]:
    """Rows of (what, figure): the best of three, taken in turn."""
    costs: dict[int, list[float]] = {1: [], MANY: []}
    rows = 0
    for _ in range(3):
        for services, seen in costs.items():
            cost, rows = _cost(services)
            seen.append(cost)
    one, many = min(costs[1]), min(costs[MANY])
    return [
        (f"services: CPU of one HPA with {PODS} pods, {rows} rows", f"{one:.2f} s"),
        (f"services: CPU of {MANY} HPAs with {PODS} pods together", f"{many:.2f} s"),
        ("  as a ratio (2 allowed)", f"{many / one:.2f}"),
    ]


def _cost(services: int) -> tuple[float, int]:
    """CPU seconds for the whole news as so many services, and the rows that were written."""
    names = [f"s{i}" for i in range(services)]
    scopes = [Scope("Deployment", name, name, name, BEGAN, labels=f"app={name}") for name in names]
    with tempfile.TemporaryDirectory() as folder, Writer(Path(folder) / "record.jsonl") as writer, ExitStack() as stack:
        others = [Beside(scope.workload, Fold(scope), View(scope)) for scope in scopes[1:]]
        cluster = cast("Cluster", SimpleNamespace())
        first = scopes[0]
        recorder = Recorder(cluster, "default", writer, Fold(first), View(first), stack, beside=others)
        rows: list[Row] = []
        recorder.listeners = [rows.append]
        for item in news(names):
            recorder.inbox.put(item)
        began = time.process_time()
        recorder.take(0)
        return time.process_time() - began, len(rows)


def news(names: list[str]) -> Iterator[Change | Samples]:
    """What a cluster tells of the pods of these services from their making on."""
    of = {f"{names[i % len(names)]}-{i:04}": names[i % len(names)] for i in range(PODS)}
    for conditions in _STEPS:
        for pod, name in of.items():
            yield _change("Pod", pod, {"app": name}, _pod(conditions))
    for turn in range(ROUNDS):
        yield Samples([_sample(pod, turn) for pod in of], BEGAN + 15 * turn)
        for i in range(PODS // 50):  # an HPA for fifty pods, whosever they are
            name = names[i % len(names)]
            status = {"currentReplicas": 50, "desiredReplicas": 50 + turn, "conditions": []}
            yield _change("HorizontalPodAutoscaler", name, {}, {"spec": {"maxReplicas": 99}, "status": status})


def _change(kind: str, name: str, labels: dict[str, str], body: dict[str, Any]) -> Change:
    meta = {"name": name, "uid": f"{kind}-{name}", "namespace": "default", "creationTimestamp": AT, "labels": labels}
    return Change(kind, "MODIFIED", {"metadata": meta, **body}, BEGAN)


def _pod(conditions: tuple[str, ...]) -> dict[str, Any]:
    told = [{"type": name, "status": "True", "lastTransitionTime": AT} for name in conditions]
    asked = {"requests": {"cpu": "100m", "memory": "64Mi"}}
    spec = {"nodeName": "n1", "containers": [{"name": "app", "resources": asked}]}
    return {"spec": spec, "status": {"phase": "Running", "conditions": told, "podIP": "10.0.0.1"}}


def _sample(pod: str, turn: int) -> dict[str, Any]:
    usage = {"cpu": "12345678n", "memory": "20Mi"}
    at = f"2023-11-14T22:{14 + turn:02}:00Z"
    containers = [{"name": "app", "usage": usage}]
    return {"metadata": {"name": pod}, "timestamp": at, "window": "15s", "containers": containers}
