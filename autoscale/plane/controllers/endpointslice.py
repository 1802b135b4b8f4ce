"""The EndpointSlice controller: which pods a Service leads to, and how they are.

One slice per set of port numbers (named target ports may differ between pods). Fields as upstream's
staging/src/k8s.io/endpointslice: ``ready`` is False once a pod ends, ``serving`` says what its probe says.
"""

from autoscale.kube.conditions import is_finished, is_ready, is_terminating, matches
from autoscale.kube.kinds import Object
from autoscale.kube.ports import port_number
from autoscale.plane.controllers.common import fresh_names, guarded, owner_reference
from autoscale.plane.store import Create, Delete, Objects, Update, Write

NAME_LABEL = "kubernetes.io/service-name"
MANAGED_BY = {"endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}

Ports = tuple[tuple[str, str, int], ...]
"""(name, protocol, number) of each port."""


def step(objects: Objects, now: float) -> list[Write]:  # noqa: ARG001
    """One pass over all Services that have a selector."""
    writes: list[Write] = []
    for service in objects.list("Service"):
        if service["spec"].get("selector") and not is_terminating(service):
            with guarded(service):
                writes += _sync(service, objects)
    return writes


def _sync(service: Object, objects: Objects) -> list[Write]:
    namespace = service["metadata"]["namespace"]
    wanted = _grouped(service, objects.list("Pod", namespace))
    writes: list[Write] = []
    for slice_ in slices_of(service, objects):
        endpoints = wanted.pop(_ports_of(slice_), None)
        if endpoints is None:
            writes.append(Delete("EndpointSlice", namespace, slice_["metadata"]["name"]))
        elif endpoints != slice_["endpoints"]:
            writes.append(Update({**slice_, "endpoints": endpoints}))
    names = fresh_names(service, "EndpointSlice", len(wanted), objects)
    created = zip(names, wanted.items(), strict=True)
    return [*writes, *(Create(_slice(service, name, ports, found)) for name, (ports, found) in created)]


def slices_of(service: Object, objects: Objects) -> list[Object]:
    """The EndpointSlices that this controller keeps for the Service."""
    wanted = {NAME_LABEL: service["metadata"]["name"], **MANAGED_BY}
    found = objects.list("EndpointSlice", service["metadata"]["namespace"])
    return [s for s in found if matches(wanted, s["metadata"].get("labels"))]


def _grouped(service: Object, pods: list[Object]) -> dict[Ports, list[Object]]:
    groups: dict[Ports, list[Object]] = {}
    for pod in pods:
        selected = matches(service["spec"]["selector"], pod["metadata"].get("labels"))
        if selected and pod.get("status", {}).get("podIP") and not is_finished(pod):
            groups.setdefault(resolved(service, pod), []).append(_endpoint(service, pod))
    # A Service without pods keeps one empty slice, as upstream's does.
    return groups or {(): []}


def resolved(service: Object, pod: Object) -> Ports:
    """The numbers of the pod's ports that a Service leads to."""
    found = (
        (port.get("name") or "", port.get("protocol", "TCP"), target_port(port, pod))
        for port in service["spec"].get("ports") or []
    )
    return tuple((name, protocol, number) for name, protocol, number in found if number is not None)


def target_port(port: Object, pod: Object) -> int | None:
    """The number of the pod's port that a Service's port leads to; None where the pod has no port of that name."""
    target = port.get("targetPort") or port["port"]
    return port_number(target, pod["spec"]["containers"])


def _endpoint(service: Object, pod: Object) -> Object:
    serving, terminating = is_ready(pod), is_terminating(pod)
    published = bool(service["spec"].get("publishNotReadyAddresses"))
    metadata = pod["metadata"]
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {
            "ready": published or (serving and not terminating),
            "serving": serving,
            "terminating": terminating,
        },
        "nodeName": pod["spec"].get("nodeName"),
        "targetRef": {
            "kind": "Pod",
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
        },
    }


def _slice(service: Object, name: str, ports: Ports, endpoints: list[Object]) -> Object:
    metadata = service["metadata"]
    return {
        "kind": "EndpointSlice",
        "apiVersion": "discovery.k8s.io/v1",
        "metadata": {
            "name": name,
            "generateName": f"{metadata['name']}-",
            "namespace": metadata["namespace"],
            "labels": {**(metadata.get("labels") or {}), NAME_LABEL: metadata["name"], **MANAGED_BY},
            "ownerReferences": [owner_reference(service)],
        },
        "addressType": "IPv4",
        "ports": [{"name": n, "protocol": protocol, "port": number} for n, protocol, number in ports],
        "endpoints": endpoints,
    }


def _ports_of(slice_: Object) -> Ports:
    return tuple((p.get("name") or "", p.get("protocol", "TCP"), p["port"]) for p in slice_.get("ports") or [])
