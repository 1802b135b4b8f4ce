"""What holds for every decision."""

import random
from dataclasses import replace

from hpa_cases import NOW, UNHURRIED, cpu, decided, pod, seen, spec
from hypothesis import given
from hypothesis import strategies as st

from autoscale.hpa import (
    Behavior,
    Observation,
    Pod,
    Recommendation,
    ScaleEvent,
    ScalingPolicy,
    ScalingRules,
    Spec,
    State,
)

AGES = st.sampled_from([0.0, 1, 14.9, 15, 15.1, 60, 299, 300, 301, 900]).map(lambda age: NOW - age)
POLICIES = st.builds(
    ScalingPolicy, st.sampled_from(["Pods", "Percent"]), st.integers(1, 300), st.sampled_from([15, 60, 300])
)
RULES = st.builds(
    ScalingRules,
    st.lists(POLICIES, min_size=1, max_size=3).map(tuple),
    st.sampled_from(["Max", "Min", "Disabled"]),
    st.sampled_from([0, 15, 300]),
    st.sampled_from([None, 0.0, 0.2]),
)
SPECS = st.builds(
    lambda low, more, percent, behavior: spec(cpu(percent), low=low, high=low + more, behavior=behavior),
    st.integers(1, 5),
    st.integers(0, 30),
    st.integers(1, 150),
    st.none() | st.builds(Behavior, RULES, RULES),
)
EVENTS = st.lists(st.builds(ScaleEvent, st.integers(1, 9), AGES), max_size=3).map(tuple)
STATES = st.builds(
    State, st.lists(st.builds(Recommendation, st.integers(0, 20), AGES), max_size=4).map(tuple), EVENTS, EVENTS
)
PODS = st.builds(
    lambda phase, ready, started, changed: pod(
        "p", phase=phase, ready=ready, started=NOW - started, ready_changed=NOW - started + changed
    ),
    st.sampled_from(["Running", "Running", "Running", "Pending", "Failed", "Succeeded"]),
    st.sampled_from(["True", "True", "False", None]),
    st.sampled_from([10.0, 100, 1000]),
    st.sampled_from([0.0, 5, 50]),
)


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    """Some pods, some of them with usage."""
    drawn = draw(st.lists(st.tuples(PODS, st.none() | st.integers(0, 400)), min_size=1, max_size=8))
    listed: tuple[Pod, ...] = tuple(replace(one, name=f"p{index}") for index, (one, _) in enumerate(drawn))
    values = [value for _, value in drawn]
    return seen(draw(st.integers(1, 20)), *values, pods=listed)


@UNHURRIED
@given(SPECS, STATES, observations())
def test_size_is_between_minimum_and_maximum(one: Spec, state: State, observation: Observation) -> None:
    """Whenever something is written, it lies within the range."""
    decision = decided(observation, one, state)

    assert decision.desired is not None
    assert not decision.rescale or (one.min_replicas or 1) <= decision.desired <= one.max_replicas


@UNHURRIED
@given(SPECS, observations())
def test_new_controller_changes_nothing_within_the_tolerance(one: Spec, observation: Observation) -> None:
    """Within the range, a proposal that the tolerance held leaves the size as it is."""
    decision = decided(observation, one)

    held = [step.numbers.get("held") == "tolerance" for step in decision.steps if step.name == "metric"]
    assert not any(held) or not decision.rescale


@UNHURRIED
@given(SPECS, STATES, observations(), st.randoms(use_true_random=False))
def test_order_of_pods_changes_nothing(
    one: Spec, state: State, observation: Observation, shuffler: random.Random
) -> None:
    """Neither the order of the pods nor that of their samples."""
    listed, samples = list(observation.pods), list(observation.usage)
    shuffler.shuffle(listed)
    shuffler.shuffle(samples)

    shuffled = replace(observation, pods=tuple(listed), usage=tuple(samples))
    assert decided(shuffled, one, state) == decided(observation, one, state)


@UNHURRIED
@given(SPECS, STATES, st.lists(st.integers(0, 400), min_size=1, max_size=8), st.integers(0, 300))
def test_more_load_never_means_fewer_replicas(one: Spec, state: State, values: list[int], more: int) -> None:
    """As long as every pod is ready, and there are as many as the size says. See the two exceptions below."""
    calm = decided(seen(len(values), *values), one, state)
    busy = decided(seen(len(values), *(value + more for value in values)), one, state)

    assert calm.desired is not None
    assert busy.desired is not None
    assert busy.desired >= calm.desired


def test_more_load_can_mean_fewer_replicas_at_the_tolerance() -> None:
    """First exception: the ready pods are multiplied outside of the tolerance, within it the size is kept."""
    calm, busy = decided(seen(2, *[42] * 4)), decided(seen(2, *[46] * 4))

    assert (calm.desired, busy.desired) == (4, 2)


def test_more_load_can_mean_fewer_replicas_where_pods_are_unready() -> None:
    """Second exception: unready pods are left out on the way down, and count as idle on the way up."""
    listed = (pod("p0"), pod("p1"), pod("p2", phase="Pending"))

    def size(value: int) -> int | None:
        return decided(seen(1, value, value, pods=listed), spec(cpu(100))).desired

    assert (size(80), size(140)) == (2, 1)
