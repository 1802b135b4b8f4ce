"""Pods that the target's selector takes and that are not the target's own: of other workloads and of Jobs.

An HPA averages over all of them, and reckons the size from their number (kubernetes/kubernetes#124307).
"""

import re
from collections.abc import Iterable

from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.intake.pods import PodHistory

BARE = "nobody (bare pods)"


def others(kept: Collected) -> dict[str, tuple[str, ...]]:
    """The owners (``kind/name``, or ``BARE``) of such pods, each with its pods' names; one not known to be is none."""
    found: dict[str, list[str]] = {}
    for pod in kept.pods.values():
        if (owner := stranger(kept, pod)) is not None:
            found.setdefault(owner, []).append(pod.name)
    return {owner: tuple(sorted(names)) for owner, names in sorted(found.items())}


def counted_at(kept: Collected, t: float) -> tuple[int, int]:
    """The pods that count at a time, and how many of them are others'."""
    there = [pod for pod in kept.pods.values() if _counts(pod, t)]
    return len(there), sum(stranger(kept, pod) is not None for pod in there)


def note(kept: Collected, t: float) -> str:
    """The pods of others beside a decision, in words; empty where there were none."""
    counted, foreign = counted_at(kept, t)
    if not foreign:
        return ""
    return f"; {foreign} of the {counted} pods that count belong to others ({', '.join(others(kept))})"


def stranger(kept: Collected, pod: PodHistory) -> str | None:
    """The owner of a pod that is not the target's; None for its own and where no owner is known.

    A pod without one is bare where the target's own pods say whose they are; else the record tells no owners.
    """
    if pod.owner is not None:
        return None if _own(kept, pod.owner) else pod.owner
    told = any(other.owner is not None and _own(kept, other.owner) for other in kept.pods.values())
    return BARE if told else None


def _own(kept: Collected, owner: str) -> bool:
    kind, name = kept.target["kind"], kept.target["name"]
    return owner == f"{kind}/{name}" or (kind == "Deployment" and _of_deployment(owner, name, kept))


def _of_deployment(owner: str, name: str, kept: Collected) -> bool:
    """By the ReplicaSets that were heard of, or by their name: the Deployment's and a hash, which has no dash."""
    heard: Iterable[str] = (f"ReplicaSet/{row['name']}" for row in kept.replica_sets)
    return owner in heard or re.fullmatch(rf"ReplicaSet/{re.escape(name)}-[a-z0-9]+", owner) is not None


def _counts(pod: PodHistory, t: float) -> bool:
    """Whether a pod was there, was not being ended, and had not failed."""
    ends = [pod.removed, pod.deletion[1] if pod.deletion else None]
    failed = next((at for at, phase in pod.phases if phase == "Failed"), None)
    return pod.first_seen <= t and all(at is None or at > t for at in (*ends, failed))
