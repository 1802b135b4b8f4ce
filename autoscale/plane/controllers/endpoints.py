"""The Endpoints controller: the older form of what EndpointSlices say, for clients that still read it.

Fields as upstream's pkg/controller/endpoint: pods that end are not in it.
"""

from autoscale.kube.conditions import is_finished, is_ready, is_terminating, matches
from autoscale.kube.kinds import Object
from autoscale.plane.controllers.common import guarded
from autoscale.plane.controllers.endpointslice import Ports, resolved
from autoscale.plane.store import Create, Delete, Objects, Update, Write

MANAGED_BY = {"endpoints.kubernetes.io/managed-by": "endpoint-controller"}
HEADLESS = {"service.kubernetes.io/headless": ""}


def step(objects: Objects, now: float) -> list[Write]:  # noqa: ARG001
    """One pass over all Services that have a selector, and over what is left of those that are gone."""
    writes: list[Write] = []
    for service in objects.list("Service"):
        if service["spec"].get("selector") and not is_terminating(service):
            with guarded(service):
                writes += _sync(service, objects)
    for endpoints in objects.list("Endpoints"):
        namespace, name = endpoints["metadata"]["namespace"], endpoints["metadata"]["name"]
        if matches(MANAGED_BY, endpoints["metadata"].get("labels")) and not objects.get("Service", namespace, name):
            writes.append(Delete("Endpoints", namespace, name))
    return writes


def _sync(service: Object, objects: Objects) -> list[Write]:
    metadata = service["metadata"]
    headless = HEADLESS if service["spec"].get("clusterIP") == "None" else {}
    labels = {**(metadata.get("labels") or {}), **headless, **MANAGED_BY}
    wanted = {"subsets": _subsets(service, objects.list("Pod", metadata["namespace"]))}
    current = objects.get("Endpoints", metadata["namespace"], metadata["name"])
    if current is None:
        head = {"kind": "Endpoints", "apiVersion": "v1"}
        about = {"name": metadata["name"], "namespace": metadata["namespace"], "labels": labels}
        return [Create({**head, "metadata": about, **_told(wanted)})]
    if current.get("subsets", []) == wanted["subsets"] and current["metadata"].get("labels") == labels:
        return []
    kept = {name: value for name, value in current.items() if name != "subsets"}
    return [Update({**kept, "metadata": {**current["metadata"], "labels": labels}, **_told(wanted)})]


def _told(wanted: Object) -> Object:
    return wanted if wanted["subsets"] else {}


def _subsets(service: Object, pods: list[Object]) -> list[Object]:
    """The addresses by the ports that they have."""
    groups: dict[Ports, dict[str, list[Object]]] = {}
    published = bool(service["spec"].get("publishNotReadyAddresses"))
    for pod in pods:
        selected = matches(service["spec"]["selector"], pod["metadata"].get("labels"))
        over = is_finished(pod) or (is_terminating(pod) and not published)
        if not selected or over or not pod.get("status", {}).get("podIP"):
            continue
        kind = "addresses" if is_ready(pod) or published else "notReadyAddresses"
        groups.setdefault(resolved(service, pod), {}).setdefault(kind, []).append(_address(pod))
    return [{**groups[ports], **_ports(ports)} for ports in sorted(groups)]


def _ports(ports: Ports) -> Object:
    listed = [({"name": name} if name else {}) | {"port": port, "protocol": kind} for name, kind, port in ports]
    return {"ports": listed} if listed else {}


def _address(pod: Object) -> Object:
    target = {name: pod["metadata"][name] for name in ("namespace", "name", "uid")}
    reference = {"kind": "Pod", **target}
    named = {"hostname": pod["spec"]["hostname"]} if pod["spec"].get("hostname") else {}
    return {"ip": pod["status"]["podIP"], **named, "nodeName": pod["spec"].get("nodeName"), "targetRef": reference}
