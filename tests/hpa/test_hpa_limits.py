"""Policies, the fixed limit without behavior, minimum and maximum; and the logs that policies count."""

import pytest
from hpa_cases import NOW

from autoscale.hpa import Behavior, ScaleEvent, ScalingPolicy, ScalingRules, State
from autoscale.hpa.rule.history import longest_period, mark_outdated, store_scale_event
from autoscale.hpa.rule.limits import (
    legacy_scale_up_limit,
    limit_legacy,
    limit_with_behavior,
    replicas_changed,
    scale_down_limit,
    scale_up_limit,
)


def rules(*policies: tuple[str, int, int], select: str = "Max", window: int | None = 0) -> ScalingRules:
    """Rules from (type, value, period)."""
    made = tuple(ScalingPolicy(kind, value, period) for kind, value, period in policies)  # type: ignore[arg-type]
    return ScalingRules(made, select, window)  # type: ignore[arg-type]


@pytest.mark.parametrize(("current", "limit"), [(0, 4), (1, 4), (2, 4), (3, 6), (100, 200), (2**30, -(2**31))])
def test_without_behavior_the_size_may_double(current: int, limit: int) -> None:
    """And always reach 4."""
    assert legacy_scale_up_limit(current) == limit


@pytest.mark.parametrize(
    ("desired", "maximum", "replicas", "reason"),
    [
        (6, 10, 6, "DesiredWithinRange"),
        (7, 10, 6, "ScaleUpLimit"),
        (7, 6, 6, "TooManyReplicas"),
        (6, 6, 6, "DesiredWithinRange"),
        (1, 10, 2, "TooFewReplicas"),
    ],
)
def test_legacy_limits(desired: int, maximum: int, replicas: int, reason: str) -> None:
    """From 3 pods, at least 2: each limit, and the size just within; on a tie the maximum gets the blame."""
    limited = limit_legacy(3, desired, 2, maximum)

    assert (limited.replicas, limited.reason) == (replicas, reason)


@pytest.mark.parametrize(
    ("given", "limit"),
    [
        (rules(("Pods", 4, 15)), 14),
        (rules(("Percent", 10, 15)), 11),
        (rules(("Percent", 1, 15)), 11),
        (rules(("Pods", 4, 15), ("Percent", 100, 15)), 20),
        (rules(("Pods", 4, 15), ("Percent", 100, 15), select="Min"), 14),
        (rules(("Pods", 4, 15), select="Disabled"), 10),
        (rules(), -(2**31)),
        (rules(select="Min"), 2**31 - 1),
    ],
)
def test_scale_up_limit(given: ScalingRules, limit: int) -> None:
    """From 10 pods: percentages are rounded up, Max takes the highest limit."""
    assert scale_up_limit(10, (), (), given, NOW) == limit


@pytest.mark.parametrize(
    ("given", "limit"),
    [
        (rules(("Pods", 4, 15)), 6),
        (rules(("Percent", 15, 15)), 8),
        (rules(("Percent", 80, 15)), 1),
        (rules(("Percent", 90, 15)), 0),  # 10 * (1 - 0.9) is 0.9999999999999998
        (rules(("Pods", 4, 15), ("Percent", 10, 15)), 6),
        (rules(("Pods", 4, 15), ("Percent", 10, 15), select="Min"), 9),
        (rules(("Pods", 4, 15), select="Disabled"), 10),
        (rules(), 2**31 - 1),
        (rules(select="Min"), -(2**31)),
    ],
)
def test_scale_down_limit(given: ScalingRules, limit: int) -> None:
    """From 10 pods: percentages are truncated, Max takes the lowest limit."""
    assert scale_down_limit(10, (), (), given, NOW) == limit


def test_growth_by_a_percentage_is_computed_in_floats() -> None:
    """100 * (1 + 10/100) is 110.00000000000001, so 111."""
    assert scale_up_limit(100, (), (), rules(("Percent", 10, 15)), NOW) == 111


def test_changes_count_strictly_within_the_period() -> None:
    """A change aged exactly the period is out, a moment younger is in."""
    events = (ScaleEvent(3, NOW - 60), ScaleEvent(2, NOW - 59.999), ScaleEvent(1, NOW - 1, outdated=True))

    assert replicas_changed(60, events, NOW) == 3


def test_policies_count_from_the_start_of_their_period() -> None:
    """What was added within the period is taken off, what was removed is put back."""
    ups, downs = (ScaleEvent(4, NOW - 10),), (ScaleEvent(1, NOW - 20),)

    assert scale_up_limit(10, ups, downs, rules(("Pods", 4, 60)), NOW) == 11
    assert scale_up_limit(10, ups, downs, rules(("Pods", 4, 15)), NOW) == 10
    assert scale_down_limit(10, ups, downs, rules(("Pods", 4, 60)), NOW) == 3


@pytest.mark.parametrize(
    ("desired", "replicas", "reason", "limit"),
    [
        (14, 14, "DesiredWithinRange", 14),
        (15, 14, "ScaleUpLimit", 14),
        (10, 10, "DesiredWithinRange", None),
        (8, 8, "DesiredWithinRange", 8),
        (7, 8, "ScaleDownLimit", 8),
    ],
)
def test_behavior_limits(desired: int, replicas: int, reason: str, limit: int | None) -> None:
    """From 10 pods, 4 up or 2 down: the last size within, and the first beyond."""
    behavior = Behavior(rules(("Pods", 4, 15)), rules(("Pods", 2, 15)))

    assert limit_with_behavior(10, desired, 1, 20, behavior, State(), NOW) == (replicas, reason, limit)


@pytest.mark.parametrize(("desired", "replicas", "reason"), [(15, 12, "TooManyReplicas"), (1, 9, "TooFewReplicas")])
def test_range_is_within_the_policies(desired: int, replicas: int, reason: str) -> None:
    """Minimum and maximum bind before a wider policy, and get the blame on a tie."""
    behavior = Behavior(rules(("Pods", 2, 15)), rules(("Pods", 1, 15)))

    limited = limit_with_behavior(10, desired, 9, 12, behavior, State(), NOW)
    assert (limited.replicas, limited.reason) == (replicas, reason)


def test_spent_policies_hold_the_size() -> None:
    """A limit on the wrong side of the current size becomes the current size."""
    behavior = Behavior(rules(("Pods", 1, 60)), rules(("Pods", 1, 60)))
    grown, shrunk = State(scale_ups=(ScaleEvent(5, NOW - 1),)), State(scale_downs=(ScaleEvent(5, NOW - 1),))

    assert limit_with_behavior(10, 15, 1, 20, behavior, grown, NOW).replicas == 10
    assert limit_with_behavior(10, 5, 1, 20, behavior, shrunk, NOW).replicas == 10


def test_messages_belong_to_reasons() -> None:
    """The condition's text says which limit it was."""
    assert limit_legacy(3, 7, 1, 10).message.startswith("the desired replica count is increasing faster")


def test_changes_are_kept_only_with_behavior() -> None:
    """Each direction has its own log of absolute changes."""
    behavior = Behavior(rules(("Pods", 4, 60)), rules(("Pods", 4, 60)))

    assert store_scale_event(None, State(), 1, 5, NOW) == State()
    assert store_scale_event(behavior, State(), 1, 5, NOW) == State(scale_ups=(ScaleEvent(4, NOW),))
    assert store_scale_event(behavior, State(), 5, 2, NOW) == State(scale_downs=(ScaleEvent(3, NOW),))


def test_last_outdated_slot_is_reused() -> None:
    """In the order of the list, not of time; entries aged exactly the longest period are not outdated."""
    events = (ScaleEvent(1, NOW - 61), ScaleEvent(2, NOW - 60), ScaleEvent(3, NOW - 200), ScaleEvent(4, NOW - 5))
    behavior = Behavior(rules(("Pods", 4, 15), ("Pods", 4, 60)))

    stored = store_scale_event(behavior, State(scale_ups=events), 1, 10, NOW)
    assert stored.scale_ups == (ScaleEvent(1, NOW - 61, True), events[1], ScaleEvent(9, NOW), events[3])


def test_a_mark_stays() -> None:
    """What was outdated once stays so, even under a longer period."""
    old = ScaleEvent(1, NOW - 30, outdated=True)

    assert mark_outdated([old], 60, NOW) == (old,)


def test_longest_period() -> None:
    """0 without policies."""
    assert (longest_period(rules(("Pods", 1, 15), ("Pods", 1, 90))), longest_period(rules())) == (90, 0)
