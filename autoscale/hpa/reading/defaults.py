"""What the API server fills in, on HPAs as dicts; and the conversion of ``autoscaling/v1``."""

import copy
from collections.abc import Mapping
from typing import Any

DEFAULT_CPU_UTILIZATION = 80

_SCALE_UP = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
# No window: the controller fills in its flag.
_SCALE_DOWN = {"selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}


def with_defaults(hpa: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of an ``autoscaling/v2`` HPA as the API server stores it.

    ``minReplicas`` 1, CPU at 80 % where there is no metric. Where there is any ``behavior``, even an empty one, both
    directions are completed field by field; where there is none, none is made: that is another path.
    """
    result = copy.deepcopy(dict(hpa))
    spec = result["spec"] = dict(result.get("spec") or {})
    if spec.get("minReplicas") is None:
        spec["minReplicas"] = 1
    if not spec.get("metrics"):
        spec["metrics"] = [cpu_metric(DEFAULT_CPU_UTILIZATION)]
    behavior = spec.get("behavior")
    if behavior is None:
        spec.pop("behavior", None)
    else:
        spec["behavior"] = {
            "scaleUp": scale_up_defaults(behavior.get("scaleUp")),
            "scaleDown": scale_down_defaults(behavior.get("scaleDown")),
        }
    return result


def scale_up_defaults(rules: Mapping[str, Any] | None) -> dict[str, Any]:
    """The rules for scaling up, completed; a field that is given wins whole."""
    return _completed(_SCALE_UP, rules)


def scale_down_defaults(rules: Mapping[str, Any] | None) -> dict[str, Any]:
    """The rules for scaling down, completed; the window stays open where it is not given."""
    return _completed(_SCALE_DOWN, rules)


def _completed(defaults: Mapping[str, Any], rules: Mapping[str, Any] | None) -> dict[str, Any]:
    given = {name: value for name, value in (rules or {}).items() if value is not None}
    return {**copy.deepcopy(dict(defaults)), **given}


def cpu_metric(percent: int) -> dict[str, Any]:
    """A Resource metric for CPU with a target of ``percent`` of the request."""
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def from_v1(hpa: Mapping[str, Any]) -> dict[str, Any]:
    """An ``autoscaling/v1`` HPA as ``autoscaling/v2``."""
    result = copy.deepcopy(dict(hpa))
    spec = result["spec"] = dict(result.get("spec") or {})
    percent = spec.pop("targetCPUUtilizationPercentage", None)
    if percent is not None:
        spec["metrics"] = [cpu_metric(percent)]
    result["apiVersion"] = "autoscaling/v2"
    return result
