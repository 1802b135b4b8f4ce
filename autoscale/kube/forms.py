"""Kinds that are served in a second form: events.k8s.io/v1 Events and autoscaling/v1 autoscalers.

They are stored in one form (a row of ``KINDS``), and converted as upstream's pkg/apis/*/v1/conversion.go does. Pure.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autoscale.kube.kinds import RESOURCES, TABLE, Object
from autoscale.kube.resource import Resource

_ANNOTATION = "autoscaling.alpha.kubernetes.io/"


@dataclass(frozen=True)
class Form:
    """Another group and version of a stored kind. ``type``: its schema's name; ``outward`` converts a stored object to
    it, ``inward`` back; ``fields``: what its field selectors call the stored form's fields."""

    resource: Resource
    type: str
    outward: Callable[[Object], Object]
    inward: Callable[[Object], Object]
    fields: Mapping[str, str] = field(default_factory=dict)

    def selector(self, text: str) -> str:
        """A field selector in the stored form's names."""
        for name, stored in self.fields.items():
            text = ",".join(stored + part[len(name) :] if part.startswith(name) else part for part in text.split(","))
        return text


_EVENT = {
    "regarding": "involvedObject",
    "note": "message",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
    "reportingController": "reportingComponent",
}


def _renamed(names: Mapping[str, str], version: str) -> Callable[[Object], Object]:
    return lambda obj: {names.get(name, name): value for name, value in obj.items()} | {"apiVersion": version}


def _hpa_out(obj: Object) -> Object:
    """What autoscaling/v1 has no field for lies in annotations."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    metrics = spec.get("metrics") or []
    cpu = [one for one in metrics if _utilization(one) is not None]
    notes: dict[str, Any] = {
        "metrics": [_flat(one, "target") for one in metrics if one not in cpu],
        "current-metrics": [_flat(one, "current") for one in status.get("currentMetrics") or []],
        "conditions": status.get("conditions") or [],
        "behavior": _capital(spec.get("behavior") or {}),
    }
    said = {_ANNOTATION + name: json.dumps(value, separators=(",", ":")) for name, value in notes.items() if value}
    annotations = {**_own(obj), **said}
    kept = {name: value for name, value in spec.items() if name not in ("metrics", "behavior")}
    if cpu:
        kept["targetCPUUtilizationPercentage"] = _utilization(cpu[0])
    told = {name: value for name, value in status.items() if name not in ("currentMetrics", "conditions")}
    used = [one["resource"]["current"] for one in status.get("currentMetrics") or [] if _is_cpu(one)]
    if used and used[-1].get("averageUtilization") is not None:
        told["currentCPUUtilizationPercentage"] = used[-1]["averageUtilization"]
    metadata = {**obj["metadata"], **({"annotations": annotations} if annotations else {})}
    return {**obj, "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": kept, "status": told}


def _hpa_in(obj: Object) -> Object:
    notes = (obj.get("metadata") or {}).get("annotations") or {}
    spec, status = dict(obj.get("spec") or {}), dict(obj.get("status") or {})
    percent, _ = spec.pop("targetCPUUtilizationPercentage", None), status.pop("currentCPUUtilizationPercentage", None)
    metrics = [_deep(one, "target") for one in _read(notes, "metrics", list)]
    if percent is not None:
        target = {"type": "Utilization", "averageUtilization": percent}
        metrics.append({"type": "Resource", "resource": {"name": "cpu", "target": target}})
    if metrics:
        spec["metrics"] = metrics
    if behavior := _read(notes, "behavior", dict):
        spec["behavior"] = _small(behavior)
    if current := _read(notes, "current-metrics", list):
        status["currentMetrics"] = [_deep(one, "current") for one in current]
    if conditions := _read(notes, "conditions", list):
        status["conditions"] = conditions
    metadata = {name: value for name, value in (obj.get("metadata") or {}).items() if name != "annotations"}
    if own := _own(obj):
        metadata["annotations"] = own
    made = {**obj, "apiVersion": "autoscaling/v2", "metadata": metadata, "spec": spec}
    return made | ({"status": status} if "status" in obj else {})


def _own(obj: Object) -> Object:
    notes = (obj.get("metadata") or {}).get("annotations") or {}
    return {name: value for name, value in notes.items() if not name.startswith(_ANNOTATION)}


def _read(notes: Object, name: str, kind: type) -> Any:
    """What an annotation says; nothing where it is not there or cannot be read, as upstream does."""
    try:
        value = json.loads(notes.get(_ANNOTATION + name) or "null")
    except ValueError:
        value = None
    if isinstance(value, list):
        value = [one for one in value if isinstance(one, dict)]
    return value if isinstance(value, kind) else kind()


def _is_cpu(metric: Object) -> bool:
    return metric.get("type") == "Resource" and (metric.get("resource") or {}).get("name") == "cpu"


def _utilization(metric: Object) -> int | None:
    target = (metric.get("resource") or {}).get("target") or {}
    percent: int | None = target.get("averageUtilization") if _is_cpu(metric) else None
    return percent


_PLAIN = {"averageUtilization": "AverageUtilization", "averageValue": "AverageValue", "value": "Value"}
_SOURCE = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}


def _flat(metric: Object, part: str) -> Object:
    """A metric as autoscaling/v2beta1 had it: ``target.averageValue`` is ``targetAverageValue``."""
    source = _SOURCE.get(metric.get("type", ""), "")
    held = metric.get(source) or {}
    made = {name: value for name, value in held.items() if name not in ("metric", part, "describedObject")}
    if "describedObject" in held:
        made["target"] = held["describedObject"]
    if "metric" in held:
        made["metricName"] = held["metric"].get("name", "")
        if held["metric"].get("selector"):
            made["metricSelector" if source == "external" else "selector"] = held["metric"]["selector"]
    for name, word in _PLAIN.items():
        if (held.get(part) or {}).get(name) is not None:
            made["averageValue" if (source, name) == ("object", "averageValue") else part + word] = held[part][name]
    return {"type": metric.get("type", ""), source: made} if source else metric


def _deep(metric: Object, part: str) -> Object:
    """The other way round."""
    source = _SOURCE.get(metric.get("type", ""), "")
    held = dict(metric.get(source) or {})
    inner: Object = {}
    for name, word in _PLAIN.items():
        flat = "averageValue" if (source, name) == ("object", "averageValue") else part + word
        if flat in held:
            inner[name] = held.pop(flat)
    if part == "target" and inner:
        inner["type"] = next(word for name, word in _PLAIN.items() if name in inner).replace("AverageU", "U")
    made: Object = {}
    if "metricName" in held:
        selector = held.pop("metricSelector" if source == "external" else "selector", None)
        made["metric"] = {"name": held.pop("metricName"), **({"selector": selector} if selector else {})}
    if source == "object" and "target" in held:
        made["describedObject"] = held.pop("target")
    return {"type": metric.get("type", ""), source: {**held, **made, part: inner}} if source else metric


def _capital(value: Any) -> Any:
    """Upstream writes this annotation from a type of its own whose fields begin with capital letters."""
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: _capital(held) for name, held in value.items()}
    return [_capital(one) for one in value] if isinstance(value, list) else value


def _small(value: Any) -> Any:
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: _small(held) for name, held in value.items()}
    return [_small(one) for one in value] if isinstance(value, list) else value


def _form(row: Resource) -> Form:
    if row.kind == "Event":
        inward = _renamed(_EVENT, RESOURCES["Event"].api_version)
        outward = _renamed({stored: name for name, stored in _EVENT.items()}, row.api_version)
        fields = {"regarding.": "involvedObject.", "reportingController": "reportingComponent"}
        return Form(resource=row, type=row.schema, outward=outward, inward=inward, fields=fields)
    return Form(row, row.schema, _hpa_out, _hpa_in)


FORMS: Mapping[tuple[str, str], Form] = {(row.api_version, row.kind): _form(row) for row in TABLE if not row.stored}
"""By apiVersion and kind."""
