"""The scheduler: room, refusal and its words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.kube.conditions import condition, is_active
from autoscale.kube.quantities import milli
from autoscale.plane import scheduler
from autoscale.plane.scheduler import Requests, requests
from autoscale.plane.store import Update
from tests.plane.world import World, container, deployment, template

CPU = (
    "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: "
    "1 No preemption victims found for incoming pod."
)

HOPELESS = "Preemption is not helpful for scheduling"


def test_what_does_not_fit_waits_and_says_why() -> None:
    """Ten pods of 100m fill one core; the eleventh stays Pending with the scheduler's words, told once."""
    world = World(cpu="1")
    world.create(deployment(replicas=11))
    world.run(30)
    waiting = [p for p in world.all("Pod") if not p["spec"].get("nodeName")]
    assert [p["status"]["phase"] for p in waiting] == ["Pending"]
    found = condition(waiting[0], "PodScheduled")
    assert found is not None
    assert (found["status"], found["reason"], found["message"]) == ("False", "Unschedulable", CPU)
    assert world.events("FailedScheduling") == [CPU]


def test_a_pod_larger_than_the_node_is_told_that_preemption_would_not_help() -> None:
    """What would not fit even on an empty node is refused in other words than what only has to wait."""
    world = World(cpu="500m")
    asking = container(resources={"requests": {"cpu": "600m"}})
    world.create(deployment(replicas=1, template=template({"app": "web"}, asking)))
    world.run(5)
    assert world.events("FailedScheduling") == [CPU.replace("No preemption victims found for incoming pod", HOPELESS)]


def test_a_waiting_pod_is_placed_when_there_is_room() -> None:
    """As soon as another pod has gone, the waiting one runs."""
    world = World(cpu="1")
    world.create(deployment("big", replicas=10))
    world.run(3)
    world.create(deployment("late", replicas=1))
    world.run(2)
    assert world.get("Deployment", "late")["status"].get("readyReplicas") is None
    world.change("Deployment", "big", replicas=9)
    world.run(6)
    assert world.get("Deployment", "late")["status"]["readyReplicas"] == 1


def test_a_cordoned_node_takes_nothing_new() -> None:
    """What runs stays; what is new waits because the node is unschedulable."""
    world = World()
    world.create(deployment())
    world.run(3)
    node = world.store.objects.list("Node")[0]
    world.store.apply(Update({**node, "spec": {"unschedulable": True}}), world.now)
    world.change("Deployment", "web", replicas=3)
    world.run(3)
    assert sum(bool(p["spec"].get("nodeName")) for p in world.all("Pod")) == 2
    assert "1 node(s) were unschedulable" in world.events("FailedScheduling")[0]


def test_pods_that_wait_for_the_same_are_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, a pass looks at the node as often as there are different things asked for."""
    world, looks = World(cpu="500m"), []
    judge = scheduler._misfits

    def counted(*about: Any) -> list[str]:
        looks.append(about)
        return judge(*about)

    for number in range(60):
        asked = container(resources={"requests": {"cpu": f"{600 + number % 3}m"}})
        world.create(deployment(f"d{number}", replicas=1, template=template({"app": f"d{number}"}, asked)))
    world.settle()
    monkeypatch.setattr(scheduler, "_misfits", counted)
    assert scheduler.step(world.store.objects, world.now) == []
    assert len(looks) == 2 * 3  # on the node as it is, and on an empty one
    assert len(world.events("FailedScheduling")) == 60


@given(asked=st.lists(st.tuples(st.sampled_from([0, 300, 600]), st.sampled_from([None, "here", "there"])), max_size=9))
def test_what_a_pod_is_told_is_its_own(asked: list[tuple[int, str | None]]) -> None:
    """Pods that wait for the same are placed and refused as if each were judged by itself."""
    world = World(cpu="1")
    for number, (cpu, zone) in enumerate(asked):
        spec = {"containers": [container(resources={"requests": {"cpu": f"{cpu}m"}})]}
        spec |= {"nodeSelector": {"zone": zone}} if zone else {}
        world.create({"kind": "Pod", "metadata": {"name": f"p{number}", "namespace": "default"}, "spec": spec})
    together = scheduler.step(world.store.objects, world.now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scheduler, "_ask", lambda pod: pod["metadata"]["name"])
        assert scheduler.step(world.store.objects, world.now) == together


@given(sizes=st.lists(st.integers(0, 900), min_size=1, max_size=8))
def test_a_node_is_never_overbooked(sizes: list[int]) -> None:
    """Whatever pods ask for, those that are placed ask for no more than the node has."""
    world = World(cpu="1500m")
    for number, size in enumerate(sizes):
        asked = container(resources={"requests": {"cpu": f"{size}m"}})
        made = deployment(f"d{number}", replicas=2)
        made["spec"]["template"] = template({"app": f"d{number}"}, asked)
        world.create(made)
    world.run(1)
    placed = [p for p in world.all("Pod") if p["spec"].get("nodeName") and is_active(p)]
    assert sum(requests(p).cpu_m for p in placed) <= 1500
    waiting = [p for p in world.all("Pod") if not p["spec"].get("nodeName")]
    left = 1500 - sum(requests(p).cpu_m for p in placed)
    assert all(requests(p).cpu_m > left for p in waiting)


@pytest.mark.parametrize(
    ("resources", "asked"),
    [
        ({"requests": {"cpu": "250m"}}, 250),
        ({"limits": {"cpu": "2"}}, 2000),
        ({"requests": {"cpu": "1m"}, "limits": {"cpu": "2"}}, 1),
        ({}, 0),
    ],
)
def test_a_limit_without_a_request_is_the_request(resources: dict[str, dict[str, str]], asked: int) -> None:
    """As the API server's defaulting has it; a request wins over a limit."""
    pod = {"spec": {"containers": [container(resources=resources)]}}
    assert requests(pod) == Requests(asked, 0)


def test_the_greatest_init_container_counts_if_it_asks_for_more() -> None:
    """Init containers run one by one before the others, so the maximum of both is reserved."""
    init = container(resources={"requests": {"cpu": "500m"}})
    pod = {"spec": {"containers": [container(), container()], "initContainers": [init]}}
    assert requests(pod).cpu_m == 500
    assert milli("500m") == 500
