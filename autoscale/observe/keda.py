"""KEDA's ScaledObject -> rows of the record, and whether it is paused. Pure.

Defaults, annotations and conditions: KEDA v2.21, apis/keda/v1alpha1/scaledobject_types.go and pkg/scaling/executor.
"""

from typing import Any

from autoscale.base.secrets import REDACTED, harmless
from autoscale.kube.kinds import Object
from autoscale.observe.convert import conditions, seconds
from autoscale.record.rows.keda import Fallback, Paused, ScaledObject, Trigger

POLLING_S, COOLDOWN_S, MAX = 30, 300, 100
_PAUSED = "autoscaling.keda.sh/paused"
# What of a trigger's metadata may be written down: when it is active, and what it aims at. The rest may hold secrets.
_KNOWN = frozenset(
    (
        *("activationLagThreshold", "activationListLength", "activationQueueLength", "activationTargetValue"),
        *("activationThreshold", "activationValue", "aggregateFromKubeServiceEndpoints", "aggregationType"),
        *("desiredReplicas", "end", "format", "lagThreshold", "listLength", "metricName", "mode", "podSelector"),
        *("queueLength", "queueName", "start", "targetQueryValue", "targetValue", "threshold", "timezone", "topic"),
        *("value", "valueLocation"),
    )
)


def scaled_object_row(scaled: Object, *, redact_paths: bool = False) -> ScaledObject:
    """A ``scaled_object`` row of a keda.sh/v1alpha1 ScaledObject."""
    meta, spec, status = scaled["metadata"], scaled.get("spec") or {}, scaled.get("status") or {}
    return {
        "k": "scaled_object",
        "uid": meta["uid"],
        "name": meta["name"],
        "generation": int(meta.get("generation") or 0),
        "hpa": status.get("hpaName"),
        "min": int(spec.get("minReplicaCount") or 0),
        "max": int(spec.get("maxReplicaCount") or MAX),
        "idle": spec.get("idleReplicaCount"),
        "polling_s": spec.get("pollingInterval") or POLLING_S,
        "cooldown_s": COOLDOWN_S if spec.get("cooldownPeriod") is None else spec["cooldownPeriod"],
        "initial_cooldown_s": spec.get("initialCooldownPeriod") or 0,
        "triggers": [_trigger(item) for item in spec.get("triggers") or []],
        "fallback": _fallback(spec["fallback"]) if spec.get("fallback") else None,
        "paused": paused(scaled),
        "health": {
            name: {"status": item.get("status"), "failures": item.get("numberOfFailures")}
            for name, item in (status.get("health") or {}).items()
        },
        "last_active": seconds(status.get("lastActiveTime")),
        "conditions": conditions(status, paths=redact_paths),
    }


def _trigger(trigger: Object) -> Trigger:
    settings = trigger_settings(trigger.get("metadata"))
    return {"type": trigger.get("type") or "", "name": trigger.get("name"), "settings": settings}


def trigger_settings(given: Any) -> dict[str, str]:
    """A trigger's metadata as it may be written down."""
    found = given if isinstance(given, dict) else {}
    return {name: harmless(str(value)) if name in _KNOWN else REDACTED for name, value in found.items()}


def _fallback(fallback: Object) -> Fallback:
    return {
        "failures": int(fallback.get("failureThreshold") or 0),
        "replicas": int(fallback.get("replicas") or 0),
        "behavior": fallback.get("behavior") or "static",
    }


def paused(scaled: Object | None) -> Paused:
    """What of a ScaledObject is paused by its annotations: KEDA takes any value but a false one for yes."""
    notes = ((scaled or {}).get("metadata") or {}).get("annotations") or {}
    if f"{_PAUSED}-replicas" in notes or _says(notes.get(_PAUSED)):
        return "whole"
    if _says(notes.get(f"{_PAUSED}-scale-in")):
        return "scale in"
    return "scale out" if _says(notes.get(f"{_PAUSED}-scale-out")) else "no"


def _says(value: str | None) -> bool:
    return value is not None and value not in ("0", "f", "F", "false", "FALSE", "False")


def floor(scaled: Object) -> int:
    """The pods that a ScaledObject leaves while no trigger is active."""
    spec = scaled.get("spec") or {}
    idle = spec.get("idleReplicaCount")
    return int((spec.get("minReplicaCount") or 0) if idle is None else idle)
