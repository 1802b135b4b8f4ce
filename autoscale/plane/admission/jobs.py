"""What the API server adds to a new Job: the selector and the labels by which it knows its pods."""

import uuid

from autoscale.kube.kinds import Object

_OURS = uuid.UUID("4f2c1d1e-6a0b-5f0a-9d54-1e4b2f7c3a90")


def identified(job: Object, seed: str) -> Object:
    """The Job with a uid that follows from ``seed``, and with the selector and labels that follow from that."""
    spec = job["spec"]
    if spec.get("manualSelector"):
        return job
    uid, name = str(uuid.uuid5(_OURS, seed)), job["metadata"].get("name", "")
    names = {"controller-uid": uid, "job-name": name}
    labels = {**{f"batch.kubernetes.io/{key}": value for key, value in names.items()}, **names}
    template = spec.get("template") or {}
    metadata = template.get("metadata") or {}
    template = {**template, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), **labels}}}
    selector = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    spec = {**spec, "selector": selector, "template": template}
    return {**job, "metadata": {**job["metadata"], "uid": uid}, "spec": spec}
