"""The columns of each kind, as Kubernetes' printers have them (k8s.io/kubernetes, pkg/printers/internalversion)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from autoscale.embedded.apiserver.tables import workloads
from autoscale.embedded.apiserver.tables.pods import age, pod_cells, since, span
from autoscale.kube.kinds import Object
from autoscale.kube.selectors import selector_text
from autoscale.kube.targets import targets

Cells = Callable[[Object, float], list[Any]]


@dataclass(frozen=True)
class Column:
    """One column; ``wide`` ones show with ``-o wide`` only."""

    name: str
    type: str = "string"
    wide: bool = False


@dataclass(frozen=True)
class Printer:
    """The columns of a kind, and the cells of one object at a time (seconds since the epoch)."""

    columns: tuple[Column, ...]
    cells: Cells


def _printer(cells: Cells, names: str, wide: str = "") -> Printer:
    """Names are separated by commas; ``name:integer`` gives another type than string."""
    split = [(text.strip(), False) for text in names.split(",")]
    split += [(text.strip(), True) for text in wide.split(",") if text]
    return Printer(tuple(Column(*_typed(text), wide=is_wide) for text, is_wide in split), cells)


def _typed(text: str) -> tuple[str, str]:
    name, _, type_ = text.partition(":")
    return name, type_ or "string"


def age_columns() -> Printer:
    """Name and age: what a kind without columns of its own shows."""
    return _printer(lambda obj, now: [_name(obj), age(obj, now)], "Name, Age")


def _name(obj: Object) -> str:
    name: str = obj["metadata"]["name"]
    return name


def _selector(spec: Object) -> str:
    return selector_text(spec.get("selector")) or "<none>"


def _containers(obj: Object) -> list[str]:
    containers = obj["spec"]["template"]["spec"]["containers"]
    return [",".join(c["name"] for c in containers), ",".join(c.get("image", "") for c in containers)]


def _deployment(obj: Object, now: float) -> list[Any]:
    spec, status = obj["spec"], obj.get("status", {})
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 1)}"
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    wide = [*_containers(obj), _selector(spec)]
    return [_name(obj), ready, updated, available, age(obj, now), *wide]


def _replica_set(obj: Object, now: float) -> list[Any]:
    spec, status = obj["spec"], obj.get("status", {})
    counts = [spec.get("replicas", 1), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [_name(obj), *counts, age(obj, now), *_containers(obj), _selector(spec)]


def _job(obj: Object, now: float) -> list[Any]:
    spec, status = obj["spec"], obj.get("status", {})
    done, wanted = status.get("succeeded", 0), spec.get("completions")
    parallel = spec.get("parallelism", 1)
    completions = f"{done}/{wanted}" if wanted is not None else f"{done}/1" + f" of {parallel}" * (parallel > 1)
    started, ended = status.get("startTime"), status.get("completionTime")
    duration = span(started, ended, now) if started else ""
    wide = [*_containers(obj), _selector(spec)]
    return [_name(obj), _job_status(obj), completions, duration, age(obj, now), *wide]


def _job_status(obj: Object) -> str:
    true = {c["type"] for c in obj.get("status", {}).get("conditions", []) if c["status"] == "True"}
    for name in ("Complete", "Failed"):
        if name in true:
            return name
    if "deletionTimestamp" in obj["metadata"]:
        return "Terminating"
    return next((name for name in ("Suspended", "FailureTarget", "SuccessCriteriaMet") if name in true), "Running")


def _hpa(obj: Object, now: float) -> list[Any]:
    spec, status, ref = obj["spec"], obj.get("status", {}), obj["spec"]["scaleTargetRef"]
    shown = targets(spec.get("metrics") or [], status.get("currentMetrics") or [])
    least = str(spec["minReplicas"]) if "minReplicas" in spec else "<unset>"
    counts = [least, spec["maxReplicas"], status.get("currentReplicas", 0)]
    return [_name(obj), f"{ref['kind']}/{ref['name']}", shown, *counts, age(obj, now)]


def _service(obj: Object, now: float) -> list[Any]:
    spec = obj["spec"]
    ports = ",".join(map(_port, spec.get("ports", [])))
    address = next(iter(spec.get("clusterIPs") or []), None) or spec.get("clusterIP") or "<none>"
    wide = ",".join(f"{name}={value}" for name, value in sorted((spec.get("selector") or {}).items()))
    kind = spec.get("type", "ClusterIP")
    return [_name(obj), kind, address, "<none>", ports or "<none>", age(obj, now), wide or "<none>"]


def _port(port: Object) -> str:
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node}/{port.get('protocol', 'TCP')}"


def _node(obj: Object, now: float) -> list[Any]:
    status = obj.get("status", {})
    info, addresses = status.get("nodeInfo", {}), status.get("addresses", [])
    by_type = {address["type"]: address["address"] for address in addresses}
    ready = [c["status"] for c in status.get("conditions", []) if c["type"] == "Ready"]
    words = ["Ready" if ready[0] == "True" else "NotReady"] if ready else ["Unknown"]
    if obj.get("spec", {}).get("unschedulable"):
        words.append("SchedulingDisabled")
    prefix = "node-role.kubernetes.io/"
    roles = sorted(name.removeprefix(prefix) for name in obj["metadata"].get("labels", {}) if name.startswith(prefix))
    where = [by_type.get("InternalIP", "<none>"), by_type.get("ExternalIP", "<none>")]
    what = [info.get(name) or "<unknown>" for name in ("osImage", "kernelVersion", "containerRuntimeVersion")]
    version = info.get("kubeletVersion", "")
    return [_name(obj), ",".join(words), ",".join(roles) or "<none>", age(obj, now), version, *where, *what]


def _event(obj: Object, now: float) -> list[Any]:
    involved, source = obj["involvedObject"], obj.get("source", {})
    first = since(obj.get("firstTimestamp") or obj.get("eventTime"), now)
    last = since(obj.get("lastTimestamp"), now) if obj.get("lastTimestamp") else first
    target = "/".join(filter(None, (involved.get("kind", "").lower(), involved.get("name"))))
    who = (source.get("component") or obj.get("reportingComponent"), source.get("host"))
    message = obj.get("message", "").strip()
    wide = [involved.get("fieldPath", ""), ", ".join(filter(None, who)), first, obj.get("count") or 1, _name(obj)]
    return [last, obj.get("type", ""), obj.get("reason", ""), target, message, *wide]


def _endpoint_slice(obj: Object, now: float) -> list[Any]:
    ports = [str(port.get("port", port.get("name", "*"))) for port in obj.get("ports") or []]
    addresses = [address for endpoint in obj.get("endpoints") or [] for address in endpoint.get("addresses", [])]
    return [_name(obj), obj.get("addressType", ""), _some(ports), _some(addresses), age(obj, now)]


def _some(texts: list[str], none: str = "<unset>") -> str:
    """At most three of them, and how many more there are."""
    more = f" + {len(texts) - 3} more..." if len(texts) > 3 else ""
    return ",".join(texts[:3]) + more if texts else none


def _endpoints(obj: Object, now: float) -> list[Any]:
    found = [
        f"{address['ip']}:{port['port']}" if port else str(address["ip"])
        for subset in obj.get("subsets") or []
        for port in subset.get("ports") or [None]
        for address in subset.get("addresses") or []
    ]
    return [_name(obj), _some(found, "<none>"), age(obj, now)]


def _quota(obj: Object, now: float) -> list[Any]:
    status = obj.get("status", {})
    used, hard = status.get("used") or {}, status.get("hard") or {}
    texts = {name: f"{name}: {used.get(name, '0')}/{hard[name]}" for name in sorted(hard)}
    limits = [text for name, text in texts.items() if name.startswith("limits.")]
    others = [text for name, text in texts.items() if not name.startswith("limits.")]
    return [_name(obj), ", ".join(others), ", ".join(limits), age(obj, now)]


def _pdb(obj: Object, now: float) -> list[Any]:
    bounds = [str(obj.get("spec", {}).get(name, "N/A")) for name in ("minAvailable", "maxUnavailable")]
    return [_name(obj), *bounds, obj.get("status", {}).get("disruptionsAllowed", 0), age(obj, now)]


def _scale(obj: Object, now: float) -> list[Any]:
    return [_name(obj), obj["spec"]["replicas"], obj["status"]["replicas"], age(obj, now)]


def _count(*fields: str) -> Callable[[Object], int]:
    return lambda obj: sum(len(obj.get(field) or {}) for field in fields)


PRINTERS: Mapping[str, Printer] = {
    "Pod": _printer(pod_cells, "Name, Ready, Status, Restarts, Age", "IP, Node, Nominated Node, Readiness Gates"),
    "Deployment": _printer(_deployment, "Name, Ready, Up-to-date, Available, Age", "Containers, Images, Selector"),
    "ReplicaSet": _printer(
        _replica_set, "Name, Desired:integer, Current:integer, Ready:integer, Age", "Containers, Images, Selector"
    ),
    "Scale": _printer(_scale, "Name, Desired:integer, Available:integer, Age"),
    "Job": _printer(_job, "Name, Status, Completions, Duration, Age", "Containers, Images, Selector"),
    "HorizontalPodAutoscaler": _printer(_hpa, "Name, Reference, Targets, MinPods, MaxPods, Replicas, Age"),
    "Service": _printer(_service, "Name, Type, Cluster-IP, External-IP, Port(s), Age", "Selector"),
    "Node": _printer(
        _node,
        "Name, Status, Roles, Age, Version",
        "Internal-IP, External-IP, OS-Image, Kernel-Version, Container-Runtime",
    ),
    "StatefulSet": _printer(workloads.stateful_set, "Name, Ready, Age", "Containers, Images"),
    "DaemonSet": _printer(
        workloads.daemon_set,
        "Name, Desired:integer, Current:integer, Ready:integer, Up-to-date:integer, Available:integer, "
        "Node Selector, Age",
        "Containers, Images, Selector",
    ),
    "CronJob": _printer(
        workloads.cron_job,
        "Name, Schedule, Timezone, Suspend, Active:integer, Last Schedule, Age",
        "Containers, Images, Selector",
    ),
    "ControllerRevision": _printer(workloads.controller_revision, "Name, Controller, Revision:integer, Age"),
    "Event": _printer(_event, "Last Seen, Type, Reason, Object, Message", "Subobject, Source, First Seen, Count, Name"),
    "EndpointSlice": _printer(_endpoint_slice, "Name, AddressType, Ports, Endpoints, Age"),
    "Endpoints": _printer(_endpoints, "Name, Endpoints, Age"),
    "ResourceQuota": _printer(_quota, "Name, Request, Limit, Age"),
    "ServiceAccount": _printer(lambda obj, now: [_name(obj), age(obj, now)], "Name, Age"),
    **dict.fromkeys(
        ("LimitRange", "CustomResourceDefinition"),
        _printer(lambda obj, _now: [_name(obj), obj["metadata"].get("creationTimestamp")], "Name, Created At"),
    ),
    "PodDisruptionBudget": _printer(_pdb, "Name, Min Available, Max Unavailable, Allowed Disruptions:integer, Age"),
    "Namespace": _printer(
        lambda obj, now: [_name(obj), obj.get("status", {}).get("phase", ""), age(obj, now)], "Name, Status, Age"
    ),
    "ConfigMap": _printer(
        lambda obj, now: [_name(obj), _count("data", "binaryData")(obj), age(obj, now)], "Name, Data, Age"
    ),
    "Secret": _printer(
        lambda obj, now: [_name(obj), obj.get("type", ""), _count("data")(obj), age(obj, now)],
        "Name, Type, Data, Age",
    ),
    "PriorityClass": _printer(
        lambda obj, now: [_name(obj), obj["value"], obj.get("globalDefault", False), age(obj, now)],
        "Name, Value:integer, Global-Default:boolean, Age",
    ),
    "Lease": _printer(
        lambda obj, now: [_name(obj), obj.get("spec", {}).get("holderIdentity", ""), age(obj, now)],
        "Name, Holder, Age",
    ),
}
