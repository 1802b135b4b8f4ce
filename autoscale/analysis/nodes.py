"""The nodes of the cluster: what each is, when it came and went, and why, in the words of the node autoscaler."""

from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.results.series import EventAt, NodeLife
from autoscale.analysis.steps import StepSeries
from autoscale.record.rows.cluster import Node

ASKED = ("TriggeredScaleUp", "Nominated")
"""Events on pods for which a node is asked for: of cluster-autoscaler, of Karpenter."""
_GONE = ("ScaleDown", "ScaleDownEmpty", "DisruptionTerminating", "Disrupted", "DisruptionLaunching")
_LISTED_S = 5.0  # what is heard so soon was there before


def node_lives(kept: Collected) -> tuple[NodeLife, ...]:
    """Every node in the order in which they were heard of; none where nodes may not be read."""
    seen: dict[str, list[Node]] = {}
    for row in kept.nodes:
        seen.setdefault(row["name"], []).append(row)
    return tuple(_life(kept, name, told) for name, told in seen.items())


def node_count(kept: Collected) -> StepSeries:
    """How many nodes the cluster had; unknown where none was seen (they may not be watched)."""
    there: dict[str, bool] = {}
    points: list[tuple[float, float | None]] = []
    for row in kept.nodes:
        there[row["name"]] = not row.get("removed", False)
        points.append((row["t"], float(sum(there.values()))))
    return StepSeries.of(points)


def _life(kept: Collected, name: str, told: list[Node]) -> NodeLife:
    first, last = told[0], told[-1]
    came = first["t"] if first["t"] > kept.first_t + _LISTED_S else None
    gone = last["t"] if last.get("removed") else None
    return NodeLife(
        name=name,
        cpu_m=max(row["cpu_m"] for row in told),
        mem_b=max((row.get("mem_b") or 0 for row in told), default=0) or None,
        instance=last.get("instance"),
        price_class=last.get("price_class"),
        came=came,
        ready=next((row["t"] for row in told if row["ready"]), None),
        gone=gone,
        for_whom=_asked(kept.events, name, kept) if came is not None else None,
        why_gone=_said(kept.events, name, gone) if gone is not None else None,
        lost=_lost(told, gone if gone is not None else kept.last_t),
    )


def _lost(told: list[Node], end: float) -> tuple[tuple[float, float], ...]:
    """The spans in which a node was not Ready though it had been, until it was again, or went."""
    spans: list[tuple[float, float]] = []
    was, since = False, None
    for row in told:
        if row["ready"]:
            spans += [(since, row["t"])] if since is not None else []
            was, since = True, None
        elif was and since is None and not row.get("removed"):
            since = row["t"]
    return tuple(spans) if since is None else (*spans, (since, end))


def _asked(events: list[EventAt], name: str, kept: Collected) -> str | None:
    """The pod that it was asked for: the first event that names the node (Karpenter's), else the first about a pod that
    was placed on it (a pod may be placed on another node than the one that was asked for it)."""
    on_it = {pod.name for pod in kept.pods.values() if pod.node == name}
    asked = [event for event in events if event.reason in ASKED]
    named = [event for event in asked if name in event.message]
    placed = [event for event in asked if event.object.removeprefix("Pod/") in on_it]
    return next((f"{event.object}: {event.message}" for event in (*named, *placed)), None)


def _said(events: list[EventAt], name: str, gone: float) -> str | None:
    """The last word on why it goes, before it was gone."""
    about = [one for one in events if one.reason in _GONE and one.at <= gone + 1]
    said = [one for one in about if one.object.endswith(f"/{name}") or name in one.message]
    return f"{said[-1].reason}: {said[-1].message}" if said else None
