"""What the API server itself adds to an object: addresses, selectors, labels. Pure."""

import uuid

from autoscale.embedded.addresses import Block
from autoscale.embedded.apiserver.cluster_ips import allocate
from autoscale.kube.kinds import Object
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
        return _job(obj)
    return _namespace(obj) if obj["kind"] == "Namespace" else obj


def _service(obj: Object, old: Object | None, objects: Objects, block: Block) -> Object:
    """A cluster IP: the one it has, the one it asks for, or a free one."""
    spec = dict(obj["spec"])
    asked = (
        spec.get("clusterIP")
        or next(iter(spec.get("clusterIPs") or []), "")
        or (old or {}).get("spec", {}).get("clusterIP", "")
    )
    others = objects.list("Service")
    own = obj["metadata"].get("uid")
    taken = {one["spec"].get("clusterIP", "") for one in others if one["metadata"]["uid"] != own}
    spec["clusterIP"] = allocate(block, asked, taken, obj["metadata"].get("name", ""))
    spec["clusterIPs"] = [spec["clusterIP"]]
    return {**obj, "spec": spec}


def _job(obj: Object) -> Object:
    """The selector and the labels by which a Job knows its pods."""
    spec = obj["spec"]
    if spec.get("manualSelector"):
        return obj
    uid, name = str(uuid.uuid4()), obj["metadata"].get("name", "")
    names = {"controller-uid": uid, "job-name": name}
    labels = {**{f"batch.kubernetes.io/{key}": value for key, value in names.items()}, **names}
    template = spec.get("template") or {}
    metadata = template.get("metadata") or {}
    template = {**template, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), **labels}}}
    selector = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    spec = {**spec, "selector": selector, "template": template}
    return {**obj, "metadata": {**obj["metadata"], "uid": uid}, "spec": spec}


def _namespace(obj: Object) -> Object:
    labels = {**(obj["metadata"].get("labels") or {}), "kubernetes.io/metadata.name": obj["metadata"].get("name", "")}
    return {**obj, "metadata": {**obj["metadata"], "labels": labels}}
