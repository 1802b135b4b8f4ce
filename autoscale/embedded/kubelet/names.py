"""The names that pods know: Services and what stands behind headless ones, as a hosts file.

``web``, ``web.ns``, ``web.ns.svc`` and ``web.ns.svc.cluster.local``, as a cluster's DNS has them with its search list.
"""

from collections.abc import Iterator

from autoscale.kube.kinds import Object
from autoscale.plane.store import Objects

READS = ("Service", "EndpointSlice")
DOMAIN = "svc.cluster.local"


def hosts_file(pod: Object, ip: str, objects: Objects, machine: str) -> str:
    """The file for a pod: the machine's own names, the pod's, and every Service's."""
    namespace = pod["metadata"]["namespace"]
    lines = [f"{ip} {pod['spec'].get('hostname') or pod['metadata']['name']}"]
    for service in objects.list("Service"):
        lines += [
            f"{address} {' '.join(_names(service, namespace, host))}" for address, host in _hosts(service, objects)
        ]
    return "\n".join((machine.rstrip("\n"), "# The cluster's names.", *lines, ""))


def _hosts(service: Object, objects: Objects) -> Iterator[tuple[str, str]]:
    """Its address; of a headless Service those of its ready pods, each also by its own name where it has one."""
    address = service["spec"].get("clusterIP")
    if address not in (None, "", "None"):
        yield address, ""
        return
    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
    for slice_ in objects.list("EndpointSlice", namespace):
        if (slice_["metadata"].get("labels") or {}).get("kubernetes.io/service-name") != name:
            continue
        for endpoint in slice_.get("endpoints") or []:
            if endpoint["conditions"].get("ready"):
                yield endpoint["addresses"][0], ""
            if endpoint.get("hostname"):
                yield endpoint["addresses"][0], endpoint["hostname"]


def _names(service: Object, namespace: str, host: str) -> Iterator[str]:
    """From the longest to the shortest; the bare name only in its own namespace."""
    own, at = service["metadata"]["namespace"], f"{host}." if host else ""
    name = f"{at}{service['metadata']['name']}"
    yield from (f"{name}.{own}.{DOMAIN}", f"{name}.{own}.svc", f"{name}.{own}")
    if own == namespace:
        yield name
