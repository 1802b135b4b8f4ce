"""CPU time of an analysis beside one plain ``json.loads`` pass over the same file, for records of several lengths."""

import json
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from autoscale.analysis import analyse
from autoscale.record.digest import NAME, new_digest, signed
from autoscale.record.reader import read
from loadtest.histogram import SPEC, of, to_json

PODS = 50
RATE = 400
T0 = 1_795_000_000.0
_ROUNDS = 3


def rows(hours: float, pods: int = PODS) -> Iterator[dict[str, Any]]:
    """A synthetic run: one worker, ``pods`` pods with a CPU sample every 15 s, the HPA's status every minute."""
    draw = random.Random(1)
    seconds = int(hours * 3600)
    stages = [{"name": "steady", "start_s": 0, "end_s": seconds}]
    yield {
        "k": "header", "n": 0, "t": T0, "schema": 1, "run": "bench", "objects": [], "context": {"name": "bench"},
        "scenario": {"name": "bench", "model": "open", "points": [[0, RATE], [seconds, RATE]], "stages": stages,
                     "objectives": ["p95 < 300ms", "errors < 1%"], "load": {"workers": 1}, "requests": []},
        "target": {"kind": "Deployment", "name": "web", "namespace": "default", "service": "web", "url": "",
                   "hpa": "web", "names_pods": True},
        "versions": {}, "environment": {}, "histogram": SPEC, "accepted": [], "digest": NAME,
        "hpa_config": dict.fromkeys(("sync_period_s", "tolerance", "downscale_stabilization_s",
                                     "cpu_initialization_period_s", "initial_readiness_delay_s")),
    }  # fmt: skip
    names = [f"web-6874c9b784-{i:05d}" for i in range(pods)]
    yield from (_pod(name) for name in names)
    yield _workload(pods)
    for second in range(seconds):
        at = T0 + second
        yield _load(draw, second, at, names)
        if second % 10 == 9:
            yield from _pod_loads(second // 10, at, names)
        if second % 15 == 14:
            yield from (_usage(draw, name, at) for name in names)
        if second % 60 == 59:
            yield _hpa(pods, at, second)
    yield {"k": "end", "t": T0 + seconds, "reason": "done", "rows": 0, "totals": {}}


def _pod(name: str) -> dict[str, Any]:
    condition = ["True", T0 - 60]
    conditions = dict.fromkeys(("PodScheduled", "Initialized", "ContainersReady", "Ready"), condition)
    container = {
        "name": "web",
        "cpu_request_m": 200,
        "cpu_limit_m": 500,
        "started": T0 - 60,
        "restarts": 0,
        "reason": None,
    }
    return {
        "k": "pod", "t": T0, "uid": name, "name": name, "namespace": "default", "owner": "x", "node": "n", "ip": None,
        "phase": "Running", "created": T0 - 61, "deletion": None, "conditions": conditions, "containers": [container],
        "removed": False,
    }  # fmt: skip


def _workload(pods: int) -> dict[str, Any]:
    return {"k": "workload", "t": T0, "kind": "Deployment", "uid": "d", "name": "web", "generation": 1,
            "spec_replicas": pods, "status_replicas": pods, "ready": pods, "available": pods}  # fmt: skip


def _load(draw: random.Random, second: int, at: float, names: list[str]) -> dict[str, Any]:
    drawn = of(draw.lognormvariate(-4.0, 0.6) for _ in range(RATE // 4))
    response = to_json({index: 4 * n for index, n in drawn.items()})  # in order, as the generator writes them
    each = {"n": RATE // len(names), "failed": 0, "first_at": at + 0.01}
    return {
        "k": "load", "t": at + 1, "shard": 0, "pod": "loadtest-worker-0", "seq": second, "at": at, "clk": "w",
        "planned": RATE, "sent": RATE, "answered": RATE, "failed": {}, "dropped": 0, "in_flight": 8, "cpu_s": 0.2,
        "lag": {"5": 300, "90": 100}, "response": {"0": response}, "service": {"0": response},
        "by_pod": dict.fromkeys(names, each),
    }  # fmt: skip


def _pod_loads(number: int, at: float, names: list[str]) -> Iterator[dict[str, Any]]:
    buckets = {str(index): 4 for index in range(220, 260, 2)}
    for i, name in enumerate(names):
        yield {"k": "pod_load", "t": at, "shard": 0, "seq": number * len(names) + i, "at": at, "clk": "w", "pod": name,
               "response": buckets}  # fmt: skip


def _usage(draw: random.Random, name: str, at: float) -> dict[str, Any]:
    return {"k": "usage", "t": at + 2, "pod_uid": name, "at": at, "clk": "api", "window_s": 15.0,
            "containers": {"web": {"cpu_m": round(draw.gauss(96, 5), 3), "mem_b": 40_000_000}}}  # fmt: skip


def _hpa(pods: int, at: float, second: int) -> dict[str, Any]:
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
    }
    shown = {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 48 + second % 3}}}
    condition = {"status": "True", "reason": "ValidMetricFound", "message": "", "at": T0}
    return {"k": "hpa", "t": at, "uid": "h", "name": "web", "generation": 1, "current": pods, "desired": pods,
            "spec": {"minReplicas": 2, "maxReplicas": 60, "metrics": [metric]}, "last_scale": None,
            "metrics": [shown], "conditions": {"ScalingActive": condition}}  # fmt: skip


def write(path: Path, hours: float) -> int:
    """Write the synthetic record as the recorder would, with its digest; returns how many rows it has."""
    digest = new_digest()
    with path.open("wb") as file:
        n = -1
        for n, row in enumerate(rows(hours)):
            told = {"rows": n + 1} if row["k"] == "end" else {}
            line = orjson.dumps({"k": row["k"], "n": n, **row, **told}) + b"\n"
            line = signed(line, digest) if row["k"] == "end" else line
            digest.update(line)
            file.write(line)
        return n + 1


def plain(path: Path) -> float:
    """CPU seconds of one ``json.loads`` pass."""
    begun = time.process_time()
    with path.open(encoding="utf-8") as file:
        for line in file:
            json.loads(line)
    return time.process_time() - begun


def measure(hours: float) -> tuple[float, float, int]:
    """(CPU seconds of a plain pass, of an analysis, rows): each the best of several, taken in turn."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "record.jsonl"
        count = write(path, hours)
        base, took = [], []
        for _ in range(_ROUNDS if hours <= 6 else 1):
            base.append(plain(path))
            begun = time.process_time()
            analyse(read(path))
            took.append(time.process_time() - begun)
        return min(base), min(took), count


def run(lengths: tuple[float, ...] = (0.25, 1.0, 6.0)) -> list[tuple[str, str]]:
    """What was measured, a row each: an analysis is linear when the microseconds a row stay the same."""
    found = []
    for hours in lengths:
        base, took, count = measure(hours)
        words = f"{took / base:.2f} x a plain json.loads pass ({1e6 * took / count:.0f} us a row, {count:,} rows)"
        found.append((f"analysis of {hours:g} h, {PODS} pods", words))
    return found
