"""The pods that a workload's template makes: as the API server stores them, and as the rule sees them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autoscale.kube.defaults import with_defaults
from autoscale.kube.kinds import Object

_PATHS = {
    "Pod": (),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "ScaledJob": ("spec", "jobTargetRef", "template"),
}
_USUAL_PATH = ("spec", "template")  # of the built-in workloads, and of most others (Rollout, CloneSet)


def template_of(obj: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What an object makes pods of (a Pod is its own template); None for a kind that makes none."""
    path = _PATHS.get(str(obj.get("kind")), _USUAL_PATH)
    found: Any = obj
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else None


def labels_of(template: Mapping[str, Any]) -> Mapping[str, Any]:
    """The labels of the pods."""
    return dict((template.get("metadata") or {}).get("labels") or {})


def pod_of(template: Mapping[str, Any], ranges: Iterable[Mapping[str, Any]]) -> Object:
    """A running pod of a template, with the API server's defaults and then those of the namespace's LimitRanges.

    AttributeError, KeyError, TypeError or ValueError where the template is not written as Kubernetes wants it.
    """
    spec = dict(template.get("spec") or {})
    metadata = {"name": "pod", "labels": labels_of(template)}
    pod = with_defaults({"kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": spec})
    for limits, requests in (pair for one in ranges for pair in _range_defaults(one)):
        for part in ("containers", "initContainers"):
            pod["spec"][part] = [_filled(entry, limits, requests) for entry in pod["spec"].get(part) or ()]
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    return {**pod, "status": {"phase": "Running", "startTime": "2026-01-01T00:00:00Z", "conditions": [ready]}}


def _range_defaults(limit_range: Mapping[str, Any]) -> Iterator[tuple[Object, Object]]:
    """(limits, requests) that a LimitRange gives a container which says nothing, as defaulted upstream
    (pkg/apis/core/v1/defaults.go): limits from the maximum, requests from the limits, then from the minimum."""
    for item in (limit_range.get("spec") or {}).get("limits") or ():
        if item.get("type") == "Container":
            limits = {**(item.get("max") or {}), **(item.get("default") or {})}
            yield limits, {**(item.get("min") or {}), **limits, **(item.get("defaultRequest") or {})}


def _filled(container: Object, limits: Object, requests: Object) -> Object:
    resources = container.get("resources") or {}
    filled = {
        "limits": {**limits, **(resources.get("limits") or {})},
        "requests": {**requests, **(resources.get("requests") or {})},
    }
    return {**container, "resources": {**resources, **{name: held for name, held in filled.items() if held}}}
