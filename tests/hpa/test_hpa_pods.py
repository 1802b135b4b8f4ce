"""Samples, groups of pods, requests."""

import pytest
from hpa_cases import NOW, pod, pods, usage

from autoscale.hpa import Config, Container, Pod, PodUsage, Sample
from autoscale.hpa.rule.pods import MetricError, container_samples, group_pods, pod_requests, pod_samples, starting

LONG_AGO = NOW - 10_000


def test_pod_sample_is_the_sum_of_its_containers() -> None:
    """A sidecar's usage counts."""
    item = PodUsage("p", NOW, 15, {"app": {"cpu": 80}, "side": {"cpu": 20}})

    assert pod_samples([item], "cpu") == {"p": Sample(100, NOW, 15)}


@pytest.mark.parametrize("containers", [{}, {"app": {"cpu": 80}, "side": {"memory": 1}}])
def test_pod_without_a_container_value_has_no_sample(containers: dict[str, dict[str, int]]) -> None:
    """No container, or one without the resource, leaves the whole pod out."""
    assert pod_samples([PodUsage("p", NOW, 15, containers)], "cpu") == {}


def test_container_sample_takes_one_container_only() -> None:
    """ContainerResource reads one container, and skips pods that have not got it."""
    items = [
        PodUsage("a", NOW, 15, {"app": {"cpu": 80}, "side": {"cpu": 20}}),
        PodUsage("b", NOW, 15, {"side": {"cpu": 20}}),
        PodUsage("c", NOW, 15, {"app": {"memory": 1}}),
    ]

    assert container_samples(items, "cpu", "app") == {"a": Sample(80, NOW, 15)}


@pytest.mark.parametrize(
    ("one", "group"),
    [
        (pod("p", deleting=True), "ignored"),
        (pod("p", phase="Failed"), "ignored"),
        (pod("p", phase="Succeeded"), "ignored"),
        (pod("p", phase="Pending"), "unready"),
        (pod("p", phase="Unknown"), "ready"),
        (pod("q"), "missing"),
        (pod("p", ready=None), "unready"),
        (pod("p", started=None), "unready"),
        (pod("p"), "ready"),
    ],
)
def test_groups_first_hit_wins(one: Pod, group: str) -> None:
    """Ending pods are ignored, Pending ones unready, those without a sample missing, the rest ready."""
    groups = group_pods([one], {"p": Sample(1, NOW, 15)}, "cpu", Config(), NOW)

    found = {"ready": groups.ready, "unready": len(groups.unready), "missing": len(groups.missing)}
    assert {**found, "ignored": len(groups.ignored)} == {"ready": 0, "unready": 0, "missing": 0, "ignored": 0, group: 1}


def test_succeeded_pod_counts_up_to_1_37() -> None:
    """Up to 1.37 a Succeeded pod without a sample counts as missing."""
    groups = group_pods([pod("p", phase="Succeeded")], {}, "cpu", Config(release="1.37"), NOW)

    assert (groups.missing, groups.ignored) == (frozenset({"p"}), frozenset())


@pytest.mark.parametrize("resource", ["memory", ""])
def test_readiness_counts_for_cpu_only(resource: str) -> None:
    """An unready pod's memory, or its Pods metric, counts."""
    groups = group_pods([pod("p", ready="False")], {"p": Sample(1, NOW, 15)}, resource, Config(), NOW)

    assert groups.ready == 1


@pytest.mark.parametrize(
    ("started", "ready", "changed", "sampled", "unready"),
    [
        (NOW - 299, "True", NOW - 30, NOW - 15, False),  # a whole window since it became ready
        (NOW - 299, "True", NOW - 30, NOW - 16, True),  # a second too early
        (NOW - 299, "False", NOW - 200, NOW, True),
        (NOW - 299, "Unknown", NOW - 200, NOW, False),
        (NOW - 300, "True", NOW, NOW - 100, False),  # the initialisation period is over
        (NOW - 300, "False", NOW - 271, NOW, True),  # never ready: the condition is as old as the start
        (NOW - 300, "False", NOW - 270, NOW, False),  # was ready once
        (NOW - 299, "True", None, NOW - 100, False),
    ],
)
def test_cpu_of_a_starting_pod(
    started: float, ready: str, changed: float | None, sampled: float, unready: bool
) -> None:
    """CPU counts one window after readiness, and later unless the pod was never ready; edges as upstream's."""
    one = pod("p", started=started, ready=ready, ready_changed=changed)

    assert starting(one, Sample(1, sampled, 15), Config(), NOW) is unready


def test_requests_sum_over_containers() -> None:
    """All containers count, or the one that is named."""
    one = Pod("p", containers=(Container("a", {"cpu": 100}), Container("b", {"cpu": 50})))

    assert pod_requests([one], "cpu", "", Config()) == {"p": 150}
    assert pod_requests([one], "cpu", "b", Config()) == {"p": 50}


@pytest.mark.parametrize(
    ("one", "container", "text"),
    [
        (pod("p", None), "", "missing request for cpu in container app of Pod p"),
        (pod("p", None, phase="Failed"), "", "missing request for cpu in container app of Pod p"),
        (pod("p"), "other", "container other not found in Pod p"),
        (pod("p", pod_requests={"memory": 1}), "", "missing pod-level request for cpu in Pod p"),
    ],
)
def test_request_that_is_missing_fails_the_metric(one: Pod, container: str, text: str) -> None:
    """Even a failed pod's missing request does."""
    with pytest.raises(MetricError, match=text):
        pod_requests([one], "cpu", container, Config())


def test_the_first_pod_by_name_is_blamed() -> None:
    """Of several pods without a request the message names the same one, whatever their order."""
    many = (pod("b", None), pod("c"), pod("a", None))

    with pytest.raises(MetricError, match="Pod a"):
        pod_requests(many, "cpu", "", Config())


def test_pod_level_requests_win_if_their_gate_is_on() -> None:
    """Pod-level requests replace the containers' sum, except for a named container or with the gate off."""
    one = pod("p", pod_requests={"cpu": 500})

    assert pod_requests([one], "cpu", "", Config()) == {"p": 500}
    assert pod_requests([one], "cpu", "app", Config()) == {"p": 100}
    assert pod_requests([one], "cpu", "", Config(gates={"PodLevelResources": False})) == {"p": 100}


def test_builders_agree() -> None:
    """The samples of the helpers belong to their pods."""
    assert {item.pod for item in usage(1, None, 3)} <= {one.name for one in pods(3)}
