"""What an object says of itself: its conditions, how far a pod's life is, who controls it."""

from autoscale.base.times import format_time, parse_time
from autoscale.kube.kinds import Object


def condition(obj: Object, kind: str) -> Object | None:
    """The status condition of that type, or None."""
    for found in (obj.get("status") or {}).get("conditions") or []:
        if found["type"] == kind:
            return dict(found)
    return None


def set_condition(conditions: list[Object], new: Object, now: float) -> list[Object]:
    """The list with ``new`` (type, status, reason, message) put in; its transition time moves with the status only."""
    old = next((c for c in conditions if c["type"] == new["type"]), None)
    moved = old is None or old["status"] != new["status"]
    at = format_time(now) if moved or old is None else old["lastTransitionTime"]
    made = {**new, "lastTransitionTime": at}
    if old is None:
        return [*conditions, made]
    return [{**old, **made} if c["type"] == new["type"] else c for c in conditions]


def holds(obj: Object, kind: str) -> bool:
    """The status condition of that type is there and True."""
    return (condition(obj, kind) or {}).get("status") == "True"


def is_ready(pod: Object) -> bool:
    """The pod's Ready condition is True."""
    return holds(pod, "Ready")


def is_available(pod: Object, min_ready_s: int, now: float) -> bool:
    """Ready for at least ``min_ready_s`` seconds."""
    ready = condition(pod, "Ready")
    if ready is None or ready["status"] != "True":
        return False
    return min_ready_s == 0 or parse_time(ready["lastTransitionTime"]) + min_ready_s <= now


def is_finished(pod: Object) -> bool:
    """The pod's containers have ended for good."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def is_terminating(obj: Object) -> bool:
    """Its end has been asked for."""
    return bool(obj["metadata"].get("deletionTimestamp"))


def is_active(pod: Object) -> bool:
    """Neither finished nor being deleted: what counts as a replica."""
    return not is_finished(pod) and not is_terminating(pod)


def controller_of(obj: Object) -> Object | None:
    """The owner reference of the managing controller, or None."""
    for owner in obj["metadata"].get("ownerReferences") or []:
        if owner.get("controller"):
            return dict(owner)
    return None


def matches(selector: dict[str, str] | None, labels: dict[str, str] | None) -> bool:
    """All of the selector's labels are there; an empty selector matches nothing (as a Service's does)."""
    return bool(selector) and all((labels or {}).get(name) == value for name, value in (selector or {}).items())
