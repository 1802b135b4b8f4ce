"""Label and field selectors, as queries write them and as specs hold them."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from autoscale.kube.kinds import Object
from autoscale.kube.statuses import StatusError, bad_request

Predicate = Callable[[Object], bool]

_SET = re.compile(r"\s*([^\s!=,()]+)\s+(in|notin)\s*\(([^()]*)\)\s*")
_EQUAL = re.compile(r"\s*([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)\s*")
_EXISTS = re.compile(r"\s*(!?)\s*([^\s!=,()]+)\s*")
_SPLIT = re.compile(r",(?![^()]*\))")

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


def labels_match(text: str) -> Callable[[Mapping[str, str]], bool]:
    """A ``labelSelector`` query -> a predicate over labels; ``StatusError`` 400 where it cannot be read."""
    tests = [_requirement(part) for part in _SPLIT.split(text) if part.strip()]
    return lambda labels: all(test(labels) for test in tests)


def _requirement(text: str) -> Callable[[Mapping[str, str]], bool]:
    if found := _SET.fullmatch(text):
        name, operator = found[1], found[2]
        values = {value.strip() for value in found[3].split(",")}
        if operator == "in":
            return lambda labels: labels.get(name) in values
        return lambda labels: labels.get(name) not in values
    if found := _EQUAL.fullmatch(text):
        name, operator, value = found.groups()
        if operator == "!=":
            return lambda labels: labels.get(name) != value
        return lambda labels: labels.get(name) == value
    if found := _EXISTS.fullmatch(text):
        absent, name = bool(found[1]), found[2]
        return lambda labels: (name in labels) != absent
    raise bad_request(f"unable to parse requirement: {text!r} is not a label selector")


def selector_matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector of a spec (matchLabels, matchExpressions) selects these labels."""
    if any(labels.get(name) != value for name, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_expression(one, labels) for one in selector.get("matchExpressions") or [])


def _expression(one: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value, values = labels.get(one["key"]), one.get("values") or []
    match one["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case _:
            return value is None


def selector_text(selector: Mapping[str, Any] | None) -> str:
    """A LabelSelector as ``kubectl get -o wide`` shows it; ``<none>`` where it is empty."""
    parts = [f"{name}={value}" for name, value in sorted(((selector or {}).get("matchLabels") or {}).items())]
    for one in (selector or {}).get("matchExpressions") or []:
        values = ",".join(sorted(one.get("values") or []))
        word = {"In": f" in ({values})", "NotIn": f" notin ({values})"}.get(one["operator"], "")
        parts.append(("!" if one["operator"] == "DoesNotExist" else "") + one["key"] + word)
    return ",".join(parts) or "<none>"


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
