"""How many pods each ReplicaSet of a Deployment should have: rolling update, recreation and proportional scaling.

Pure arithmetic over the objects; the result is ``{ReplicaSet name: size}`` for those that change.
Source of the rules: pkg/controller/deployment/rolling.go, sync.go and util/deployment_util.go of Kubernetes.
"""

import math

from autoscale.kube.go import parse_int
from autoscale.kube.kinds import Object

REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"

Sizes = dict[str, int]


def size_of(replica_set: Object) -> int:
    """The size asked for."""
    return int(replica_set["spec"].get("replicas", 1))


def wanted(deployment: Object) -> int:
    """The Deployment's own size."""
    return int(deployment["spec"].get("replicas", 1))


def bounds(deployment: Object) -> tuple[int, int]:
    """(max surge, max unavailable) in pods; both 0 would never move, so then one may be unavailable."""
    strategy, size = deployment["spec"].get("strategy") or {}, wanted(deployment)
    if strategy.get("type") == "Recreate":
        return 0, 0
    rolling = strategy.get("rollingUpdate") or {}
    surge = resolved(rolling.get("maxSurge", "25%"), size, up=True)
    unavailable = resolved(rolling.get("maxUnavailable", "25%"), size, up=False)
    return surge, min(size, unavailable if surge or unavailable else 1)


def resolved(value: int | str, of: int, *, up: bool) -> int:
    """A count, or a percentage of ``of`` rounded up or down."""
    if isinstance(value, str) and value.endswith("%"):
        share = int(value[:-1]) * of
        return -(-share // 100) if up else share // 100
    return int(value)


def size_annotations(deployment: Object) -> dict[str, str]:
    """What a ReplicaSet remembers of the Deployment's size, for proportional scaling."""
    surge, _ = bounds(deployment)
    return {DESIRED: str(wanted(deployment)), MAXIMUM: str(wanted(deployment) + surge)}


def is_scaling(deployment: Object, sets: list[Object]) -> bool:
    """The Deployment's size has changed since its ReplicaSets were last sized."""
    for replica_set in sets:
        noted = (replica_set["metadata"].get("annotations") or {}).get(DESIRED)
        if size_of(replica_set) > 0 and noted is not None and noted != str(wanted(deployment)):
            return True
    return False


def first_size(deployment: Object, old: list[Object]) -> int:
    """The size a new ReplicaSet begins with."""
    if (deployment["spec"].get("strategy") or {}).get("type") == "Recreate":
        return wanted(deployment)
    return _grown(deployment, 0, sum(map(size_of, old)))


def _grown(deployment: Object, size: int, total: int) -> int:
    """The new ReplicaSet's size after using up the surge."""
    room = wanted(deployment) + bounds(deployment)[0] - total
    return size + max(0, min(room, wanted(deployment) - size))


def recreate(deployment: Object, new: Object) -> Sizes:
    """The new ReplicaSet gets its full size at once; the old ones are already empty."""
    return {new["metadata"]["name"]: wanted(deployment)} if size_of(new) != wanted(deployment) else {}


def roll(deployment: Object, new: Object, old: list[Object]) -> Sizes:
    """The next move of a rolling update: grow the new one if there is room, else shrink the old ones."""
    total = size_of(new) + sum(map(size_of, old))
    size = size_of(new)
    target = wanted(deployment) if size > wanted(deployment) else _grown(deployment, size, total)
    if target != size:
        return {new["metadata"]["name"]: target}
    return _shrink(deployment, new, old, total)


def _shrink(deployment: Object, new: Object, old: list[Object], total: int) -> Sizes:
    least = wanted(deployment) - bounds(deployment)[1]
    new_unavailable = size_of(new) - _available(new)
    allowance = total - least - new_unavailable
    if allowance <= 0 or not any(map(size_of, old)):
        return {}
    sizes = _drop_unhealthy(old, allowance)
    surplus = sum(_available(s) for s in [*old, new]) - least
    for replica_set in old:
        size = sizes.get(replica_set["metadata"]["name"], size_of(replica_set))
        taken = max(0, min(size, surplus))
        surplus -= taken
        sizes[replica_set["metadata"]["name"]] = size - taken
    return {
        s["metadata"]["name"]: sizes[s["metadata"]["name"]] for s in old if sizes[s["metadata"]["name"]] != size_of(s)
    }


def _drop_unhealthy(old: list[Object], allowance: int) -> Sizes:
    """Old pods that do not work go first, so that they cannot block the rollout."""
    sizes: Sizes = {}
    for replica_set in old:
        taken = max(0, min(allowance, size_of(replica_set) - _available(replica_set)))
        allowance -= taken
        sizes[replica_set["metadata"]["name"]] = size_of(replica_set) - taken
    return sizes


def _available(replica_set: Object) -> int:
    return int((replica_set.get("status") or {}).get("availableReplicas") or 0)


def scale(deployment: Object, new: Object | None, old: list[Object]) -> Sizes:
    """Sizes after the Deployment's own size changed: the one active ReplicaSet takes it; during a rollout all of
    them share it in proportion, so that the mix of old and new stays."""
    sets = [*old, *([new] if new else [])]
    active = [s for s in sets if size_of(s) > 0]
    if len(active) <= 1:
        only = active[0] if active else (new or (old[-1] if old else None))
        if only is None or size_of(only) == wanted(deployment):
            return {}
        return {only["metadata"]["name"]: wanted(deployment)}
    if new is not None and _saturated(deployment, new):
        return {s["metadata"]["name"]: 0 for s in old if size_of(s)}
    if (deployment["spec"].get("strategy") or {}).get("type") == "Recreate":
        return {}
    return _in_proportion(deployment, active)


def _saturated(deployment: Object, new: Object) -> bool:
    noted = (new["metadata"].get("annotations") or {}).get(DESIRED)
    full = wanted(deployment)
    return size_of(new) == full and noted == str(full) and _available(new) == full


def _in_proportion(deployment: Object, active: list[Object]) -> Sizes:
    surge, _ = bounds(deployment)
    allowed = wanted(deployment) + surge if wanted(deployment) > 0 else 0
    change = allowed - sum(map(size_of, active))
    # The biggest first; of equal ones the newer when growing, the older when shrinking.
    ranked = sorted(active, key=lambda s: s["metadata"].get("creationTimestamp", ""), reverse=change > 0)
    ranked.sort(key=size_of, reverse=True)
    sizes, done = {s["metadata"]["name"]: size_of(s) for s in ranked}, 0
    for replica_set in ranked if change else []:
        share = _share(deployment, replica_set, allowed)
        left = change - done
        share = min(share, left) if change > 0 else max(share, left)
        sizes[replica_set["metadata"]["name"]] += share
        done += share
    first = ranked[0]["metadata"]["name"]
    sizes[first] = max(0, sizes[first] + change - done)
    return {
        s["metadata"]["name"]: sizes[s["metadata"]["name"]]
        for s in active
        if sizes[s["metadata"]["name"]] != size_of(s)
    }


def _share(deployment: Object, replica_set: Object, allowed: int) -> int:
    """How much one ReplicaSet grows (or shrinks) to keep its part of the whole."""
    noted = (replica_set["metadata"].get("annotations") or {}).get(MAXIMUM, "")
    before = max(0, parse_int(noted) or 0) or int(deployment["status"].get("replicas") or 0)
    if not allowed or not before:
        return -size_of(replica_set) if not allowed else 0
    return math.floor(size_of(replica_set) * allowed / before + 0.5) - size_of(replica_set)
