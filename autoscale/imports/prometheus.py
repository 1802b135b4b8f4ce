"""Prometheus range queries (the JSON of ``/api/v1/query_range``), one or more files.

Known series, by name: a counter of requests (``*_requests_total``, or ``*_requests_count`` with a code), a latency
histogram (``*_bucket`` with ``le``), kube-state-metrics' replicas, HPA and pod resources, and
``container_cpu_usage_seconds_total``. Counters are taken as differences; a fall is a restart.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from autoscale.base.errors import InputError, Problem
from autoscale.imports.building import CLK, Second, number, spread
from autoscale.record.rows import Amounts, Container, Hpa, HpaSpec, Metric, Pod, Row, Usage, Workload
from loadtest.histogram import bucket

NOTES = (
    "Latency is the server's, in the exporter's own buckets: a percentile is only as sharp as they are.",
    "Counts are spread evenly over the step of the query.",
    "How requests were sent is not in Prometheus: whether the generator was the limit is not known.",
)


class Series(NamedTuple):
    """One time series: its labels and its points (time, value)."""

    labels: Mapping[str, str]
    points: Sequence[tuple[float, float]]

    @property
    def name(self) -> str:
        """The metric's name."""
        return self.labels.get("__name__", "")


def series_of(document: Any, where: str) -> list[Series]:
    """The series of one range answer; raises InputError on anything else."""
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict) or data.get("resultType") != "matrix" or not isinstance(data.get("result"), list):
        problem = Problem(where, "no range answer", '{"status": "success", "data": {"resultType": "matrix", ...}}')
        fix = "save the answer of /api/v1/query_range?query=...&start=...&end=...&step=15"
        raise InputError(f"{where} is no Prometheus range answer", problems=[problem], fix=fix)
    found = []
    for item in data["result"]:
        if isinstance(item, dict) and isinstance(item.get("metric"), dict):
            points = [
                (at, value)
                for pair in item.get("values") or []
                if isinstance(pair, list) and len(pair) == 2
                and (at := number(pair[0])) is not None and (value := number(pair[1])) is not None
            ]  # fmt: skip
            found.append(Series(item["metric"], sorted(points)))
    return found


def seconds(every: Iterable[Series]) -> dict[int, Second]:
    """Load a second, from counters of requests and from latency histograms."""
    found: dict[int, Second] = {}
    series = list(every)
    histograms = [one for one in series if one.name.endswith("_bucket") and "le" in one.labels]
    counters = [one for one in series if _counts_requests(one)]
    for one in counters:
        for start, end, n in _increases(one.points):
            for second, part in zip(range(start, end), spread(round(n), end - start), strict=True):
                _count(found.setdefault(second, Second(answered=0)), _failure(one), part)
    _latencies(histograms, found, count=not counters)
    return found


def _failure(one: Series) -> str | None:
    """The code with which the requests of a series failed, None where they were answered."""
    code = str(one.labels.get("code") or one.labels.get("status") or one.labels.get("status_code") or "")
    return code if code[:1] in ("4", "5") else None


def _count(now: Second, failure: str | None, n: int) -> None:
    if failure is not None:
        now.fail(failure, n)
    else:
        now.answered = (now.answered or 0) + n


def _counts_requests(one: Series) -> bool:
    coded = any(label in one.labels for label in ("code", "status", "status_code"))
    return one.name.endswith("_requests_total") or (one.name.endswith("_requests_count") and coded)


def _latencies(histograms: Sequence[Series], found: dict[int, Second], *, count: bool) -> None:
    """Put the answers of each bucket, less those of the one below, at the middle of the bucket.

    ``count``: count the requests too. How long failed ones took is left out: latency is that of answers.
    """
    groups: dict[tuple[tuple[str, str], ...], dict[float, Series]] = {}
    for one in histograms:
        bound = math.inf if one.labels["le"] == "+Inf" else number(one.labels["le"])
        if bound is not None:
            key = tuple(sorted((k, v) for k, v in one.labels.items() if k != "le"))
            groups.setdefault(key, {})[bound] = one
    for group in groups.values():
        failure = _failure(next(iter(group.values())))  # a group's series differ in `le` only
        below: dict[tuple[int, int], float] = {}
        lower = 0.0
        for bound, one in sorted(group.items()):
            index = bucket(_middle(lower, bound))
            for start, end, n in _increases(one.points):
                own = max(0, round(n - below.get((start, end), 0.0)))
                below[start, end] = n
                for second, part in zip(range(start, end), spread(own, end - start), strict=True):
                    now = found.setdefault(second, Second(answered=0))
                    if part and failure is None:
                        now.latency[index] = now.latency.get(index, 0) + part
                    if count:
                        _count(now, failure, part)
            lower = bound


def _middle(lower: float, upper: float) -> float:
    if math.isinf(upper):
        return lower
    return math.sqrt(lower * upper) if lower > 0 else upper / 2


def _increases(points: Sequence[tuple[float, float]]) -> list[tuple[int, int, float]]:
    """(from second, until second, increase) between neighbours."""
    return [
        (int(a), int(b), after - before if after >= before else after)
        for (a, before), (b, after) in pairwise(points)
        if int(b) > int(a)
    ]


def rows(every: Iterable[Series], workload: str | None) -> tuple[list[Row], str]:
    """Workload, HPA, pod and usage rows, and the workload's name (the only one, or the one asked for)."""
    series = list(every)
    names = {one.labels["deployment"] for one in series if "deployment" in one.labels}
    name = workload or (min(names) if len(names) == 1 else None)
    if name is None and len(names) > 1:
        problem = Problem("deployment", ", ".join(sorted(names)), "one workload")
        raise InputError("the data tell of several Deployments", problems=[problem], fix="name one by --workload")
    name = name or "workload"
    return [*_workload(series, name), *_hpa(series, name), *_pods(series, name)], name


_WORKLOAD = {
    "kube_deployment_spec_replicas": "spec_replicas", "kube_deployment_status_replicas": "status_replicas",
    "kube_deployment_status_replicas_ready": "ready", "kube_deployment_status_replicas_available": "available",
}  # fmt: skip


def _merged(
    series: Iterable[Series], fields: Mapping[str, str], label: str, name: str
) -> list[tuple[float, dict[str, int]]]:
    """(time, values by field) at every point of some series of one object."""
    at: dict[float, dict[str, int]] = {}
    for one in series:
        if one.name in fields and one.labels.get(label) == name:
            for time, value in one.points:
                at.setdefault(time, {})[fields[one.name]] = round(value)
    return sorted(at.items())


def _workload(series: Sequence[Series], name: str) -> list[Workload]:
    found: list[Workload] = []
    for time, values in _merged(series, _WORKLOAD, "deployment", name):
        running = values.get("status_replicas", values.get("spec_replicas"))
        ready = values.get("ready", values.get("available"))
        if running is not None and ready is not None:
            found.append({
                "k": "workload", "t": time, "kind": "Deployment", "uid": name, "name": name, "generation": 0,
                "spec_replicas": values.get("spec_replicas"), "status_replicas": running, "ready": ready,
                "available": values.get("available", ready),
            })  # fmt: skip
    return found


_HPA = {
    "kube_horizontalpodautoscaler_status_current_replicas": "current",
    "kube_horizontalpodautoscaler_status_desired_replicas": "desired",
    "kube_horizontalpodautoscaler_spec_min_replicas": "minReplicas",
    "kube_horizontalpodautoscaler_spec_max_replicas": "maxReplicas",
}


def _hpa(series: Sequence[Series], workload: str) -> list[Hpa]:
    label = "horizontalpodautoscaler"
    names = {one.labels[label] for one in series if one.name in _HPA and label in one.labels}
    name = workload if workload in names else min(names, default=None)
    if name is None:
        return []
    target = [one for one in series if one.name.endswith("spec_target_metric") and one.labels.get(label) == name]
    percent = next((one.points[-1][1] for one in target if _cpu_percent(one) and one.points), None)
    metrics: list[Metric] = []
    if percent is not None:
        goal: Amounts = {"type": "Utilization", "averageUtilization": round(percent)}
        metrics = [{"type": "Resource", "resource": {"name": "cpu", "target": goal}}]
    found: list[Hpa] = []
    for time, values in _merged(series, _HPA, label, name):
        spec: HpaSpec = {"metrics": metrics}
        if "minReplicas" in values:
            spec["minReplicas"] = values["minReplicas"]
        if "maxReplicas" in values:
            spec["maxReplicas"] = values["maxReplicas"]
        found.append({
            "k": "hpa", "t": time, "uid": name, "name": name, "generation": 0, "spec": spec,
            "current": values.get("current"), "desired": values.get("desired"), "last_scale": None, "metrics": None,
            "conditions": {},
        })  # fmt: skip
    return found


def _cpu_percent(target: Series) -> bool:
    """Whether an HPA's target is a share of the CPU requests; `average` and `value` are cores."""
    kind = target.labels.get("metric_target_type") or "utilization"
    return target.labels.get("metric_name") == "cpu" and kind == "utilization"


def _pods(series: Sequence[Series], workload: str) -> list[Row]:
    """Pods of the workload by their CPU series, with a usage row at every increase."""
    prefix = f"{workload}-"
    cpu: dict[str, list[Series]] = {}
    for one in series:
        pod = one.labels.get("pod", "")
        if one.name == "container_cpu_usage_seconds_total" and pod.startswith(prefix) and one.points:
            cpu.setdefault(pod, []).append(one)
    found: list[Row] = []
    for pod, several in cpu.items():
        first, last = min(one.points[0][0] for one in several), max(one.points[-1][0] for one in several)
        sizes: dict[str, int | None] = {kind: _resource(series, pod, kind) for kind in ("requests", "limits")}
        found.append(_pod_row(pod, first, sizes, removed=False))
        if last < max(one.points[-1][0] for each in cpu.values() for one in each):
            found.append(_pod_row(pod, last, sizes, removed=True))
        found += _usage(pod, several)
    return found


def _pod_row(pod: str, t: float, sizes: Mapping[str, int | None], *, removed: bool) -> Pod:
    container: Container = {"name": "all", "cpu_request_m": sizes["requests"], "cpu_limit_m": sizes["limits"],
                            "started": t, "restarts": 0, "reason": None}  # fmt: skip
    return {
        "k": "pod", "t": t, "uid": pod, "name": pod, "namespace": "", "owner": None, "node": None, "ip": None,
        "phase": "Running", "created": t, "deletion": None, "conditions": {}, "containers": [container],
        "removed": removed,
    }  # fmt: skip


def _resource(series: Sequence[Series], pod: str, kind: str) -> int | None:
    """The pod's CPU requests or limits in millicores."""
    values = [
        one.points[-1][1]
        for one in series
        if one.name == f"kube_pod_container_resource_{kind}" and one.labels.get("pod") == pod
        and one.labels.get("resource") == "cpu" and one.points
    ]  # fmt: skip
    return round(1000 * sum(values)) if values else None


def _usage(pod: str, several: Sequence[Series]) -> list[Usage]:
    at: dict[tuple[int, int], float] = {}
    for one in several:
        if one.labels.get("container") in ("", "POD"):
            continue  # the pod's own sum, and the sandbox
        for start, end, used in _increases(one.points):
            at[start, end] = at.get((start, end), 0.0) + used
    return [
        {"k": "usage", "t": float(end), "pod_uid": pod, "at": float(end), "clk": CLK, "window_s": float(end - start),
         "containers": {"all": {"cpu_m": 1000 * used / (end - start), "mem_b": None}}}
        for (start, end), used in sorted(at.items())
    ]  # fmt: skip
