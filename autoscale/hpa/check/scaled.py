"""The HPA that KEDA makes of a ScaledObject, as far as its manifest tells (keda.sh/v1alpha1, KEDA 2.20).

CPU and memory triggers become resource metrics of the pods; every other trigger an External metric of KEDA's own, about
which nothing can be told here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from autoscale.hpa.check.faults import Fault, Manifest
from autoscale.kube.kinds import Object

_MOST = 100  # maxReplicaCount where none is given
_THERE = ("scaleTargetRef",)  # the part of an HPA's spec that stands in a ScaledObject too


def made_by_keda(manifests: Sequence[Manifest]) -> Iterator[Manifest]:
    """An HPA for each ScaledObject; none for one that takes over an HPA which the files hold."""
    held = {(each.namespace, each.name) for each in manifests if each.kind == "HorizontalPodAutoscaler"}
    for each in manifests:
        if each.kind == "ScaledObject" and isinstance(each.at("spec").get("triggers"), list):
            made = _hpa(each)
            if (made.namespace, made.name) not in held:
                yield made


def without_its_patch(fault: Fault, hpa: Manifest) -> Fault:
    """The fault without a patch of what stands elsewhere in a ScaledObject, such as ``spec.metrics``."""
    of_hpa = fault.patch is not None and fault.where.endswith(hpa.title)
    elsewhere = of_hpa and not set((fault.patch or {}).get("spec") or ()) <= set(_THERE)
    return replace(fault, patch=None) if hpa.made_of and elsewhere else fault


def _hpa(scaled: Manifest) -> Manifest:
    spec, config = scaled.at("spec"), scaled.at("spec", "advanced", "horizontalPodAutoscalerConfig")
    reference = scaled.at("spec", "scaleTargetRef")
    made: Object = {
        "scaleTargetRef": {
            "apiVersion": reference.get("apiVersion") or "apps/v1",
            "kind": reference.get("kind") or "Deployment",
            "name": reference.get("name"),
        },
        "minReplicas": max(1, _count(spec.get("minReplicaCount"), 1)),
        "maxReplicas": _count(spec.get("maxReplicaCount"), _MOST),
        "metrics": [_metric(i, trigger) for i, trigger in enumerate(spec["triggers"])],
    }
    if config.get("behavior"):
        made["behavior"] = config["behavior"]
    name = config.get("name") or f"keda-hpa-{scaled.name}"
    metadata = {"name": name, "namespace": scaled.namespace}
    head = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
    return Manifest(scaled.file, {**head, "metadata": metadata, "spec": made}, made_of=f"ScaledObject/{scaled.name}")


def _count(value: Any, default: int) -> int:
    return value if isinstance(value, int) else default


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _metric(i: int, trigger: Any) -> Object:
    given = _mapping(trigger)
    metadata = _mapping(given.get("metadata"))
    kind, value = given.get("type"), str(metadata.get("value") or "")
    by = given.get("metricType") or metadata.get("type") or "Utilization"
    if kind in ("cpu", "memory") and (by == "AverageValue" or value.isdigit()):
        target = {
            "type": by,
            **({"averageValue": value} if by == "AverageValue" else {"averageUtilization": int(value)}),
        }
        if container := metadata.get("containerName"):
            named = {"name": kind, "container": container, "target": target}
            return {"type": "ContainerResource", "containerResource": named}
        return {"type": "Resource", "resource": {"name": kind, "target": target}}
    target = {"type": "AverageValue", "averageValue": "1"}
    return {"type": "External", "external": {"metric": {"name": f"s{i}-{kind}"}, "target": target}}
