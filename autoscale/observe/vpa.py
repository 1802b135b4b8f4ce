"""A VerticalPodAutoscaler -> rows of the record. Pure.

Fields and defaults: vertical-pod-autoscaler 1.8, pkg/apis/autoscaling.k8s.io/v1/types.go.
"""

from autoscale.kube.kinds import Object
from autoscale.kube.quantities import milli, whole
from autoscale.observe.convert import conditions
from autoscale.record.rows.vpa import Recommendation, Vpa

_BOTH = ("cpu", "memory")
DEFAULT_MODE = "Recreate"  # what an absent mode means


def vpa_row(vpa: Object, *, redact_paths: bool = False) -> Vpa:
    """A ``vpa`` row of an autoscaling.k8s.io/v1 VerticalPodAutoscaler."""
    meta, spec, status = vpa["metadata"], vpa.get("spec") or {}, vpa.get("status") or {}
    recommended = (status.get("recommendation") or {}).get("containerRecommendations") or []
    return {
        "k": "vpa",
        "uid": meta["uid"],
        "name": meta["name"],
        "generation": int(meta.get("generation") or 0),
        "mode": (spec.get("updatePolicy") or {}).get("updateMode") or DEFAULT_MODE,
        "resources": _controlled(spec),
        "recommended": [_recommendation(item) for item in recommended],
        "conditions": conditions(status, paths=redact_paths),
    }


def _controlled(spec: Object) -> list[str]:
    """What it sizes of any container: both, unless the policy of all containers (``*``) says less."""
    policies = (spec.get("resourcePolicy") or {}).get("containerPolicies") or []
    if not any(one.get("containerName") == "*" for one in policies):
        return list(_BOTH)
    acting = [one for one in policies if one.get("mode") != "Off"]
    found = {name for one in acting for name in one.get("controlledResources") or _BOTH}
    return [name for name in _BOTH if name in found]


def _recommendation(item: Object) -> Recommendation:
    target, lower, upper = (item.get(key) or {} for key in ("target", "lowerBound", "upperBound"))
    return {
        "name": item.get("containerName") or "",
        "cpu_m": milli(target["cpu"]) if "cpu" in target else None,
        "mem_b": whole(target["memory"]) if "memory" in target else None,
        "lower_cpu_m": milli(lower["cpu"]) if "cpu" in lower else None,
        "upper_cpu_m": milli(upper["cpu"]) if "cpu" in upper else None,
    }
