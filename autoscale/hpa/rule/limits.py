"""Limits on one pass: the policies of ``behavior``, the fixed limit without it, minimum and maximum. Replicas."""

from collections.abc import Sequence
from typing import NamedTuple

from autoscale.hpa.rule.numbers import MAX_INT32, ceil_int32, int32, truncate_int32
from autoscale.hpa.spec import Behavior, ScalingPolicy, ScalingRules
from autoscale.hpa.state import ScaleEvent, State

WITHIN = "DesiredWithinRange"
MESSAGES = {
    WITHIN: "the desired count is within the acceptable range",
    "ScaleUpLimit": "the desired replica count is increasing faster than the maximum scale rate",
    "ScaleDownLimit": "the desired replica count is decreasing faster than the maximum scale rate",
    "TooManyReplicas": "the desired replica count is more than the maximum replica count",
    "TooFewReplicas": "the desired replica count is less than the minimum replica count",
}


class Limited(NamedTuple):
    """The size after the limits and the reason of the ScalingLimited condition; ``limit`` is what the rate allows."""

    replicas: int
    reason: str
    limit: int | None = None

    @property
    def message(self) -> str:
        """The condition's message."""
        return MESSAGES[self.reason]


def legacy_scale_up_limit(current: int) -> int:
    """Without ``behavior`` one pass may double the size, and always reach 4."""
    return ceil_int32(max(2.0 * current, 4.0))


def limit_legacy(current: int, desired: int, minimum: int, maximum: int) -> Limited:
    """The limits without ``behavior``: there is no rate limit downwards."""
    limit = legacy_scale_up_limit(current)
    ceiling, reason = (limit, "ScaleUpLimit") if maximum > limit else (maximum, "TooManyReplicas")
    if desired < minimum:
        return Limited(minimum, "TooFewReplicas", limit)
    if desired > ceiling:
        return Limited(ceiling, reason, limit)
    return Limited(desired, WITHIN, limit)


def limit_with_behavior(
    current: int, desired: int, minimum: int, maximum: int, behavior: Behavior, state: State, now: float
) -> Limited:
    """The limits of ``behavior``, in the direction in which the size would move; standing still is not checked."""
    if desired > current:
        limit = scale_up_limit(current, state.scale_ups, state.scale_downs, behavior.scale_up, now)
        limit = max(limit, current)
        ceiling, reason = (limit, "ScaleUpLimit") if maximum > limit else (maximum, "TooManyReplicas")
        return Limited(ceiling, reason, limit) if desired > ceiling else Limited(desired, WITHIN, limit)
    if desired < current:
        limit = scale_down_limit(current, state.scale_ups, state.scale_downs, behavior.scale_down, now)
        limit = min(limit, current)
        floor, reason = (limit, "ScaleDownLimit") if minimum < limit else (minimum, "TooFewReplicas")
        return Limited(floor, reason, limit) if desired < floor else Limited(desired, WITHIN, limit)
    return Limited(desired, WITHIN)


def scale_up_limit(
    current: int, ups: Sequence[ScaleEvent], downs: Sequence[ScaleEvent], rules: ScalingRules, now: float
) -> int:
    """The highest size the policies allow: each counts from the size at the start of its period.

    ``Max`` takes the most generous policy, ``Min`` the strictest, ``Disabled`` keeps the current size.
    """
    if rules.select_policy == "Disabled":
        return current
    limits = [_grown(period_start(current, ups, downs, policy, now), policy) for policy in rules.policies]
    return min(limits, default=MAX_INT32) if rules.select_policy == "Min" else max(limits, default=-(2**31))


def scale_down_limit(
    current: int, ups: Sequence[ScaleEvent], downs: Sequence[ScaleEvent], rules: ScalingRules, now: float
) -> int:
    """The lowest size the policies allow, as ``scale_up_limit`` upside down."""
    if rules.select_policy == "Disabled":
        return current
    limits = [_shrunk(period_start(current, ups, downs, policy, now), policy) for policy in rules.policies]
    return max(limits, default=-(2**31)) if rules.select_policy == "Min" else min(limits, default=MAX_INT32)


def period_start(
    current: int, ups: Sequence[ScaleEvent], downs: Sequence[ScaleEvent], policy: ScalingPolicy, now: float
) -> int:
    """The size before the changes of the policy's period."""
    return int32(current - replicas_changed(policy.period_s, ups, now) + replicas_changed(policy.period_s, downs, now))


def replicas_changed(period_s: float, events: Sequence[ScaleEvent], now: float) -> int:
    """The sum of changes strictly younger than the period."""
    cutoff = now - period_s
    return int32(sum(event.change for event in events if event.at > cutoff))


def _grown(start: int, policy: ScalingPolicy) -> int:
    if policy.type == "Pods":
        return int32(start + policy.value)
    # Rounded up, or a small size could never grow.
    return ceil_int32(float(start) * (1 + policy.value / 100))


def _shrunk(start: int, policy: ScalingPolicy) -> int:
    if policy.type == "Pods":
        return int32(start - policy.value)
    return truncate_int32(float(start) * (1 - policy.value / 100))
