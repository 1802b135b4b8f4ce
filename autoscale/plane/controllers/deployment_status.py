"""The status of a Deployment: counts, and the conditions Available and Progressing."""

from typing import Any

from autoscale.base.times import format_time, parse_time
from autoscale.kube.conditions import condition, is_terminating
from autoscale.kube.kinds import Object
from autoscale.plane.controllers.common import changed_status
from autoscale.plane.controllers.rollout import bounds, size_of, wanted
from autoscale.plane.store import UpdateStatus, Write

_COUNTS = ("replicas", "readyReplicas", "availableReplicas")


def step(deployment: Object, new: Object | None, old: list[Object], running: list[Object], now: float) -> list[Write]:
    """The write that brings the status up to date, or none."""
    counts = _counts(deployment, new, old)
    conditions = deployment["status"].get("conditions") or []
    conditions = _put(conditions, _availability(deployment, counts), now)
    if deployment["spec"].get("progressDeadlineSeconds") is not None:
        progress = _progress(deployment, new, counts, now)
        conditions = _put(conditions, progress, now) if progress else conditions
    conditions = [one for one in conditions if one["type"] != "ReplicaFailure"]
    if failure := next((found for one in [*([new] if new else []), *old] if (found := _failure(one))), None):
        conditions = [*conditions, failure]
    status: dict[str, Any] = {name: count for name, count in counts.items() if count}
    status["terminatingReplicas"] = sum(map(is_terminating, running))
    status["conditions"] = conditions
    return [UpdateStatus({**deployment, "status": status})] if changed_status(deployment, status) else []


def progress_deadline(deployment: Object) -> float | None:
    """When its progress has to be judged again (epoch seconds): a second after the deadline, as upstream does."""
    progress, allowed = condition(deployment, "Progressing"), deployment["spec"].get("progressDeadlineSeconds")
    if progress is None or allowed is None:
        return None
    return float(parse_time(progress["lastUpdateTime"]) + allowed + 1)


def is_complete(deployment: Object, new: Object | None, old: list[Object]) -> bool:
    """All pods are of the new template, available, and of the right number."""
    return _complete(deployment, _counts(deployment, new, old))


def _complete(deployment: Object, counts: dict[str, int]) -> bool:
    size = wanted(deployment)
    return counts["updatedReplicas"] == counts["replicas"] == counts["availableReplicas"] == size


def _counts(deployment: Object, new: Object | None, old: list[Object]) -> dict[str, int]:
    sets = [*old, *([new] if new else [])]
    sums = {name: sum(int((s.get("status") or {}).get(name) or 0) for s in sets) for name in _COUNTS}
    return {
        "observedGeneration": deployment["metadata"].get("generation", 1),
        "updatedReplicas": int(((new or {}).get("status") or {}).get("replicas") or 0),
        "unavailableReplicas": max(0, sum(map(size_of, sets)) - sums["availableReplicas"]),
        **sums,
    }


def _availability(deployment: Object, counts: dict[str, int]) -> Object:
    if counts["availableReplicas"] >= wanted(deployment) - bounds(deployment)[1]:
        return _made("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    text = "Deployment does not have minimum availability."
    return _made("Available", "False", "MinimumReplicasUnavailable", text)


def _progress(deployment: Object, new: Object | None, counts: dict[str, int], now: float) -> Object | None:
    current = condition(deployment, "Progressing")
    name = f'ReplicaSet "{new["metadata"]["name"]}"' if new else f'Deployment "{deployment["metadata"]["name"]}"'
    if new is None and current is None:
        return None
    if current is None or (new is not None and new["metadata"]["name"] not in current["message"]):
        return _made("Progressing", "True", "NewReplicaSetCreated", f"Created new replica set {name.split()[1]}")
    if counts["replicas"] == counts["updatedReplicas"] and current["reason"] == "NewReplicaSetAvailable":
        return current
    if _complete(deployment, counts):
        return _made("Progressing", "True", "NewReplicaSetAvailable", f"{name} has successfully progressed.")
    if _moved(deployment["status"], counts):
        made = _made("Progressing", "True", "ReplicaSetUpdated", f"{name} is progressing.")
        return {**made, "lastUpdateTime": format_time(now)}
    if _timed_out(deployment, current, now):
        return _made("Progressing", "False", "ProgressDeadlineExceeded", f"{name} has timed out progressing.")
    return current


def _failure(replica_set: Object) -> Object | None:
    """That pods of a ReplicaSet cannot be made, as a condition of its Deployment."""
    found = condition(replica_set, "ReplicaFailure")
    return {**found, "lastUpdateTime": found["lastTransitionTime"]} if found else None


def _moved(before: Object, counts: dict[str, int]) -> bool:
    """More updated, ready or available pods than before, or fewer old ones."""
    was = {name: int(before.get(name) or 0) for name in counts}
    old_before, old_now = was["replicas"] - was["updatedReplicas"], counts["replicas"] - counts["updatedReplicas"]
    grew = any(counts[name] > was[name] for name in ("updatedReplicas", "readyReplicas", "availableReplicas"))
    return grew or old_now < old_before


def _timed_out(deployment: Object, current: Object, now: float) -> bool:
    if current["reason"] == "NewReplicaSetAvailable" or deployment["spec"].get("paused"):
        return False
    if current["reason"] == "ProgressDeadlineExceeded":
        return True
    return bool(parse_time(current["lastUpdateTime"]) + deployment["spec"]["progressDeadlineSeconds"] < now)


def _made(kind: str, status: str, reason: str, message: str) -> Object:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def _put(conditions: list[Object], new: Object, now: float) -> list[Object]:
    """Set a condition; nothing moves where status and reason are the same, the transition only with the status."""
    old = next((c for c in conditions if c["type"] == new["type"]), None)
    told_again = "lastUpdateTime" in new and new != old
    if old and (old["status"], old["reason"]) == (new["status"], new["reason"]) and not told_again:
        return conditions
    at = old["lastTransitionTime"] if old and old["status"] == new["status"] else format_time(now)
    made = {**new, "lastUpdateTime": new.get("lastUpdateTime", format_time(now)), "lastTransitionTime": at}
    return [*(c for c in conditions if c["type"] != new["type"]), made]
