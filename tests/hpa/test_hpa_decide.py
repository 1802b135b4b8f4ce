"""Whole passes: sizes, conditions, messages, events, memory."""

from typing import Any

import pytest
from hpa_cases import NOW, cpu, decided, pod, pods, seen, spec, usage

from autoscale.hpa import (
    Behavior,
    Condition,
    Config,
    Decision,
    Event,
    MetricSpec,
    MetricTarget,
    ObjectReference,
    Recommendation,
    Sample,
    Scale,
    ScaleEvent,
    ScalingPolicy,
    ScalingRules,
    Spec,
    State,
    Status,
    decide,
)

CPU_NAME = "cpu resource utilization (percentage of request)"
EXTERNAL = MetricSpec("External", "queue", MetricTarget("AverageValue", average_value=10_000))
OBJECT = MetricSpec(
    "Object", "hits", MetricTarget("Value", value=1000), described_object=ObjectReference("Ingress", "front")
)
PODS_METRIC = MetricSpec("Pods", "qps", MetricTarget("AverageValue", average_value=1000))


def conditions(decision: Decision) -> dict[str, tuple[str, str]]:
    """The conditions as {type: (status, reason)}."""
    return {each.type: (each.status, each.reason) for each in decision.status.conditions}


def test_scaling_up_writes_size_status_and_event() -> None:
    """Three pods at 90 % of a target of 50 % become six, and everything a user sees says so."""
    decision = decided(seen(3, 90, 90, 90), release="1.35")

    assert (decision.desired, decision.rescale, decision.error) == (6, True, None)
    assert decision.events == (Event("Normal", "SuccessfulRescale", f"New size: 6; reason: {CPU_NAME} above target"),)
    assert decision.status.conditions == (
        Condition(
            "AbleToScale",
            "True",
            "SucceededRescale",
            "the HPA controller was able to update the target scale to 6",
            NOW,
        ),
        Condition(
            "ScalingActive",
            "True",
            "ValidMetricFound",
            f"the HPA was able to successfully calculate a replica count from {CPU_NAME}",
            NOW,
        ),
        Condition(
            "ScalingLimited", "False", "DesiredWithinRange", "the desired count is within the acceptable range", NOW
        ),
    )
    status = decision.status
    assert (status.current_replicas, status.desired_replicas, status.last_scale_time) == (3, 6, NOW)
    assert status.current_metrics == (
        {
            "type": "Resource",
            "resource": {"name": "cpu", "current": {"averageValue": "90m", "averageUtilization": 90}},
        },
    )


def test_no_change_leaves_the_scale_alone() -> None:
    """Within the tolerance nothing is written and nothing is said; the last scale time stays."""
    old = Status(last_scale_time=5.0, observed_generation=1)
    decision = decided(seen(3, 50, 50, 50, status=old, generation=4))

    assert (decision.desired, decision.rescale, decision.events) == (3, False, ())
    assert (decision.status.last_scale_time, decision.status.observed_generation) == (5.0, 4)
    assert conditions(decision)["AbleToScale"] == ("True", "ReadyForNewScale")


def test_observed_generation_came_with_1_37() -> None:
    """Before, the status never carries one."""
    assert decided(seen(3, 50, 50, 50, generation=4), release="1.36").status.observed_generation is None


def test_first_pass_remembers_the_size_and_so_does_not_shrink() -> None:
    """A new controller starts its log with the current size, which holds it for the whole window."""
    decision = decided(seen(3, 10, 10, 10))

    assert decision.desired == 3
    assert decision.state.recommendations == (Recommendation(3, NOW), Recommendation(1, NOW))
    assert conditions(decision)["AbleToScale"] == ("True", "ScaleDownStabilized")


def test_shrinks_once_the_window_has_passed() -> None:
    """And not while a recommendation aged exactly the window is in the log."""
    at_edge = State((Recommendation(3, NOW - 300),))
    past = State((Recommendation(3, NOW - 301),))

    assert decided(seen(3, 10, 10, 10), state=at_edge).desired == 3
    decision = decided(seen(3, 10, 10, 10), state=past)
    assert (decision.desired, decision.events[0].message) == (1, "New size: 1; reason: All metrics below target")
    assert decision.state.recommendations == (Recommendation(1, NOW),)


def test_old_recommendation_can_scale_up_without_a_reason() -> None:
    """Without behavior a higher recommendation in the window wins even over the current size."""
    decision = decided(seen(3, 50, 50, 50), state=State((Recommendation(5, NOW - 15),)))

    assert (decision.desired, decision.events[0].message) == (5, "New size: 5; reason: ")


@pytest.mark.parametrize(
    ("replicas", "low", "high", "size", "reason"),
    [
        (12, 1, 10, 10, "Current number of replicas above Spec.MaxReplicas"),
        (1, 2, 10, 2, "Current number of replicas below Spec.MinReplicas"),
    ],
)
def test_size_outside_its_range_is_put_back_at_once(replicas: int, low: int, high: int, size: int, reason: str) -> None:
    """No metric, window or policy is asked; metrics vanish from the status, and the change is remembered."""
    old = Status(current_metrics=({"type": ""},), conditions=(Condition("ScalingActive", "False", "Old", "", 1.0),))
    behavior = Behavior()
    decision = decided(seen(replicas, status=old), spec(low=low, high=high, behavior=behavior))

    assert (decision.desired, decision.events[0].message) == (size, f"New size: {size}; reason: {reason}")
    assert decision.status.current_metrics is None
    assert conditions(decision)["ScalingActive"] == ("False", "Old")
    assert "ScalingLimited" not in conditions(decision)
    assert len(decision.state.scale_ups + decision.state.scale_downs) == 1


def test_minimum_of_none_is_one() -> None:
    """Idle pods shrink to one."""
    state = State((Recommendation(0, NOW - 999),))

    assert decided(seen(3, 0, 0, 0), spec(low=None), state).desired == 1


@pytest.mark.parametrize(("behavior", "size", "reason"), [(None, 4, "ScaleUpLimit"), (Behavior(), 5, "ScaleUpLimit")])
def test_no_behavior_is_not_the_default_behavior(behavior: Behavior | None, size: int, reason: str) -> None:
    """From one pod the fixed limit allows 4, the defaulted policies allow 5."""
    decision = decided(seen(1, 900), spec(behavior=behavior, high=20))

    assert (decision.desired, conditions(decision)["ScalingLimited"]) == (size, ("True", reason))


def test_behavior_without_a_window_takes_the_flag() -> None:
    """In whole seconds: a flag of 60.9 s is a window of 60 s."""
    state = State((Recommendation(3, NOW - 60),))
    one = spec(behavior=Behavior())

    assert decided(seen(3, 10, 10, 10), one, state, downscale_stabilization_s=60.9).desired == 1
    assert decided(seen(3, 10, 10, 10), one, state, downscale_stabilization_s=61.0).desired == 3


def test_up_window_names_itself() -> None:
    """A lower recommendation in the window holds growth back."""
    up = ScalingRules((ScalingPolicy("Pods", 100, 15),), "Max", 60)
    decision = decided(seen(3, 90, 90, 90), spec(behavior=Behavior(up)), State((Recommendation(4, NOW - 30),)))

    assert decision.desired == 4
    assert conditions(decision)["AbleToScale"] == ("True", "SucceededRescale")
    stabilise = next(step for step in decision.steps if step.name == "stabilise")
    assert (stabilise.before, stabilise.after) == (6, 4)
    assert stabilise.bound_by == "spec.behavior.scaleUp.stabilizationWindowSeconds"


def test_largest_proposal_wins_and_the_first_of_a_tie_is_named() -> None:
    """Two metrics ask for 6; the reason names the first."""
    decision = decided(seen(3, 90, 90, 90), spec(cpu(80), cpu(50), PODS_METRIC), release="1.35")
    both = decided(
        seen(3, 90, 90, 90, pods_metrics={1: {f"p{index}": Sample(1800) for index in range(3)}}),
        spec(cpu(50), PODS_METRIC),
    )

    assert decision.desired == 6
    assert both.events[0].message == f"New size: 6; reason: {CPU_NAME} above target"


def failing(**changes: Any) -> Decision:
    """CPU works and asks for what its values say, the Pods metric fails."""
    values = changes.pop("values", (90, 90, 90))
    return decided(seen(3, *values, metric_errors={1: "gone"}, **changes), spec(cpu(), PODS_METRIC))


def test_failing_metric_does_not_hinder_growth() -> None:
    """The pass scales, and still reports the failure."""
    decision = failing()

    assert (decision.desired, [event.reason for event in decision.events]) == (
        6,
        ["FailedGetPodsMetric", "SuccessfulRescale"],
    )
    assert decision.error == (
        "invalid metrics (1 invalid out of 2), first error is: failed to get pods metric value: unable to get metric "
        "qps: unable to fetch metrics from custom metrics API: gone"
    )
    assert decision.status.current_metrics is not None
    assert decision.status.current_metrics[1] == {"type": ""}


def test_failing_metric_forbids_shrinking() -> None:
    """The size stays, the desired size of the status stays, and ScalingActive says why."""
    old = Status(desired_replicas=7)
    decision = failing(values=(10, 10, 10), status=old)

    assert (decision.desired, decision.rescale, decision.status.desired_replicas) == (3, False, 7)
    assert conditions(decision)["ScalingActive"] == ("False", "FailedGetPodsMetric")
    assert [event.reason for event in decision.events] == ["FailedGetPodsMetric", "FailedComputeMetricsReplicas"]
    assert decision.state.recommendations == (Recommendation(3, NOW),)


def test_missing_cpu_says_so_twice() -> None:
    """The well-known text of a cluster without metrics, as event and as condition."""
    decision = decided(seen(3, None, None, None))

    cause = (
        "failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource "
        "metrics API"
    )
    assert decision.events == (
        Event("Warning", "FailedGetResourceMetric", cause),
        Event(
            "Warning",
            "FailedComputeMetricsReplicas",
            "invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: " + cause,
        ),
    )
    active = decision.status.condition("ScalingActive")
    assert active is not None
    assert active.message == "the HPA was unable to compute the replica count: " + cause


def test_no_metrics_at_all_is_a_failure_without_a_reason() -> None:
    """A spec without metrics, which the API server never lets through, does not scale."""
    bare = Spec(ObjectReference("Deployment", "web", "apps/v1"), 10, ())

    assert decided(seen(3, 50), bare).rescale is False


@pytest.mark.parametrize(
    ("metric", "changes", "reason", "cause"),
    [
        (
            MetricSpec("ContainerResource", "cpu", MetricTarget("Utilization", 50), "nope"),
            {},
            "FailedGetContainerResourceMetric",
            "failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)",
        ),
        (
            MetricSpec("Resource", "cpu", MetricTarget("Utilization")),
            {},
            "FailedGetResourceMetric",
            "invalid resource metric source: neither an average utilization target nor an average value (usage) target "
            "was set",
        ),
        (
            MetricSpec("Resource", "cpu", MetricTarget("AverageValue", average_value=5)),
            {"metric_errors": {0: "gone"}},
            "FailedGetResourceMetric",
            "failed to get cpu usage: unable to get metrics for resource cpu: unable to fetch metrics from resource "
            "metrics API: gone",
        ),
        (
            PODS_METRIC,
            {},
            "FailedGetPodsMetric",
            "unable to get metric qps: no metrics returned from custom metrics API",
        ),
        (
            OBJECT,
            {},
            "FailedGetObjectMetric",
            "unable to get metric hits on Ingress default/front: unable to fetch metrics from custom metrics API: the "
            "server could not find the metric hits for Ingress front",
        ),
        (
            MetricSpec("Object", "hits", MetricTarget("Utilization")),
            {},
            "FailedGetObjectMetric",
            "invalid object metric source: neither a value target nor an average value target was set",
        ),
        (
            EXTERNAL,
            {},
            "FailedGetExternalMetric",
            "unable to get external metric default/queue/nil: no metrics returned from external metrics API",
        ),
        (
            MetricSpec("External", "queue", MetricTarget("Value")),
            {},
            "FailedGetExternalMetric",
            "invalid external metric source: neither a value target nor an average value target was set",
        ),
        (
            MetricSpec("Cheese", "brie", MetricTarget("Value")),
            {},
            "InvalidMetricSourceType",
            'unknown metric source type "Cheese"',
        ),
    ],
)
def test_metric_failures(metric: MetricSpec, changes: dict[str, Any], reason: str, cause: str) -> None:
    """Each way a metric can fail has upstream's reason and cause."""
    decision = decided(seen(3, 90, 90, 90, **changes), spec(metric))

    assert decision.events[0] == Event("Warning", reason, cause)


def test_object_error_of_older_releases_is_garbled() -> None:
    """Up to 1.36 the arguments stand in another order than the text asks for."""
    decision = decided(seen(3, 90, metric_errors={0: "gone"}), spec(OBJECT), release="1.36")

    assert decision.events[0].message == (
        "unable to get metric hits: Ingress on default front/unable to fetch metrics from custom metrics API: gone"
    )


def test_object_metric_without_its_object_still_has_a_status() -> None:
    """A literal without described object is shown with empty names."""
    metric = MetricSpec("Object", "hits", MetricTarget("Value", value=1000))
    decision = decided(seen(2, 1, 1, object_metrics={0: 4000}), spec(metric))

    assert decision.desired == 4
    assert decision.status.current_metrics == (
        {
            "type": "Object",
            "object": {
                "metric": {"name": "hits"},
                "current": {"value": "4"},
                "describedObject": {"kind": "", "name": ""},
            },
        },
    )


@pytest.mark.parametrize(
    ("scale", "rivals", "event", "reason", "text"),
    [
        (Scale(3, 3, ""), (), "SelectorRequired", "InvalidSelector", "selector is required"),
        (
            Scale(3, 3, "app="),
            ("other", "third"),
            "AmbiguousSelector",
            "AmbiguousSelector",
            "pods by selector app= are controlled by more than one HPA (e.g. [{web default} {other default}])",
        ),
        (
            Scale(3, 3, "=="),
            (),
            "InvalidSelector",
            "InvalidSelector",
            "couldn't convert selector into a corresponding internal selector object: found '==', expected: !, "
            "identifier, or 'end of string'",
        ),
    ],
)
def test_selector_problems(scale: Scale, rivals: tuple[str, ...], event: str, reason: str, text: str) -> None:
    """No selector, an unreadable one, or pods that another HPA selects too: nothing is scaled."""
    decision = decided(seen(3, 90, 90, 90, scale=scale, rivals=rivals, name="web"))

    assert decision.events == (Event("Warning", event, text), Event("Warning", "FailedComputeMetricsReplicas", text))
    assert conditions(decision)["ScalingActive"] == ("False", reason)
    assert (decision.rescale, decision.status.current_metrics) == (False, None)


def test_ambiguous_selector_text_up_to_1_36() -> None:
    """It listed all HPAs then."""
    decision = decided(seen(3, 90, rivals=("b", "c"), name="a"), release="1.36")

    assert decision.events[0].message == (
        "pods by selector app=web are controlled by multiple HPAs: [{a default} {b default} {c default}]"
    )


@pytest.mark.parametrize(
    ("target", "changes", "cause", "error"),
    [
        (
            ObjectReference("Deployment", "web", "apps/v1"),
            {"scale": None, "scale_error": "gone"},
            "gone",
            "failed to query scale subresource for Deployment/default/web: gone",
        ),
        (
            ObjectReference("Deployment", "web", "apps/v1"),
            {"scale": None},
            "unrecognized resource",
            "failed to query scale subresource for Deployment/default/web: unrecognized resource",
        ),
        (
            ObjectReference("Deployment", "web", "a/b/c"),
            {},
            "unexpected GroupVersion string: a/b/c",
            "invalid API version in scale target reference: unexpected GroupVersion string: a/b/c",
        ),
    ],
)
def test_scale_that_cannot_be_read(target: ObjectReference, changes: dict[str, Any], cause: str, error: str) -> None:
    """Only AbleToScale changes; the size is unknown, which is None."""
    old = Status(current_replicas=4, desired_replicas=5)
    decision = decided(seen(3, 90, status=old, **changes), Spec(target, 10, (cpu(),)))

    assert (decision.desired, decision.rescale, decision.error) == (None, False, error)
    assert decision.events == (Event("Warning", "FailedGetScale", cause),)
    assert conditions(decision) == {"AbleToScale": ("False", "FailedGetScale")}
    assert (decision.status.current_replicas, decision.status.desired_replicas) == (4, 5)
    assert decision.state == State()


def test_scale_that_cannot_be_written() -> None:
    """The recommendation is remembered, the change is not, and the desired size stays."""
    decision = decided(seen(3, 90, 90, 90, update_error="conflict"), spec(behavior=Behavior()))

    assert (decision.desired, decision.rescale, decision.status.desired_replicas) == (3, False, 0)
    assert decision.events == (
        Event("Warning", "FailedRescale", f"New size: 6; reason: {CPU_NAME} above target; error: conflict"),
    )
    assert conditions(decision)["AbleToScale"] == ("False", "FailedUpdateScale")
    assert decision.state == State((Recommendation(3, NOW), Recommendation(6, NOW)))


def test_changes_are_remembered_for_policies() -> None:
    """With behavior, a rescale is a scale event."""
    assert decided(seen(3, 90, 90, 90), spec(behavior=Behavior())).state.scale_ups == (ScaleEvent(3, NOW),)
    assert decided(seen(3, 90, 90, 90)).state.scale_ups == ()


def zero(was: str | None, low: int, *metrics: MetricSpec, value: int = 25_000, **config: Any) -> Decision:
    """A pass at zero replicas; ``was`` is the status of ScaledToZero."""
    old = Status(conditions=() if was is None else (Condition("ScaledToZero", was, "", "", 1.0),))
    one = spec(*(metrics or (EXTERNAL,)), low=low)
    return decided(seen(0, status=old, external_metrics={0: (value,)}), one, **config)


@pytest.mark.parametrize(
    ("was", "low", "config", "size"),
    [
        ("True", 0, {}, 3),
        ("True", 1, {}, 3),
        ("False", 0, {}, 0),
        (None, 0, {}, 0),
        (None, 1, {}, 0),
        ("True", 0, {"gates": {"HPAScaleToZero": False}}, 0),
        (None, 0, {"release": "1.35"}, 3),
        (None, 1, {"release": "1.35"}, 0),
    ],
)
def test_leaving_zero(was: str | None, low: int, config: dict[str, Any], size: int) -> None:
    """The controller wakes only what it put to sleep itself; 1.35 goes by the minimum alone."""
    decision = zero(was, low, **config)

    assert decision.desired == size
    if not size:
        assert conditions(decision)["ScalingActive"] == ("False", "ScalingDisabled")


def test_zero_needs_a_metric_that_exists_without_pods() -> None:
    """With CPU alone nothing is computed at zero, unless the minimum was raised; then CPU fails."""
    assert conditions(zero("True", 0, cpu()))["ScalingActive"] == ("False", "ScalingDisabled")
    assert conditions(zero("True", 1, cpu()))["ScalingActive"] == ("False", "FailedGetResourceMetric")


@pytest.mark.parametrize(
    ("behavior", "reason"), [(None, ""), (Behavior(), "Current number of replicas below Spec.MinReplicas")]
)
def test_leaving_zero_reaches_a_raised_minimum(behavior: Behavior | None, reason: str) -> None:
    """Even an idle metric then goes to the minimum at once; only with behavior is there a reason."""
    old = Status(conditions=(Condition("ScaledToZero", "True", "", "", 1.0),))
    one = spec(EXTERNAL, low=3, behavior=behavior)
    decision = decided(seen(0, status=old, external_metrics={0: (0,)}), one)

    assert (decision.desired, decision.events[0].message) == (3, f"New size: 3; reason: {reason}")


def test_raised_minimum_beats_a_slow_policy() -> None:
    """From zero one pod at a time would be allowed, but the minimum is reached at once."""
    old = Status(conditions=(Condition("ScaledToZero", "True", "", "", 1.0),))
    slow = Behavior(ScalingRules((ScalingPolicy("Pods", 1, 15),), "Max", 0))
    decision = decided(seen(0, status=old, external_metrics={0: (90_000,)}), spec(EXTERNAL, low=3, behavior=slow))

    assert (decision.desired, decision.steps[-1].bound_by) == (3, "spec.minReplicas")
    assert decision.events[0].message == "New size: 3; reason: external metric queue(nil) above target"


def test_disabled_gate_forgets_scaled_to_zero() -> None:
    """With the gate off the condition is removed, at zero and on every rescale."""
    off = {"gates": {"HPAScaleToZero": False}}
    old = Status(conditions=(Condition("ScaledToZero", "True", "", "", 1.0),))

    assert "ScaledToZero" not in conditions(zero("True", 0, **off))
    assert "ScaledToZero" not in conditions(decided(seen(3, 90, 90, 90, status=old), **off))
    assert "ScaledToZero" in conditions(zero("True", 0, release="1.35"))


@pytest.mark.parametrize(
    ("low", "metric", "remembered"),
    [(0, EXTERNAL, ("True", "ScaledToZero")), (1, EXTERNAL, ("False", "NotScaledToZero"))],
)
def test_going_to_zero_is_remembered(low: int, metric: MetricSpec, remembered: tuple[str, str]) -> None:
    """An idle queue empties the target if the minimum is 0."""
    state = State((Recommendation(0, NOW - 999),))
    decision = decided(seen(2, 1, 1, external_metrics={0: (0,)}), spec(metric, low=low), state)

    assert decision.desired == low
    assert conditions(decision)["ScaledToZero"] == remembered


def test_series_share_one_external_metric() -> None:
    """All series are summed; the status shows the share of a pod, and the name carries the selector as Go prints it."""
    metric = MetricSpec(
        "External", "queue", MetricTarget("AverageValue", average_value=1000), selector={"matchLabels": {"q": "a"}}
    )
    decision = decided(seen(2, 1, 1, external_metrics={0: (3000, 2000)}), spec(metric), release="1.35")

    assert decision.desired == 4  # the fixed limit; 5 are asked for
    assert decision.events[0].message == (
        "New size: 4; reason: external metric queue(&LabelSelector{MatchLabels:map[string]string{q: a,},"
        "MatchExpressions:[]LabelSelectorRequirement{},}) above target"
    )
    assert decision.status.current_metrics == (
        {
            "type": "External",
            "external": {
                "metric": {"name": "queue", "selector": {"matchLabels": {"q": "a"}}},
                "current": {"averageValue": "2500m"},
            },
        },
    )


def test_failed_pod_without_a_request_blinds_the_metric() -> None:
    """The request is asked of every pod, even of one that is ignored."""
    listed = (*pods(2), pod("p2", None, phase="Failed"))

    assert decided(seen(2, 90, 90, pods=listed)).rescale is False
    assert decided(seen(2, 90, 90, pods=(*pods(2), pod("p2", phase="Failed")))).rescale is True


def test_overflowing_proposal_counts_as_none() -> None:
    """A product beyond int32 becomes negative, which is no size: the target shrinks to its minimum."""
    metric = MetricSpec("Pods", "qps", MetricTarget("AverageValue", average_value=1))
    huge = {0: {"p0": Sample(2**40), "p1": Sample(2**40)}}
    state = State((Recommendation(0, NOW - 999),))

    assert decided(seen(2, 1, 1, pods_metrics=huge), spec(metric), state).desired == 1


def test_decide_takes_literals() -> None:
    """The whole call, as one would type it."""
    decision = decide(spec(cpu(50)), Config(), State(), seen(1, 200, usage=usage(200)))

    assert decision.desired == 4
