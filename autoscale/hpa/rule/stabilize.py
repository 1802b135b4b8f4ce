"""Stabilisation: a proposal is held against those of the last minutes. Replicas; seconds."""

from collections.abc import Sequence
from typing import NamedTuple

from autoscale.hpa.state import Recommendation


class Stabilized(NamedTuple):
    """The size after stabilisation, the log with the new proposal in it, and what the window held.

    ``lowest`` and ``highest`` are the bounds that the windows (with the fresh proposal) set; ``lowest`` is None
    on the path without ``behavior``, which has no window upwards.
    """

    replicas: int
    recommendations: tuple[Recommendation, ...]
    lowest: int | None
    highest: int


def stabilize(recommendations: Sequence[Recommendation], desired: int, window_s: float, now: float) -> Stabilized:
    """Without ``behavior``: the highest of the fresh proposal and those not older than the window.

    One aged exactly the window still counts. The result may exceed the current size and so scale up.
    """
    cutoff = now - window_s
    highest, slot = desired, None
    for index, entry in enumerate(recommendations):
        if entry.at < cutoff:
            slot = index
        elif entry.replicas > highest:
            highest = entry.replicas
    return Stabilized(highest, record(recommendations, desired, slot, now), None, highest)


def stabilize_with_behavior(
    recommendations: Sequence[Recommendation],
    current: int,
    desired: int,
    up_window_s: float,
    down_window_s: float,
    now: float,
) -> Stabilized:
    """With ``behavior``: the current size, moved into the range that both windows allow.

    Up goes as far as the lowest, down as far as the highest of the proposals strictly within the direction's window.
    """
    up_cutoff, down_cutoff = now - up_window_s, now - down_window_s
    lowest = highest = desired
    slot = None
    for index, entry in enumerate(recommendations):
        if entry.at > up_cutoff and entry.replicas < lowest:
            lowest = entry.replicas
        if entry.at > down_cutoff and entry.replicas > highest:
            highest = entry.replicas
        if entry.at < up_cutoff and entry.at < down_cutoff:
            slot = index
    replicas = min(max(current, lowest), highest)
    return Stabilized(replicas, record(recommendations, desired, slot, now), lowest, highest)


def record(
    recommendations: Sequence[Recommendation], desired: int, slot: int | None, now: float
) -> tuple[Recommendation, ...]:
    """The log with a new entry in the slot of one that has expired, or at the end."""
    entry = Recommendation(desired, now)
    if slot is None:
        return (*recommendations, entry)
    return (*recommendations[:slot], entry, *recommendations[slot + 1 :])
