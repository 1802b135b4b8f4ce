"""The logs of changes that were made, which the policies of ``behavior`` count."""

from collections.abc import Sequence
from dataclasses import replace

from autoscale.hpa.spec import Behavior, ScalingRules
from autoscale.hpa.state import ScaleEvent, State


def store_scale_event(behavior: Behavior | None, state: State, before: int, after: int, now: float) -> State:
    """Remember a change of size in its direction's log; without ``behavior`` nothing is kept."""
    if behavior is None:
        return state
    if after > before:
        return replace(state, scale_ups=_stored(state.scale_ups, behavior.scale_up, after - before, now))
    return replace(state, scale_downs=_stored(state.scale_downs, behavior.scale_down, before - after, now))


def mark_outdated(events: Sequence[ScaleEvent], period_s: float, now: float) -> tuple[ScaleEvent, ...]:
    """Mark entries strictly older than the period; a mark stays."""
    cutoff = now - period_s
    return tuple(replace(event, outdated=True) if event.at < cutoff else event for event in events)


def longest_period(rules: ScalingRules) -> int:
    """The longest period of a direction's policies, in seconds; 0 without policies."""
    return max((policy.period_s for policy in rules.policies), default=0)


def _stored(events: Sequence[ScaleEvent], rules: ScalingRules, change: int, now: float) -> tuple[ScaleEvent, ...]:
    marked = mark_outdated(events, longest_period(rules), now)
    slot = max((index for index, event in enumerate(marked) if event.outdated), default=None)
    if slot is None:
        return (*marked, ScaleEvent(change, now))
    return (*marked[:slot], ScaleEvent(change, now), *marked[slot + 1 :])
