"""What the API server itself adds to an object: addresses, selectors, labels. Pure."""

import uuid

from autoscale.embedded.addresses import Block
from autoscale.embedded.apiserver.cluster_ips import allocate
from autoscale.embedded.apiserver.node_ports import with_node_ports
from autoscale.kube.kinds import Object
from autoscale.plane.admission.jobs import identified
from autoscale.plane.view import Objects


def complete(obj: Object, old: Object | None, objects: Objects, block: Block) -> Object:
    """An object (``old``: what it was, None for a new one) with what the server decides.

    ``StatusError`` 422 for a cluster IP that a Service cannot have.
    """
    if obj["kind"] in ("Service", "Job") and "spec" not in obj:
        return obj  # validation says so
    if obj["kind"] == "Service":
        return _service(obj, old, objects, block)
    if obj["kind"] == "Job" and old is None:
        return identified(obj, str(uuid.uuid4()))
    return _namespace(obj) if obj["kind"] == "Namespace" else obj


def _service(obj: Object, old: Object | None, objects: Objects, block: Block) -> Object:
    """A cluster IP: the one it has, the one it asks for, or a free one; node ports likewise."""
    spec = dict(obj["spec"])
    asked = (
        spec.get("clusterIP")
        or next(iter(spec.get("clusterIPs") or []), "")
        or (old or {}).get("spec", {}).get("clusterIP", "")
    )
    own, name = obj["metadata"].get("uid"), obj["metadata"].get("name", "")
    others = [one["spec"] for one in objects.list("Service") if one["metadata"]["uid"] != own]
    spec["clusterIP"] = allocate(block, asked, {one.get("clusterIP", "") for one in others}, name)
    spec["clusterIPs"] = [spec["clusterIP"]]
    taken = {port["nodePort"] for one in others for port in one.get("ports") or [] if port.get("nodePort")}
    return {**obj, "spec": with_node_ports(spec, (old or {}).get("spec", {}), taken, name)}


def _namespace(obj: Object) -> Object:
    labels = {**(obj["metadata"].get("labels") or {}), "kubernetes.io/metadata.name": obj["metadata"].get("name", "")}
    return {**obj, "metadata": {**obj["metadata"], "labels": labels}}
