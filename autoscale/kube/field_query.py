"""Field selectors, ``status.phase=Running``: which fields select, and what they select."""

import re
from collections.abc import Callable
from typing import Any

from autoscale.kube.kinds import Object
from autoscale.kube.statuses import StatusError, bad_request

Predicate = Callable[[Object], bool]

_FIELDS = {
    "": ("metadata.name", "metadata.namespace"),
    "Pod": (
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
        "status.phase", "status.podIP", "status.nominatedNodeName",
    ),
    "Event": (
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
        "reportingComponent", "source", "type",
    ),
    "Node": ("spec.unschedulable",),
    "Namespace": ("status.phase",),
    "Job": ("status.successful",),
    "Secret": ("type",),
    "ReplicaSet": ("status.replicas",),
    "Service": ("spec.clusterIP", "spec.type"),
}  # fmt: skip
"""By which fields a kind can be selected (upstream's strategies); the first row for every kind."""


def fields_match(text: str, kind: str) -> Predicate:
    """A ``fieldSelector`` query -> a predicate over objects; ``StatusError`` 400 for a field that cannot select."""
    tests = [_field_test(part, kind) for part in text.split(",") if part.strip()]
    return lambda obj: all(test(obj) for test in tests)


def _field_test(text: str, kind: str) -> Predicate:
    found = re.fullmatch(r"\s*([^!=\s]+)\s*(==|=|!=)(.*)", text)
    if found is None:
        raise bad_request(f"invalid selector: '{text}'; can't understand '{text}'")
    name, operator, wanted = found[1], found[2], found[3].strip()
    if name not in _FIELDS[""] + _FIELDS.get(kind, ()):
        known = ", ".join(_FIELDS[""] + _FIELDS.get(kind, ()))
        raise StatusError(400, "BadRequest", f"field label not supported: {name} (known for {kind}: {known})")
    path = {"source": "source.component"}.get(name, name).split(".")
    return lambda obj: (_text_at(obj, path) == wanted) == (operator != "!=")


def _text_at(obj: Any, path: list[str]) -> str:
    for name in path:
        obj = obj.get(name) if isinstance(obj, dict) else None
    if isinstance(obj, bool):
        return str(obj).lower()
    return "" if obj is None else str(obj)
