"""What kube-state-metrics and cAdvisor say of one workload: its size, its HPA, its pods and their CPU."""

import re
from collections.abc import Iterable, Mapping, Sequence

from autoscale.base.errors import InputError, Problem
from autoscale.imports.building import CLK
from autoscale.imports.prom.series import Series, increases
from autoscale.imports.prom.workloads import KINDS, SIZES, by_time, kind_of, sizes
from autoscale.record.rows.hpa import Amounts, Hpa, HpaSpec, Metric
from autoscale.record.rows.kinds import Row
from autoscale.record.rows.pods import Container, Pod, Usage

_HPA = {
    f"kube_{prefix}_{field}": name
    for prefix in ("horizontalpodautoscaler", "hpa")
    for field, name in (
        ("status_current_replicas", "current"),
        ("status_desired_replicas", "desired"),
        ("spec_min_replicas", "minReplicas"),
        ("spec_max_replicas", "maxReplicas"),
    )
}


def rows(every: Iterable[Series], workload: str | None) -> tuple[list[Row], str | None]:
    """Workload, HPA, pod and usage rows, and the workload as ``namespace/name`` (None: the data name none).

    Of a Deployment and a StatefulSet of one name the Deployment is meant.
    """
    series = list(every)
    namespace, name = _workload_of(series, workload)
    if name is None:
        return [*_hpa(series, None, None, None), *_pods(series, None, None)], None
    mine = [one for one in series if namespace in (None, one.labels.get("namespace"))]
    kind = kind_of(mine, name)
    found = [*sizes(mine, name, kind), *_hpa(mine, name, namespace, kind), *_pods(mine, name, namespace)]
    return found, f"{namespace}/{name}" if namespace else name


def _workload_of(series: Sequence[Series], wanted: str | None) -> tuple[str | None, str | None]:
    """(namespace, name) of the one that was asked for, or of the only one; InputError where there are several."""
    asked_namespace, _, asked = (wanted or "").rpartition("/")
    every = {
        (one.labels.get("namespace"), one.labels[kind])
        for one in series
        for kind in KINDS
        if one.name in SIZES and one.labels.get(kind)
    }
    fitting = {
        (namespace, name) for namespace, name in every if asked in ("", name) and asked_namespace in ("", namespace)
    }
    if len(fitting) > 1:
        shown = ", ".join(sorted("/".join(filter(None, one)) for one in fitting)[:10])
        fix = "name one by --workload NAMESPACE/NAME"
        raise InputError("the data tell of several workloads", problems=[Problem("workload", shown, "one")], fix=fix)
    if fitting:
        return fitting.pop()
    if wanted and every:
        shown = ", ".join(sorted("/".join(filter(None, one)) for one in every)[:10])
        raise InputError(
            f"the data do not tell of {wanted}", problems=[Problem("--workload", wanted, f"one of {shown}")]
        )
    return asked_namespace or None, asked or None


def _hpa_name(one: Series) -> str | None:
    return one.labels.get("horizontalpodautoscaler") or one.labels.get("hpa")


def _hpa(series: Sequence[Series], workload: str | None, namespace: str | None, kind: str | None) -> list[Hpa]:
    """The rows of the workload's HPA: by the target that ``_info`` names, else by its name, else the only one."""
    own = [one for one in series if (one.name in _HPA or "_spec_target_metric" in one.name) and _hpa_name(one)]
    names = {(one.labels.get("namespace"), str(_hpa_name(one))) for one in own if one.name in _HPA}
    targets = {
        (one.labels.get("namespace"), str(_hpa_name(one))): one.labels["scaletargetref_name"]
        if one.labels.get("scaletargetref_kind") in (None, kind) or kind is None
        else ""
        for one in series
        if _hpa_name(one) and one.labels.get("scaletargetref_name")
    }
    chosen = _chosen_hpa(names, targets, workload, namespace)
    if chosen is None:
        return []
    own = [one for one in own if (one.labels.get("namespace"), _hpa_name(one)) == chosen]
    percent = next((one.points[-1][1] for one in own if _cpu_percent(one) and one.points), None)
    metrics: list[Metric] = []
    if percent is not None:
        goal: Amounts = {"type": "Utilization", "averageUtilization": round(percent)}
        metrics = [{"type": "Resource", "resource": {"name": "cpu", "target": goal}}]
    found: list[Hpa] = []
    for time, values in by_time(own, _HPA):
        spec: HpaSpec = {"metrics": metrics}
        if "minReplicas" in values:
            spec["minReplicas"] = values["minReplicas"]
        if "maxReplicas" in values:
            spec["maxReplicas"] = values["maxReplicas"]
        found.append(
            {
                "k": "hpa",
                "t": time,
                "uid": chosen[1],
                "name": chosen[1],
                "generation": 0,
                "spec": spec,
                "current": values.get("current"),
                "desired": values.get("desired"),
                "last_scale": None,
                "metrics": None,
                "conditions": {},
            }
        )
    return found


def _chosen_hpa(
    names: set[tuple[str | None, str]],
    targets: Mapping[tuple[str | None, str], str],
    workload: str | None,
    namespace: str | None,
) -> tuple[str | None, str] | None:
    by_target = {name for name in names if workload is not None and targets.get(name) == workload}
    free = {name for name in names if name not in targets}
    by_name = {name for name in free if name[1] == workload}
    for fitting in (by_target, by_name, free):
        fitting = {name for name in fitting if namespace in (None, name[0], None)}
        if len(fitting) == 1:
            return fitting.pop()
        if len(fitting) > 1:
            shown = ", ".join(sorted("/".join(filter(None, one)) for one in fitting)[:10])
            fix = "save kube_horizontalpodautoscaler_info too, which names the targets, or only the HPA that is meant"
            problem = Problem("horizontalpodautoscaler", shown, f"the one of {workload or 'one workload'}")
            raise InputError("the data tell of several HPAs", problems=[problem], fix=fix)
    return None


def _cpu_percent(target: Series) -> bool:
    """Whether an HPA's target is a share of the CPU requests; `average` and `value` are cores."""
    kind = target.labels.get("metric_target_type") or "utilization"
    return "_spec_target_metric" in target.name and target.labels.get("metric_name") == "cpu" and kind == "utilization"


def _pods(series: Sequence[Series], workload: str | None, namespace: str | None) -> list[Row]:
    """Pods of the workload by their CPU series, with a usage row at every increase."""
    cpu: dict[str, list[Series]] = {}
    for one in series:
        pod = one.labels.get("pod") or one.labels.get("pod_name") or ""
        if one.name == "container_cpu_usage_seconds_total" and pod and one.points:
            cpu.setdefault(pod, []).append(one)
    found: list[Row] = []
    mine = owned(series, set(cpu), workload)
    latest = max((one.points[-1][0] for pod in mine for one in cpu[pod]), default=0.0)
    for pod in sorted(mine):
        several = _containers(cpu[pod])
        first, last = min(one.points[0][0] for one in several), max(one.points[-1][0] for one in several)
        resources: dict[str, int | None] = {kind: _resource(series, pod, kind) for kind in ("requests", "limits")}
        found.append(_pod_row(pod, namespace, first, resources, removed=False))
        if last < latest:
            found.append(_pod_row(pod, namespace, last, resources, removed=True))
        found += _usage(pod, several)
    return found


def owned(series: Sequence[Series], pods: set[str], workload: str | None) -> set[str]:
    """The workload's pods: by their owner where that was saved, else by their name; all where no workload is known."""
    if workload is None:
        return pods
    owner = {
        one.labels["pod"]: one.labels.get("owner_name") or one.labels.get("created_by_name", "")
        for one in series
        if one.name in ("kube_pod_owner", "kube_pod_info") and one.labels.get("pod")
    }
    above = {
        one.labels["replicaset"]: one.labels.get("owner_name", "")
        for one in series
        if one.name == "kube_replicaset_owner" and one.labels.get("replicaset")
    }
    names = {one.labels[kind] for one in series for kind in KINDS if one.labels.get(kind)} | {workload}
    return {pod for pod in pods if _owner(pod, owner.get(pod), above, names) == workload}


def _owner(pod: str, owner: str | None, above: Mapping[str, str], names: set[str]) -> str | None:
    if owner:
        return above.get(owner) or (owner if owner in names else re.sub(r"-[a-z0-9]+$", "", owner))
    fitting = [name for name in names if re.fullmatch(rf"{re.escape(name)}-[a-z0-9]+(-[a-z0-9]+)?", pod)]
    return max(fitting, key=len, default=None)


def _containers(several: Sequence[Series]) -> Sequence[Series]:
    """A pod's containers, each once: its own sum and the sandbox aside, where there are containers; else its sum."""
    total = [one for one in several if one.labels.get("cpu", "total") == "total"] or several
    named = [one for one in total if _container(one) not in ("", "POD")]
    sums = [one for one in total if not _container(one)] or total
    chosen = named or sums[:1]
    jobs = sorted({one.labels.get("job", "") for one in chosen})
    return [one for one in chosen if one.labels.get("job", "") == jobs[0]]  # two scrapes of one kubelet count once


def _container(one: Series) -> str:
    return one.labels.get("container") or one.labels.get("container_name") or ""


def _pod_row(pod: str, namespace: str | None, t: float, resources: Mapping[str, int | None], *, removed: bool) -> Pod:
    container: Container = {
        "name": "all",
        "cpu_request_m": resources["requests"],
        "cpu_limit_m": resources["limits"],
        "started": t,
        "restarts": 0,
        "reason": None,
    }
    return {
        "k": "pod",
        "t": t,
        "uid": pod,
        "name": pod,
        "namespace": namespace or "",
        "owner": None,
        "node": None,
        "ip": None,
        "phase": "Running",
        "created": t,
        "deletion": None,
        "conditions": {},
        "containers": [container],
        "removed": removed,
    }


def _resource(series: Sequence[Series], pod: str, kind: str) -> int | None:
    """The pod's CPU requests or limits in millicores."""
    values = {
        one.labels.get("container"): one.points[-1][1]
        for one in series
        if one.name in (f"kube_pod_container_resource_{kind}", f"kube_pod_container_resource_{kind}_cpu_cores")
        and one.labels.get("pod") == pod
        and one.labels.get("resource", "cpu") == "cpu"
        and one.points
    }
    return round(1000 * sum(values.values())) if values else None


def _usage(pod: str, several: Sequence[Series]) -> list[Usage]:
    at: dict[tuple[int, int], float] = {}
    for one in several:
        for start, end, used in increases(one.points):
            if used is not None:
                at[start, end] = at.get((start, end), 0.0) + used
    return [
        {
            "k": "usage",
            "t": float(end),
            "pod_uid": pod,
            "at": float(end),
            "clk": CLK,
            "window_s": float(end - start),
            "containers": {"all": {"cpu_m": 1000 * used / (end - start), "mem_b": None}},
        }
        for (start, end), used in sorted(at.items())
    ]
