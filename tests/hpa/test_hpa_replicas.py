"""What one metric proposes."""

import math

import pytest
from hpa_cases import NOW, pod, pods, spec

from autoscale.hpa import Behavior, Config, Pod, Sample, ScalingPolicy, ScalingRules
from autoscale.hpa.rule.numbers import MAX_INT32, MAX_INT64
from autoscale.hpa.rule.pods import MetricError
from autoscale.hpa.rule.replicas import (
    Proposal,
    Tolerances,
    average_replicas,
    external_average_replicas,
    external_average_usage,
    external_usage,
    object_average_replicas,
    per_pod_usage,
    resource_replicas,
    tolerances,
    usage_ratio,
    utilization_ratio,
    value_replicas,
)

TEN = Tolerances(0.1, 0.1)
UP, DOWN = (ScalingPolicy("Pods", 4, 15),), (ScalingPolicy("Percent", 100, 15),)


def proposed(current: int, target: int, values: list[int | None], **more: object) -> Proposal:
    """A CPU utilization's proposal: pods with a request of 100, values None have no sample."""
    listed = more.pop("listed", None) or pods(len(values))
    samples = {f"p{index}": Sample(value, NOW, 15) for index, value in enumerate(values) if value is not None}
    return resource_replicas(current, target, "cpu", "", samples, listed, TEN, Config(), NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ratio", "near"),
    [(0.9, True), (math.nextafter(0.9, 0), False), (1.1, True), (math.nextafter(1.1, 2), False), (math.nan, False)],
)
def test_tolerance_bounds_are_inclusive(ratio: float, near: bool) -> None:
    """Exactly 10 % off is near enough, the next float is not."""
    assert TEN.within(ratio) is near


def test_tolerance_is_compared_in_floats() -> None:
    """1.0 + 0.36 is below 1.36 in floats, so 136 % of the target is outside a tolerance of 0.36."""
    assert not Tolerances(0.36, 0.36).within(136 / 100)


def test_tolerances_come_from_behavior_where_set() -> None:
    """Each direction on its own, and only with the gate on."""
    own = Behavior(ScalingRules(UP, tolerance=0.02), ScalingRules(DOWN))

    assert tolerances(spec(behavior=own), Config()) == Tolerances(0.1, 0.02)
    assert tolerances(spec(behavior=Behavior(scale_down=ScalingRules(DOWN, tolerance=0.3))), Config()).down == 0.3
    assert tolerances(spec(behavior=own), Config(gates={"HPAConfigurableTolerance": False})) == TEN
    assert tolerances(spec(), Config(tolerance=0.5)) == Tolerances(0.5, 0.5)


def test_utilization_is_truncated_before_the_ratio() -> None:
    """199 of 300 is 66 %, not 66.33 %, and the average of 199 over 3 is 66."""
    assert utilization_ratio({"a": 66, "b": 66, "c": 67}, {"a": 100, "b": 100, "c": 100}, 66) == (1.0, 66, 66)


def test_samples_of_unknown_pods_do_not_count_in_a_utilization() -> None:
    """A pod without a request is left out; if that leaves nothing, the metric fails."""
    assert utilization_ratio({"a": 50, "x": 900}, {"a": 100}, 50).percent == 50
    with pytest.raises(MetricError, match="no metrics returned matched known pods"):
        utilization_ratio({"x": 900}, {"a": 100}, 50)


def test_average_is_truncated_before_the_ratio() -> None:
    """An average of 33.67 is 33."""
    assert usage_ratio({"a": 33, "b": 34, "c": 34}, 33) == (1.0, 33)


@pytest.mark.parametrize(
    ("current", "values", "replicas", "held"),
    [
        (3, [50, 50, 50], 3, "tolerance"),
        (3, [55, 55, 55], 3, "tolerance"),
        (3, [56, 56, 56], 4, None),
        (3, [45, 45, 45], 3, "tolerance"),
        (3, [33, 33, 33], 2, None),
        (3, [0, 0, 0], 0, None),
        (2, [100, 100, 100], 6, None),  # more ready pods than the size: no check of direction
        (2, [40, 40, 40], 3, None),  # and so a ratio below 1 can scale up
        (3, [500, None, None], 10, None),  # missing pods count as idle on the way up
        (3, [60, None, None], 3, "direction"),  # which can turn the direction round
        (3, [10, None, 10], 3, None),  # and as fully used on the way down: ceil(0.8 * 3)
        (3, [20, None, 20], 3, "tolerance"),
        (3, [10, None, None], 3, "direction"),
        (3, [50, None, 50], 3, "tolerance"),  # exactly at the target they are left out
    ],
)
def test_utilization_proposals(current: int, values: list[int | None], replicas: int, held: str | None) -> None:
    """Ready pods, missing pods and the tolerance, on both sides of each edge."""
    proposal = proposed(current, 50, values)

    assert (proposal.replicas, proposal.held) == (replicas, held)


def test_ratio_is_multiplied_in_floats() -> None:
    """90/70*21 is 27.000000000000004 in floats, so 21 pods at 90 % of 70 become 28, not 27."""
    assert proposed(21, 70, [90] * 21).replicas == 28


def test_unready_pods_count_as_idle_on_the_way_up_only() -> None:
    """A pending pod slows growth, and does not hinder shrinking."""
    listed = (*pods(2), pod("p2", phase="Pending"))

    assert proposed(3, 50, [150, 150, 0], listed=listed).replicas == 6
    assert proposed(3, 50, [10, 10, 0], listed=listed).replicas == 1


def test_missing_pod_with_a_high_target_counts_as_the_target() -> None:
    """Above 100 % a missing pod is taken at the target, not at its request."""
    assert proposed(2, 200, [20, None]).replicas == 2
    assert proposed(4, 200, [20, 20, 20, None]).replicas == 2


def test_second_pass_counts_samples_of_unknown_pods() -> None:
    """With a missing pod the ratio is multiplied with every sample there is, known or not."""
    samples = {name: Sample(300, NOW, 15) for name in ("p0", "stranger")}
    known = resource_replicas(2, 50, "cpu", "", {"p0": samples["p0"]}, pods(2), TEN, Config(), NOW)
    more = resource_replicas(2, 50, "cpu", "", samples, pods(2), TEN, Config(), NOW)

    assert (known.replicas, more.replicas) == (6, 9)


@pytest.mark.parametrize(
    ("listed", "text"),
    [
        ((), "no pods returned by selector while calculating replica count"),
        ((pod("p0", phase="Pending"),), "did not receive metrics for targeted pods"),
    ],
)
def test_nothing_to_measure_fails(listed: tuple[Pod, ...], text: str) -> None:
    """No pod at all, or no sample that counts."""
    with pytest.raises(MetricError, match=text):
        resource_replicas(1, 50, "cpu", "", {"p0": Sample(1, NOW, 15)}, listed, TEN, Config(), NOW)


@pytest.mark.parametrize(("value", "replicas"), [(300, 6), (110, 2), (20, 1)])
def test_average_value_needs_no_request(value: int, replicas: int) -> None:
    """averageValue compares usage itself; requests may be missing."""
    samples = {f"p{index}": Sample(value, NOW, 15) for index in range(2)}
    listed = tuple(pod(f"p{index}", None) for index in range(2))

    assert average_replicas(2, 100, "cpu", samples, listed, TEN, Config(), NOW).replicas == replicas


def test_missing_pods_count_as_the_target_in_an_average() -> None:
    """On the way down; on the way up as 0."""
    listed = pods(3)

    def replicas(value: int) -> int:
        return average_replicas(3, 100, "", {"p0": Sample(value, NOW, 60)}, listed, TEN, Config(), NOW).replicas

    assert (replicas(10), replicas(900)) == (3, 9)


@pytest.mark.parametrize(
    ("current", "usage", "replicas"), [(3, 1100, 3), (3, 1101, 4), (3, 500, 2), (0, 1, 1), (0, 0, 0), (0, 2500, 3)]
)
def test_value_target_multiplies_ready_pods(current: int, usage: int, replicas: int) -> None:
    """Object and External values scale the ready pods; at zero neither pods nor tolerance count."""
    assert value_replicas(current, usage, 1000, pods(3), TEN).replicas == replicas


def test_value_target_counts_running_and_ready_pods() -> None:
    """A deleted pod that is still ready counts; without any ready pod the proposal is 0."""
    listed = (pod("a", deleting=True), pod("b", phase="Pending"), pod("c", ready="False"))

    assert value_replicas(3, 5000, 1000, listed, TEN).replicas == 5
    assert value_replicas(3, 5000, 1000, listed[1:], TEN).replicas == 0
    assert value_replicas(3, MAX_INT64, 1, listed, TEN).replicas == MAX_INT32
    with pytest.raises(MetricError, match="unable to calculate ready pods"):
        value_replicas(3, 5000, 1000, (), TEN)


def test_per_pod_target_goes_by_status_replicas() -> None:
    """Within the tolerance the proposal is status.replicas, which need not be the size asked for."""
    assert object_average_replicas(4, 4100, 1000, TEN, Config())[:2] == (4, 1025)
    assert external_average_replicas(4, 4100, 1000, TEN, Config())[:2] == (4, 1025)
    assert object_average_replicas(4, 9100, 1000, TEN, Config())[:2] == (10, 2275)


def test_only_external_stops_at_the_largest_count() -> None:
    """The Object variant overflows instead, as upstream's does."""
    assert external_average_replicas(1, MAX_INT64, 1, TEN, Config()).replicas == MAX_INT32
    assert object_average_replicas(1, MAX_INT64, 1, TEN, Config()).replicas == -(2**31)


@pytest.mark.parametrize(
    ("usage", "replicas", "release", "reported"),
    [
        (10, 4, "master", 3),
        (10, 0, "master", 0),
        (10, 0, "1.37", -(2**63)),
        (MAX_INT64, 0, "1.37", MAX_INT64),
    ],
)
def test_reported_usage_per_pod(usage: int, replicas: int, release: str, reported: int) -> None:
    """Rounded up; without pods 0, or an overflow up to 1.37."""
    config = Config(release=release)  # type: ignore[arg-type]

    assert per_pod_usage(usage, replicas, config, saturate=True) == reported


def test_external_sums_stop_at_the_largest_number() -> None:
    """The two sums differ in negative series: one takes them off, one takes them for an overflow."""
    assert external_usage((MAX_INT64, 1)) == MAX_INT64
    assert external_usage((5, -7)) == -2
    assert external_average_usage((5, 7)) == 12
    assert external_average_usage((5, -7)) == MAX_INT64
