"""The node autoscaler under a virtual clock: when nodes are asked for, come, get ready and go, and what it says."""

from dataclasses import replace

import pytest

from autoscale.base.times import parse_time
from autoscale.embedded.kubelet.node import node_object
from autoscale.embedded.settings import Settings
from autoscale.kube.conditions import condition
from autoscale.kube.kinds import Object
from autoscale.plane.controllers import nodepool
from autoscale.plane.loop import CONTROLLERS, Controller
from tests.plane.world import BLOCK, World, container, deployment

SIZE = Settings(node_cpu="1")


def world(most: int = 3, start_s: float = 20.0, idle_s: float = 60.0) -> World:
    """A cluster of one node of one core, whose pool may grow."""
    made = World(cpu="1")

    def node(name: str, now: float) -> Object:
        return node_object(SIZE, BLOCK, now, name)

    pool = nodepool.Pool("embedded", most, start_s, idle_s, node)
    controller = Controller(
        lambda objects, now: nodepool.step(objects, now, pool),
        ("Pod", "Node"),
        lambda objects, now: nodepool.next_due(objects, now, pool),
    )
    made.loop = replace(made.loop, controllers=(*CONTROLLERS, controller))
    return made


def pods_of(cpu: str, count: int) -> Object:
    """A Deployment of pods of this size."""
    template = container(resources={"requests": {"cpu": cpu}})
    made = deployment(replicas=count)
    made["spec"]["template"]["spec"]["containers"] = [template]
    return made


def nodes(made: World) -> dict[str, str]:
    """Name and readiness of every node."""
    return {node["metadata"]["name"]: (condition(node, "Ready") or {})["status"] for node in made.all("Node")}


def test_a_node_is_asked_for_comes_unready_and_takes_the_pod_when_it_is_ready() -> None:
    """Asked at once, there after 15 s, ready after 20 s, and the pod is placed on it in that moment."""
    made = world()
    made.create(pods_of("600m", 2))
    made.run(14)
    assert nodes(made) == {"embedded": "True"}
    assert made.events("TriggeredScaleUp") == ["pod triggered scale-up: [{pool 1->2 (max: 3)}]"]
    made.run(2)
    assert nodes(made) == {"embedded": "True", "embedded-2": "False"}
    assert any("node.kubernetes.io/not-ready" in text for text in made.events("FailedScheduling"))
    made.run(5)
    assert nodes(made) == {"embedded": "True", "embedded-2": "True"}
    assert sorted(pod["spec"].get("nodeName", "") for pod in made.all("Pod")) == ["embedded", "embedded-2"]


def test_as_many_nodes_as_the_pods_need_and_no_more_than_the_maximum() -> None:
    """Two pods of 400m fit one node: five of them need three, of which two are new; the eighth finds no room."""
    made = world()
    made.create(pods_of("400m", 5))
    made.run(25)
    assert len(nodes(made)) == 3
    assert {pod["spec"].get("nodeName") for pod in made.all("Pod")} == {"embedded", "embedded-2", "embedded-3"}
    made.change("Deployment", "web", replicas=8)
    made.run(60)
    assert len(nodes(made)) == 3
    assert sum(not pod["spec"].get("nodeName") for pod in made.all("Pod")) == 2
    assert made.events("NotTriggerScaleUp") == ["pod didn't trigger scale-up: 1 max node group size reached"] * 2


def test_a_pod_that_fits_no_node_asks_for_none() -> None:
    """More than a whole node: no node of this pool would help."""
    made = world()
    made.create(pods_of("2", 1))
    made.run(60)
    assert list(nodes(made)) == ["embedded"]
    assert made.events("NotTriggerScaleUp") == ["pod didn't trigger scale-up: 1 Insufficient cpu"]


def test_an_empty_node_goes_after_its_time_and_the_first_never() -> None:
    """Sixty seconds without a pod; one that gets a pod meanwhile stays."""
    made = world()
    made.create(pods_of("600m", 2))
    made.run(30)
    made.change("Deployment", "web", replicas=0)
    made.run(50)
    assert len(nodes(made)) == 2
    made.change("Deployment", "web", replicas=2)
    made.run(60)
    assert len(nodes(made)) == 2
    made.change("Deployment", "web", replicas=0)
    made.run(120)
    assert list(nodes(made)) == ["embedded"]
    assert made.events("ScaleDownEmpty") == ["Scale-down: removing empty node embedded-2"]


@pytest.mark.parametrize("start_s", [0.0, 5.0, 90.0])
def test_a_node_is_ready_when_its_start_is_over(start_s: float) -> None:
    """Whatever the start takes, the pod is placed within a second of it."""
    made = world(start_s=start_s)
    born = made.now
    made.create(pods_of("600m", 2))
    made.run(start_s + 3)
    late = [condition(pod, "PodScheduled") or {} for pod in made.all("Pod")]
    placed = max(parse_time(one["lastTransitionTime"]) for one in late if one["status"] == "True")
    assert start_s <= placed - born <= start_s + 2
