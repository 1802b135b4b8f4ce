"""Kubernetes objects -> rows of the record. Pure: one object in, its row out, whatever is absent is None."""

import re

from autoscale.base.secrets import REDACTED, harmless
from autoscale.base.times import parse_duration, parse_time
from autoscale.kube.kinds import Object
from autoscale.kube.quantities import milli, parse_quantity, whole
from autoscale.observe.managers import writer
from autoscale.record.rows.cluster import Event, Node, Service, Workload
from autoscale.record.rows.fields import Condition
from autoscale.record.rows.hpa import Hpa, MetricAnswer, MetricValue
from autoscale.record.rows.pods import Container, Endpoint, Pod, Usage

_PRICE_CLASS = ("karpenter.sh/capacity-type", "eks.amazonaws.com/capacityType", "node.kubernetes.io/lifecycle")
SERVICE_LABEL = "kubernetes.io/service-name"
"""What names the Service of an EndpointSlice."""


_HOOKS = ("FailedPostStartHook", "FailedPreStopHook")
_PROBES = ("Unhealthy", "ProbeWarning", "ProbeError")
_PROBE_RESULT = re.compile(
    r"\w+ probe \w+: (HTTP probe failed with statuscode: \d+|Get \"[^\"]*\": .*|dial tcp .*|timeout: .*)"
)


def seconds(text: str | None) -> float | None:
    """An API time in seconds since the epoch; None where there is none."""
    return parse_time(text) if text else None


def pod_row(pod: Object, *, removed: bool = False) -> Pod:
    """A ``pod`` row."""
    meta, spec, status = pod["metadata"], pod.get("spec") or {}, pod.get("status") or {}
    return {
        "k": "pod",
        "uid": meta["uid"],
        "name": meta["name"],
        "namespace": meta.get("namespace", ""),
        "owner": owner(pod),
        "node": spec.get("nodeName"),
        "ip": status.get("podIP"),
        "phase": status.get("phase", "Pending"),
        "created": parse_time(meta["creationTimestamp"]),
        "deletion": seconds(meta.get("deletionTimestamp")),
        "conditions": {
            item["type"]: (item["status"], seconds(item.get("lastTransitionTime")))
            for item in status.get("conditions") or []
        },
        "containers": [_container(item, status) for item in _running(spec)],
        "sized_by": writer(pod, "containers"),
        "removed": removed,
    }


def owner(obj: Object) -> str | None:
    """The controlling owner as ``Kind/name``; None where there is none."""
    for reference in obj["metadata"].get("ownerReferences") or []:
        if reference.get("controller"):
            return f"{reference['kind']}/{reference['name']}"
    return None


def _running(spec: Object) -> list[Object]:
    """The containers that run beside each other, whose requests count: init containers that restart always, too."""
    sidecars = [item for item in spec.get("initContainers") or [] if item.get("restartPolicy") == "Always"]
    return [*(spec.get("containers") or []), *sidecars]


def _container(container: Object, status: Object) -> Container:
    """One container: what it asks for (the HPA divides by that, also while a resize waits), its limit, how it fares."""
    states = [*(status.get("containerStatuses") or []), *(status.get("initContainerStatuses") or [])]
    named = [item for item in states if item["name"] == container["name"]]
    state = (named[0].get("state") or {}) if named else {}
    asked = (container.get("resources") or {}).get("requests") or {}
    given = (named[0].get("resources") if named else None) or container.get("resources") or {}
    running, waiting, ended = (state.get(key) or {} for key in ("running", "waiting", "terminated"))
    before = (((named[0] if named else {}).get("lastState") or {}).get("terminated") or {}) if running else {}
    return {
        "name": container["name"],
        "cpu_request_m": _cpu(asked),
        "cpu_limit_m": _cpu(given.get("limits")),
        "mem_request_b": whole(asked["memory"]) if "memory" in asked else None,
        "started": seconds(running.get("startedAt") or ended.get("startedAt")),
        "restarts": int(named[0].get("restartCount") or 0) if named else 0,
        "reason": waiting.get("reason") or ended.get("reason") or before.get("reason"),
    }


def _cpu(resources: Object | None) -> int | None:
    """The CPU of a resource list in millicores."""
    value = (resources or {}).get("cpu")
    return None if value is None else milli(value)


def workload_row(workload: Object) -> Workload:
    """A ``workload`` row of a Deployment, ReplicaSet or StatefulSet."""
    meta, status = workload["metadata"], workload.get("status") or {}
    ready = int(status.get("readyReplicas") or 0)
    row: Workload = {
        "k": "workload",
        "kind": workload["kind"],
        "uid": meta["uid"],
        "name": meta["name"],
        "generation": int(meta.get("generation") or 0),
        "spec_replicas": (workload.get("spec") or {}).get("replicas"),
        "status_replicas": int(status.get("replicas") or 0),
        "ready": ready,
        "available": int(status.get("availableReplicas") or 0),
        "replicas_by": writer(workload, "replicas"),
        "template_by": writer(workload, "template"),
    }
    if workload["kind"] == "Deployment":
        row |= {"paused": bool((workload.get("spec") or {}).get("paused")), "paused_by": writer(workload, "paused")}
    return row


def workload_gone(row: Workload) -> Workload:
    """The row of a workload that was deleted: it has no pods any more."""
    return {**row, "status_replicas": 0, "ready": 0, "available": 0, "removed": True}


def service_row(service: Object) -> Service:
    """A ``service`` row: which Service of that name there is."""
    spec = service.get("spec") or {}
    chosen = ",".join(f"{key}={value}" for key, value in sorted((spec.get("selector") or {}).items()))
    ports = ", ".join(f"{one.get('port')} to {one.get('targetPort')}" for one in spec.get("ports") or ())
    leads_to = f"pods {chosen or 'that it does not choose'}, port {ports}"
    meta = service["metadata"]
    return {"k": "service", "uid": meta["uid"], "name": meta["name"], "leads_to": leads_to}


def hpa_row(hpa: Object, *, redact_paths: bool = False) -> Hpa:
    """An ``hpa`` row of an autoscaling/v2 HorizontalPodAutoscaler.

    The API requires ``desiredReplicas``, so a new HPA says 0 there until its first sync: that is no decision.
    """
    meta, status = hpa["metadata"], hpa.get("status") or {}
    decided = bool(status.get("lastScaleTime") or status.get("conditions"))
    return {
        "k": "hpa",
        "uid": meta["uid"],
        "name": meta["name"],
        "generation": int(meta.get("generation") or 0),
        "spec": hpa["spec"],
        "current": _count(_current(status), decided),
        "desired": _count(status.get("desiredReplicas"), decided),
        "last_scale": seconds(status.get("lastScaleTime")),
        "metrics": status.get("currentMetrics"),
        "conditions": conditions(status, paths=redact_paths),
        "spec_by": writer(hpa),
    }


def conditions(status: Object, *, paths: bool = False) -> dict[str, Condition]:
    """The conditions of an HPA's or ScaledObject's status by type; one that KEDA has not judged yet has no status.

    ``paths``: messages are told without the paths of URLs.
    """
    return {
        item["type"]: {
            "status": item.get("status") or "Unknown",
            "reason": item.get("reason") or "",
            "message": harmless(item.get("message") or "", paths=paths),
            "at": seconds(item.get("lastTransitionTime")),
        }
        for item in status.get("conditions") or []
    }


def _current(status: Object) -> int | None:
    """``currentReplicas``, which the API leaves out where it is 0: so with a target that is scaled to 0."""
    disabled = any(item.get("reason") == "ScalingDisabled" for item in status.get("conditions") or [])
    count = status.get("currentReplicas")
    return 0 if count is None and disabled else count


def _count(replicas: int | None, decided: bool) -> int | None:
    """A replica count of an HPA's status; the 0 of one that has never decided is unknown."""
    return replicas if decided or replicas else None


def usage_row(sample: Object, uid: str, clk: str) -> Usage:
    """A ``usage`` row of a ``PodMetrics`` sample."""
    return {
        "k": "usage",
        "pod_uid": uid,
        "at": parse_time(sample["timestamp"]),
        "clk": clk,
        "window_s": go_duration(sample["window"]),
        "containers": {
            item["name"]: {
                "cpu_m": float(parse_quantity(item["usage"]["cpu"]) * 1000),
                "mem_b": whole(item["usage"]["memory"]) if "memory" in item["usage"] else None,
            }
            for item in sample.get("containers") or []
        },
    }


def metric_row(type: str, name: str, items: list[Object], took_s: float) -> MetricAnswer:
    """A ``metric`` row of the ``MetricValue`` or ``ExternalMetricValue`` items of an answer; ValueError and the
    like for an item of another form."""
    values = [_metric_value(item) for item in items]
    return {"k": "metric", "type": type, "name": name, "took_s": took_s, "values": values}


def _metric_value(item: Object) -> MetricValue:
    parse_quantity(item["value"])  # what is no quantity is refused; what is one stays as it was written
    return {
        "object": (item.get("describedObject") or {}).get("name"),
        "value": str(item["value"]),
        "at": seconds(item.get("timestamp")),
    }


def go_duration(text: str) -> float:
    """A Go duration as metav1.Duration writes it (``15.002s``, ``1m0.5s``, ``850µs``) in seconds."""
    for unit, factor in (("µs", 1e-6), ("us", 1e-6), ("ns", 1e-9)):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    return parse_duration(text)


def endpoint_rows(endpoint_slice: Object, service: str) -> dict[str, Endpoint]:
    """``endpoint`` rows of an EndpointSlice by pod uid."""
    rows: dict[str, Endpoint] = {}
    for endpoint in endpoint_slice.get("endpoints") or []:
        target = endpoint.get("targetRef") or {}
        if target.get("kind") == "Pod" and target.get("uid"):
            conditions = endpoint.get("conditions") or {}
            rows[target["uid"]] = {
                "k": "endpoint",
                "service": service,
                "pod_uid": target["uid"],
                "ready": conditions.get("ready"),
                "serving": conditions.get("serving"),
                "terminating": conditions.get("terminating"),
            }
    return rows


def endpoint_left(service: str, pod_uid: str) -> Endpoint:
    """The ``endpoint`` row of a pod that the Service no longer leads to."""
    return {
        "k": "endpoint",
        "service": service,
        "pod_uid": pod_uid,
        "ready": False,
        "serving": False,
        "terminating": None,
    }


def node_row(node: Object, *, removed: bool = False) -> Node:
    """A ``node`` row: ``cpu_m`` is what pods may ask for (allocatable); one that was removed is not ready."""
    spec, status = node.get("spec") or {}, node.get("status") or {}
    ready = [item["status"] for item in status.get("conditions") or [] if item["type"] == "Ready"]
    meta, allocatable = node["metadata"], status.get("allocatable") or {}
    labels = meta.get("labels") or {}
    row: Node = {
        "k": "node",
        "name": meta["name"],
        "ready": False if removed else {"True": True, "False": False}.get(ready[0]) if ready else None,
        "cpu_m": milli(allocatable.get("cpu", "0")),
        "mem_b": whole(allocatable["memory"]) if "memory" in allocatable else None,
        "created": seconds(meta.get("creationTimestamp")),
        "instance": labels.get("node.kubernetes.io/instance-type"),
        "price_class": next((labels[name].lower() for name in _PRICE_CLASS if name in labels), None),
        "unschedulable": bool(spec.get("unschedulable")),
    }
    return {**row, "removed": True} if removed else row


def _said(reason: str, message: str, *, redact_paths: bool) -> str:
    """A message as it may be written down: not with what a hook or a probe ran, sent, or got for an answer."""
    if reason in _HOOKS:
        return REDACTED
    if reason in _PROBES and not _PROBE_RESULT.fullmatch(message):
        return f"{message.partition(': ')[0]}: {REDACTED}"
    return harmless(message, paths=redact_paths)


def event_row(event: Object, *, redact_paths: bool = False) -> Event:
    """An ``event`` row; times of old (firstTimestamp) and new (eventTime, series) style."""
    about, series = event.get("involvedObject") or {}, event.get("series") or {}
    first = event.get("firstTimestamp") or event.get("eventTime")
    return {
        "k": "event",
        "uid": event["metadata"]["uid"],
        "type": event.get("type") or "Normal",
        "reason": event.get("reason") or "",
        "message": _said(event.get("reason") or "", event.get("message") or "", redact_paths=redact_paths),
        "object": f"{about.get('kind', '')}/{about.get('name', '')}",
        "count": int(series.get("count") or event.get("count") or 1),
        "first": seconds(first),
        "last": seconds(event_time(event)),
    }


def event_time(event: Object) -> str | None:
    """When an event was last seen, as the API gives it."""
    last = (event.get("series") or {}).get("lastObservedTime") or event.get("lastTimestamp")
    return last or event.get("firstTimestamp") or event.get("eventTime")
