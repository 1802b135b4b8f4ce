"""Rollouts in a run: the pods made anew, one after the other or all at once, and those that did not become ready."""

from collections.abc import Iterator

from autoscale.analysis.intake.collect import Row
from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.results.series import Intervention

NEAR_S = 3.0
"""What two watches tell so close together is one change."""


def rollouts(kept: Collected) -> Iterator[Intervention]:
    """All of them, and the ReplicaSets of which no pod became ready."""
    yield from _rollouts(kept)
    yield from _recreated(kept)
    yield from _unready(kept)


def _rollouts(kept: Collected) -> Iterator[Intervention]:
    """From the moment at which a further ReplicaSet is given pods until the others have none."""
    sizes: dict[str, Row] = {}
    since: float | None = None
    for row in kept.replica_sets:
        before = sizes.get(row["uid"])
        grown = (row["spec_replicas"] or 0) > 0 and (before is None or not before["spec_replicas"])
        others = [other for uid, other in sizes.items() if uid != row["uid"] and other["spec_replicas"]]
        sizes[row["uid"]] = row
        if since is None and grown and others:
            since = row["t"]
        busy = [other for other in sizes.values() if other["spec_replicas"] or other["status_replicas"]]
        if since is not None and len(busy) <= 1:
            yield _rollout(kept, since, row["t"], "was rolled out anew")
            since = None
    if since is not None:
        yield _rollout(kept, since, kept.last_t, "was being rolled out anew when the record ends")


def _rollout(kept: Collected, since: float, until: float, words: str) -> Intervention:
    extra = [
        row["status_replicas"] - (row["spec_replicas"] or 0)
        for row in kept.workloads
        if since <= row["t"] <= until and not row.get("removed")
    ]
    surge = f", with up to {max(extra)} pods more than its size" if extra and max(extra) > 0 else ""
    who = _roller(kept, since)
    return Intervention("rollout", since, until, f"{kept.target['kind']}/{kept.target['name']} {words}{who}{surge}")


def _recreated(kept: Collected) -> Iterator[Intervention]:
    """Rollouts of strategy Recreate: a ReplicaSet is emptied though the size is not 0, then a further one is given
    pods; until one of these is ready."""
    told, target = kept.replica_sets, f"{kept.target['kind']}/{kept.target['name']}"
    had: dict[str, bool] = {}
    emptied: tuple[float, str] | None = None
    for number, row in enumerate(told):
        had[row["uid"]], before = bool(row["spec_replicas"]), had.get(row["uid"], False)
        if before and not any(had.values()):
            emptied = (row["t"], row["uid"]) if _size(kept, row["t"]) else None
        elif had[row["uid"]] and emptied is not None:
            since, uid = emptied
            emptied = None
            if uid != row["uid"]:
                ready = (later["t"] for later in told[number:] if later["uid"] == row["uid"] and later["ready"])
                until = next(ready, kept.last_t)
                words = f"was rolled out anew{_roller(kept, since)}, all pods at once (Recreate)"
                yield Intervention(
                    "recreated", since, until, f"{target} {words}: none was ready for {until - since:.0f} s"
                )


def _unready(kept: Collected) -> Iterator[Intervention]:
    """ReplicaSets whose pods were there and never ready, after others that were: while they should have pods."""
    for uid in dict.fromkeys(row["uid"] for row in kept.replica_sets):
        own = [row for row in kept.replica_sets if row["uid"] == uid]
        wanted = [row["t"] for row in own if row["spec_replicas"]]
        most = max(row["status_replicas"] for row in own)
        if not wanted or not most or any(row["ready"] for row in own):
            continue
        until = next((row["t"] for row in own if row["t"] > wanted[-1]), kept.last_t)
        if any(row["ready"] for row in kept.replica_sets if row["t"] <= wanted[0] + NEAR_S):
            target = f"{kept.target['kind']}/{kept.target['name']}"
            words = f"none of the new pods of {target} (at most {most}, of {own[0]['name']}) became ready"
            yield Intervention("rollout unready", wanted[0], until, words)


def _size(kept: Collected, at: float) -> int:
    """The size that the target was to have at a time; 0 where none was told."""
    told = [row["spec_replicas"] for row in kept.workloads if row["t"] <= at and not row.get("removed")]
    return (told[-1] or 0) if told else 0


def _roller(kept: Collected, since: float) -> str:
    """Who changed the template, where a field manager says so."""
    made = [row.get("template_by") for row in kept.workloads if row["t"] <= since + NEAR_S]
    return by(made[-1]) if made else ""


def by(manager: str | None) -> str:
    """Who did it, where a field manager says so."""
    return f" by {manager}" if manager else ""
