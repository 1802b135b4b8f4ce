"""Decisions in plain sentences, and the steps they rest on."""

from typing import Any

import pytest
from hpa_cases import NOW, cpu, decided, pod, pods, seen, spec

from autoscale.hpa import (
    Behavior,
    MetricSpec,
    MetricTarget,
    Recommendation,
    Sample,
    ScalingPolicy,
    ScalingRules,
    Spec,
    State,
    explain,
)

CPU_NAME = "Cpu resource utilization (percentage of request)"
QUEUE = MetricSpec("External", "queue", MetricTarget("AverageValue", average_value=2500))
SLOW = ScalingRules((ScalingPolicy("Pods", 1, 60),), "Max", 60, 0.02)


@pytest.mark.parametrize(
    ("one", "observation", "state", "text"),
    [
        (
            spec(),
            seen(3, 90, 90, 90),
            State(),
            f"{CPU_NAME} was 90 % against a target of 50 % (ratio 1.80 over 3 pods), which asks for 6 replicas. "
            "So it scales from 3 to 6.",
        ),
        (
            spec(),
            seen(3, 54, 54, 54),
            State(),
            f"{CPU_NAME} was 54 % against a target of 50 % (ratio 1.08); that is within the tolerance, so it keeps 3 "
            "replicas. So the size stays 3.",
        ),
        (
            spec(),
            seen(3, 60, None, None),
            State(),
            f"{CPU_NAME} was 60 % against a target of 50 % (ratio 1.20; 0.40 over 3 pods with the pods without a "
            "usable sample filled in); filling them in would turn the direction round, so it keeps 3 replicas. "
            "So the size stays 3.",
        ),
        (
            spec(),
            seen(3, 10, 10, 10),
            State((Recommendation(2, NOW - 20),)),
            f"{CPU_NAME} was 10 % against a target of 50 % (ratio 0.20 over 3 pods), which asks for 1 replica. "
            "Stabilisation holds it at 2, the highest recommendation of the last 300 s "
            "(--horizontal-pod-autoscaler-downscale-stabilization). So it scales from 3 to 2.",
        ),
        (
            spec(behavior=Behavior(SLOW)),
            seen(3, 90, 90, 90),
            State((Recommendation(5, NOW - 20),)),
            f"{CPU_NAME} was 90 % against a target of 50 % (ratio 1.80 over 3 pods), which asks for 6 replicas. "
            "Stabilisation holds it at 5, the lowest recommendation of the last 60 s "
            "(spec.behavior.scaleUp.stabilizationWindowSeconds). It is limited to 4 by spec.behavior.scaleUp.policies. "
            "So it scales from 3 to 4.",
        ),
        (
            spec(),
            seen(1, 900),
            State(),
            f"{CPU_NAME} was 900 % against a target of 50 % (ratio 18.00 over 1 pod), which asks for 18 replicas. "
            "It is limited to 4 by max(2 * current, 4), the limit without spec.behavior. So it scales from 1 to 4.",
        ),
        (
            spec(cpu(), QUEUE),
            seen(2, 50, 50, external_metrics={1: (10_000,)}),
            State(),
            "External metric queue(nil) was 5 against a target of 2500m per pod (ratio 2.00), which asks for 4 "
            "replicas, the most of 2 metrics. So it scales from 2 to 4.",
        ),
        (
            spec(MetricSpec("External", "queue", MetricTarget("Value", value=2000)), low=1),
            seen(2, 1, 1, external_metrics={0: (3000,)}),
            State(),
            "External metric queue(nil) was 3 against a target of 2 (ratio 1.50 over 2 pods), which asks for 3 "
            "replicas. So it scales from 2 to 3.",
        ),
        (
            spec(),
            seen(12, 50),
            State(),
            "12 replicas is above the maximum, so spec.maxReplicas sets 10 at once. So it scales from 12 to 10.",
        ),
        (
            spec(low=2),
            seen(1, 50),
            State(),
            "1 replica is below the minimum, so spec.minReplicas sets 2 at once. So it scales from 1 to 2.",
        ),
        (
            spec(),
            seen(0),
            State(),
            "The target has no replicas and the controller did not take them away, so it is left alone. "
            "So the size stays 0.",
        ),
        (
            spec(),
            seen(2, None, None),
            State(),
            "The metric at spec.metrics[0].resource.target failed (FailedGetResourceMetric): failed to get cpu "
            "utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API. "
            "So nothing is done and the size stays 2.",
        ),
        (
            spec(),
            seen(2, scale=None, scale_error="gone"),
            State(),
            "Nothing is done: failed to query scale subresource for Deployment/default/web: gone.",
        ),
    ],
)
def test_explanations(one: Spec, observation: Any, state: State, text: str) -> None:
    """What the metrics asked for, what bound it, what came of it: golden sentences."""
    assert explain(decided(observation, one, state)) == text


def test_failed_metric_is_told_beside_the_winner() -> None:
    """Both the number that scaled and the metric that failed."""
    text = explain(decided(seen(3, 90, 90, 90), spec(cpu(), QUEUE)))

    assert "which asks for 6 replicas. The metric at spec.metrics[1].external.target failed" in text
    assert text.endswith("So it scales from 3 to 6.")


def test_within_tolerance_of_the_second_metric() -> None:
    """The metric that gave the size is told, though a flag bound it."""
    qps = MetricSpec("Pods", "qps", MetricTarget("AverageValue", average_value=1000))
    samples = {1: {f"p{index}": Sample(1000) for index in range(3)}}
    text = explain(decided(seen(3, 10, 10, 10, pods_metrics=samples), spec(cpu(), qps)))

    assert text.startswith("Pods metric qps was 1 against a target of 1 per pod (ratio 1.00); that is within")


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (51, "spec.behavior.scaleUp.tolerance"),
        (46, "--horizontal-pod-autoscaler-tolerance"),
        (50, "--horizontal-pod-autoscaler-tolerance"),
    ],
)
def test_the_tolerance_that_held_is_named(value: int, path: str) -> None:
    """Each direction its own field, the flag where that is not set."""
    decision = decided(seen(3, value, value, value), spec(behavior=Behavior(SLOW)))

    assert decision.steps[0].bound_by == path


def test_tolerance_downwards_is_named() -> None:
    """The field of the other direction."""
    down = ScalingRules((ScalingPolicy("Percent", 100, 15),), "Max", 0, 0.2)
    decision = decided(seen(3, 42, 42, 42), spec(behavior=Behavior(scale_down=down)))

    assert decision.steps[0].bound_by == "spec.behavior.scaleDown.tolerance"


def test_steps_chain_from_the_metric_to_the_size() -> None:
    """Every step begins where the one before ended, and the numbers say which pods counted."""
    listed = (*pods(2), pod("p2", phase="Pending"), pod("p3", phase="Failed"))
    decision = decided(seen(3, 150, 150, pods=listed))

    metric, select, stabilise, limit = decision.steps
    assert (metric.before, metric.after, select.after, stabilise.before, limit.after) == (3, 6, 6, 6, 6)
    counts = {name: metric.numbers[name] for name in ("ready_pods", "unready_pods", "ignored_pods", "counted_pods")}
    assert counts == {"ready_pods": 2, "unready_pods": 1, "ignored_pods": 1, "counted_pods": 3}
    assert limit.numbers == {"current": 3, "reason": "DesiredWithinRange", "rate_limit": 6}


def test_policy_that_bound_is_told_with_its_choice() -> None:
    """How several policies were combined, in either direction."""
    behavior = Behavior(SLOW, ScalingRules((ScalingPolicy("Pods", 1, 60),), "Min", 0))
    up = decided(seen(3, 90, 90, 90), spec(behavior=Behavior(ScalingRules(SLOW.policies, "Max", 0))))
    down = decided(seen(3, 1, 1, 1), spec(behavior=behavior))

    assert (up.steps[-1].numbers["select_policy"], down.steps[-1].numbers["select_policy"]) == ("Max", "Min")
    assert down.steps[-1].bound_by == "spec.behavior.scaleDown.policies"
