"""ReplicaSets: how many pods, and which one goes."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from autoscale.base.times import format_time
from autoscale.kube.kinds import Object
from autoscale.plane.controllers.replicaset import deletion_rank
from autoscale.plane.store import Delete, Update
from tests.plane.world import START, World, deployment, pods_of


def pod(name: str, *, ready_s: float | None = 100, age_s: float = 200, node: str = "n", **more: Any) -> Object:
    """A pod that has been ready for ``ready_s`` (None: it is not)."""
    status = "True" if ready_s is not None else "False"
    condition = {"type": "Ready", "status": status, "lastTransitionTime": format_time(START - (ready_s or 0))}
    counts = [{"restartCount": more.get("restarts", 0)}]
    annotations = {"controller.kubernetes.io/pod-deletion-cost": str(more.get("cost", 0))}
    return {
        "metadata": {
            "name": name,
            "uid": name,
            "creationTimestamp": format_time(START - age_s),
            "annotations": annotations,
        },
        "spec": {"nodeName": node} if node else {},
        "status": {"phase": more.get("phase", "Running"), "conditions": [condition], "containerStatuses": counts},
    }


ORDER = [
    pod("unassigned", node="", ready_s=None, phase="Pending"),
    pod("pending", ready_s=None, phase="Pending"),
    pod("unready", ready_s=None),
    pod("cheap", cost=-1),
    pod("just-ready", ready_s=2),
    pod("restarted", restarts=3),
    pod("young", age_s=110),
    pod("old", age_s=2000),
    pod("long-ready", ready_s=1500, age_s=2000),
    pod("dear", cost=5, ready_s=1),
]


@given(st.permutations(ORDER))
def test_the_pod_that_hurts_least_goes_first(pods: list[Object]) -> None:
    """Unassigned, pending, unready, cheap, lately ready, restarted, young: in this order, however they are given."""
    ranked = sorted(pods, key=lambda p: deletion_rank(p, START))
    assert [p["metadata"]["name"] for p in ranked] == [p["metadata"]["name"] for p in ORDER]


def test_ages_count_in_powers_of_two() -> None:
    """100 and 110 seconds are equally old, so the uid decides; 100 and 300 are not."""
    near = sorted([pod("b", ready_s=100), pod("a", ready_s=110)], key=lambda p: deletion_rank(p, START))
    assert [p["metadata"]["name"] for p in near] == ["a", "b"]
    far = sorted([pod("a", ready_s=300), pod("b", ready_s=100)], key=lambda p: deletion_rank(p, START))
    assert [p["metadata"]["name"] for p in far] == ["b", "a"]


def test_a_deleted_pod_is_replaced_before_it_is_gone() -> None:
    """A pod that is ending does not count, so its successor is made at once."""
    world = World(end_s=10.0)
    world.create(deployment())
    world.run(5)
    victim = world.all("Pod")[0]["metadata"]["name"]
    world.store.apply(Delete("Pod", "default", victim), world.now)
    world.run(1)
    assert len(world.all("Pod")) == 3
    assert victim not in [p["metadata"]["name"] for p in pods_of(world, app="web")]
    assert world.get("Deployment", "web")["status"]["terminatingReplicas"] == 1
    world.run(12)
    assert len(world.all("Pod")) == 2


def test_scaling_down_takes_the_unready_first() -> None:
    """Of two ready pods and two that are still starting, the starting ones go."""
    world = World(start_s=5.0)
    world.create(deployment())
    world.run(8)
    first = {p["metadata"]["name"] for p in world.all("Pod")}
    world.change("Deployment", "web", replicas=4)
    world.run(2)
    world.change("Deployment", "web", replicas=2)
    world.run(3)
    assert {p["metadata"]["name"] for p in world.all("Pod")} == first
    assert len(world.events("SuccessfulDelete")) == 2


def relabel(world: World, pod: Object, labels: dict[str, str]) -> None:
    """Change a pod's labels, as somebody with kubectl does."""
    now = world.get("Pod", pod["metadata"]["name"])
    world.store.apply(Update({**now, "metadata": {**now["metadata"], "labels": labels}}), world.now)


def test_a_pod_whose_labels_are_changed_is_let_go_and_replaced() -> None:
    """It runs on without an owner; with its labels back it is taken again, and one too many goes. A label that no
    selector asks for changes nothing."""
    world = World()
    world.create(deployment())
    world.run(5)
    pod = world.all("Pod")[0]
    labels = pod["metadata"]["labels"]
    relabel(world, pod, {**labels, "seen": "yes"})
    world.run(3)
    assert len(world.all("Pod")) == 2
    relabel(world, pod, {**labels, "app": "quarantined"})
    world.run(3)
    alone = world.get("Pod", pod["metadata"]["name"])
    assert "ownerReferences" not in alone["metadata"]
    assert len(world.all("Pod")) == 3
    assert world.get("Deployment", "web")["status"]["readyReplicas"] == 2
    relabel(world, pod, labels)
    world.run(5)
    assert len(pods_of(world, app="web")) == 2
