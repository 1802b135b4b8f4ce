"""LimitRange: defaults for containers that say nothing, and least, most and greatest ratio of what is asked for.

Source of the rules and words: plugin/pkg/admission/limitranger of Kubernetes 1.35.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from autoscale.hpa.reading.quantities import show_quantity
from autoscale.kube.kinds import Object
from autoscale.kube.quantities import parse_quantity
from autoscale.plane.admission.amounts import add, most
from autoscale.plane.view import Objects

ANNOTATION = "kubernetes.io/limit-ranger"


def with_defaults(pod: Object, objects: Objects) -> Object:
    """The pod with the namespace's default requests and limits; an annotation names what was set."""
    for limit_range in objects.list("LimitRange", pod["metadata"]["namespace"]):
        pod = _defaulted(pod, limit_range)
    return pod


def _defaulted(pod: Object, limit_range: Object) -> Object:
    given: dict[str, dict[str, Any]] = {"requests": {}, "limits": {}}
    for item in _items(limit_range, "Container"):
        given["requests"] |= item.get("defaultRequest") or {}
        given["limits"] |= item.get("default") or {}
    notes: list[str] = []
    spec = dict(pod["spec"])
    for group, word in (("containers", "container"), ("initContainers", "init container")):
        if spec.get(group):
            spec[group] = [_container(one, given, word, notes) for one in spec[group]]
    if not notes:
        return pod
    annotations = {**(pod["metadata"].get("annotations") or {}), ANNOTATION: "LimitRanger plugin set: "}
    annotations[ANNOTATION] += "; ".join(notes)
    return {**pod, "metadata": {**pod["metadata"], "annotations": annotations}, "spec": spec}


def _container(container: Object, given: Mapping[str, Mapping[str, Any]], word: str, notes: list[str]) -> Object:
    resources = dict(container.get("resources") or {})
    for part, one in (("requests", "request"), ("limits", "limit")):
        missing = {name: value for name, value in given[part].items() if name not in (resources.get(part) or {})}
        if missing:
            resources[part] = {**(resources.get(part) or {}), **missing}
            notes.append(f"{', '.join(sorted(missing))} {one} for {word} {container['name']}")
    return {**container, "resources": resources}


def refusal(pod: Object, objects: Objects) -> str | None:
    """Why the LimitRanges do not take the pod; None where they do."""
    for limit_range in objects.list("LimitRange", pod["metadata"]["namespace"]):
        found = list(_faults(pod, limit_range))
        if found:
            return found[0] if len(found) == 1 else f"[{', '.join(dict.fromkeys(found))}]"
    return None


def _faults(pod: Object, limit_range: Object) -> Iterator[str]:
    spec = pod["spec"]
    for item in _items(limit_range, "Container"):
        for container in [*spec["containers"], *(spec.get("initContainers") or [])]:
            resources = container.get("resources") or {}
            yield from _outside("Container", item, resources.get("requests") or {}, resources.get("limits") or {})
    for item in _items(limit_range, "Pod"):
        yield from _outside("Pod", item, total(spec, "requests"), total(spec, "limits"))


def total(spec: Object, part: str) -> dict[str, str]:
    """Requests or limits of a pod: the sum over its containers, or its greatest init container's where that is more."""
    containers = [(one.get("resources") or {}).get(part) or {} for one in spec["containers"]]
    inits = [(one.get("resources") or {}).get(part) or {} for one in spec.get("initContainers") or []]
    return most([add(containers), *inits])


def _items(limit_range: Object, kind: str) -> list[Object]:
    return [item for item in limit_range["spec"].get("limits") or [] if item["type"] == kind]


def _outside(kind: str, item: Object, requests: Mapping[str, Any], limits: Mapping[str, Any]) -> Iterator[str]:
    for name, least in (item.get("min") or {}).items():
        words = f"minimum {name} usage per {kind} is {show_quantity(least)}"
        if name not in requests:
            yield f"{words}.  No request is specified"
        elif _value(requests[name]) < _value(least):
            yield f"{words}, but request is {show_quantity(requests[name])}"
        elif name in limits and _value(limits[name]) < _value(least):
            yield f"{words}, but limit is {show_quantity(limits[name])}"
    for name, greatest in (item.get("max") or {}).items():
        words = f"maximum {name} usage per {kind} is {show_quantity(greatest)}"
        if name not in limits:
            yield f"{words}.  No limit is specified"
        elif _value(limits[name]) > _value(greatest):
            yield f"{words}, but limit is {show_quantity(limits[name])}"
        elif name in requests and _value(requests[name]) > _value(greatest):
            yield f"{words}, but request is {show_quantity(requests[name])}"
    for name, ratio in (item.get("maxLimitRequestRatio") or {}).items():
        yield from _ratio(kind, name, ratio, requests, limits)


def _ratio(kind: str, name: str, ratio: Any, requests: Mapping[str, Any], limits: Mapping[str, Any]) -> Iterator[str]:
    words = f"{name} max limit to request ratio per {kind} is {show_quantity(ratio)}"
    if not _value(requests.get(name, 0)):
        yield f"{words}, but no request is specified or request is 0"
    elif not _value(limits.get(name, 0)):
        yield f"{words}, but no limit is specified or limit is 0"
    else:
        found = _value(limits[name]) / _value(requests[name])
        if found > _value(ratio):
            yield f"{words}, but provided ratio is {float(found):f}"


_value = parse_quantity
