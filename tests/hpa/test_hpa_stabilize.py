"""Stabilisation windows, with and without behavior."""

import pytest
from hpa_cases import NOW

from autoscale.hpa import Recommendation
from autoscale.hpa.rule.stabilize import stabilize, stabilize_with_behavior


def log(*entries: tuple[int, float]) -> list[Recommendation]:
    """Recommendations from (replicas, age in seconds)."""
    return [Recommendation(replicas, NOW - age) for replicas, age in entries]


@pytest.mark.parametrize(
    ("entries", "desired", "replicas"),
    [
        ([], 3, 3),
        ([(5, 10)], 3, 5),
        ([(5, 300)], 3, 5),  # aged exactly the window: still counts
        ([(5, 300.001)], 3, 3),
        ([(2, 10)], 3, 3),
        ([(9, 10), (5, 20)], 3, 9),
    ],
)
def test_highest_of_the_window_without_behavior(entries: list[tuple[int, float]], desired: int, replicas: int) -> None:
    """The result is never below the fresh proposal, and may exceed the current size."""
    assert stabilize(log(*entries), desired, 300, NOW).replicas == replicas


def test_log_reuses_the_last_slot_that_expired() -> None:
    """Of several expired entries the last in the list is overwritten; without one the log grows."""
    entries = log((1, 400), (2, 301), (3, 10))

    assert stabilize(entries, 7, 300, NOW).recommendations == (entries[0], Recommendation(7, NOW), entries[2])
    assert stabilize(entries[2:], 7, 300, NOW).recommendations == (entries[2], Recommendation(7, NOW))


@pytest.mark.parametrize(
    ("entries", "current", "desired", "replicas"),
    [
        ([], 5, 8, 8),
        ([(6, 10)], 5, 8, 6),  # up: the lowest of 60 s
        ([(6, 60)], 5, 8, 8),  # aged exactly the window: does not count
        ([(4, 10)], 5, 8, 5),  # never away from the current size against the proposal
        ([], 5, 2, 2),
        ([(4, 100)], 5, 2, 4),  # down: the highest of 300 s
        ([(4, 300)], 5, 2, 2),
        ([(9, 100)], 5, 2, 5),
    ],
)
def test_range_of_both_windows_with_behavior(
    entries: list[tuple[int, float]], current: int, desired: int, replicas: int
) -> None:
    """60 s up and 300 s down: each window, its edge, and the other side."""
    assert stabilize_with_behavior(log(*entries), current, desired, 60, 300, NOW).replicas == replicas


def test_slot_is_reused_once_both_windows_have_passed() -> None:
    """An entry exactly at a cutoff neither counts nor is reused."""
    at_edge, older = log((1, 300)), log((1, 301))

    assert len(stabilize_with_behavior(at_edge, 5, 5, 60, 300, NOW).recommendations) == 2
    assert stabilize_with_behavior(older, 5, 5, 60, 300, NOW).recommendations == (Recommendation(5, NOW),)
    assert len(stabilize_with_behavior(log((1, 301)), 5, 5, 600, 300, NOW).recommendations) == 2
