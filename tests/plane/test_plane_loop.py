"""The loop of the control plane: what sleeps misses nothing, and the clock may jump to the moment it names."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscale.kube.kinds import RESOURCES, Object
from autoscale.plane.controllers import hpa as hpa_controller
from autoscale.plane.loop import CONTROLLERS, RETRY_S, Controller, Loop
from autoscale.plane.store import Create, Delete, Objects, Update, UpdateStatus, Write
from tests.plane.world import World, deployment, job, service

Change = Callable[[World], object]


def changed(**spec: Any) -> Change:
    """Other fields of the Deployment's spec, where it is there."""
    return lambda world: world.change("Deployment", "web", **spec) if world.all("Deployment") else None


def rolled(image: str) -> Change:
    """Another image: a rollout."""
    return changed(template=deployment(image=image)["spec"]["template"])


def deleted(kind: str, name: str) -> Change:
    """The end of an object, where it is there."""

    def change(world: World) -> None:
        if world.store.objects.get(kind, "default", name):
            world.store.apply(Delete(kind, "default", name), world.now)

    return change


def cordoned(on: bool) -> Change:
    """Whether the node takes pods."""

    def change(world: World) -> None:
        (node,) = world.all("Node")
        world.store.apply(Update({**node, "spec": {"unschedulable": on}}), world.now)

    return change


CHANGES: list[Change] = [
    *(changed(replicas=size) for size in (0, 3, 12)),
    *(rolled(image) for image in ("autoscale-app:v2", "broken:v1")),
    changed(minReadySeconds=5),
    *(cordoned(on) for on in (True, False)),
    *(deleted(kind, name) for kind, name in (("Service", "web"), ("Job", "load"), ("Deployment", "web"))),
]


def busy() -> World:
    """A Deployment with a deadline and a time to be available, its Service, and a Job that fails and is tried again."""
    world = World(cpu="1")
    world.broken = {"broken:v1"}
    world.outcome = lambda pod: 1 if "job-name" in pod["metadata"].get("labels", {}) else None
    world.create(deployment(progressDeadlineSeconds=20, minReadySeconds=3))
    world.create(service())
    world.create(job(backoffLimit=1, ttlSecondsAfterFinished=15))
    return world


def everything(world: World) -> list[Object]:
    """All objects of a world."""
    return [obj for kind in RESOURCES for obj in world.all(kind)]


@settings(max_examples=20)
@given(st.lists(st.tuples(st.sampled_from(CHANGES), st.integers(0, 12)), max_size=5))
def test_who_sleeps_misses_nothing(script: list[tuple[Change, int]]) -> None:
    """Controllers that sleep write the same, at the same second, as those that never do."""
    sleeping, waking = busy(), busy()
    waking.loop.controllers = [replace(one, next_due=lambda _, now: now) for one in CONTROLLERS]
    for change, seconds in [*script, (cordoned(False), 40)]:
        for world in (sleeping, waking):
            change(world)
            world.run(seconds)
        assert everything(sleeping) == everything(waking)


def progressing(world: World) -> str:
    """The status of the Deployment's condition Progressing."""
    conditions = world.get("Deployment", "web")["status"]["conditions"]
    return next(str(item["status"]) for item in conditions if item["type"] == "Progressing")


@pytest.mark.parametrize(
    ("made", "seconds", "seen"),
    [
        (deployment(minReadySeconds=5), 5, lambda world: world.get("Deployment", "web")["status"]["availableReplicas"]),
        (deployment(image="broken:v1", progressDeadlineSeconds=30), 31, lambda world: progressing(world) == "False"),
        (job(activeDeadlineSeconds=60), 60, lambda world: world.get("Job", "load")["status"]["conditions"]),
    ],
    ids=["available", "deadline", "job"],
)
def test_the_clock_may_jump_to_what_is_due(made: Object, seconds: float, seen: Callable[[World], Any]) -> None:
    """Nothing happens before the moment that the loop names; at it, it does."""
    world = World(start_s=0.0)
    world.broken = {"broken:v1"}
    world.create(made)
    world.settle()
    due = world.loop.next_due()
    assert due == world.now + seconds
    before = world.store.version
    world.now = due - 0.001
    world.settle()
    assert (world.store.version, world.loop.next_due()) == (before, due)
    world.now = due
    world.settle()
    assert seen(world)


def test_a_world_at_rest_has_nothing_due() -> None:
    """A complete Deployment: its deadline comes by, which changes nothing; then there is nothing more."""
    world = World()
    world.create(deployment())
    world.run(5)
    while (due := world.loop.next_due()) is not None:
        before, world.now = world.store.version, due
        world.settle()
        assert world.store.version == before


def test_an_hpa_that_is_held_while_it_is_deleted_is_no_hurry() -> None:
    """A finalizer keeps it: its passes do nothing, and none is ever due in the past (a driver would never wait)."""
    world = World()
    world.create(deployment())
    kind = {"kind": "HorizontalPodAutoscaler", "apiVersion": "autoscaling/v2"}
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    metadata = {"name": "web", "namespace": "default", "finalizers": ["example.com/hold"]}
    world.create({**kind, "metadata": metadata, "spec": {"scaleTargetRef": reference, "maxReplicas": 3}})
    world.run(5)
    deleted("HorizontalPodAutoscaler", "web")(world)
    for _ in range(40):
        world.run(1)
        due = world.loop.next_due()
        assert due is not None
        assert due > world.now
    assert "conditions" not in world.get("HorizontalPodAutoscaler", "web")["status"]


def loop_of(step: Callable[[Objects, float], list[Write]]) -> Loop:
    """A loop of one controller, of pods."""
    return replace(World().loop, controllers=[Controller(step, ("Pod",))], failures=set())


def test_what_fails_is_told_once_and_tried_again_in_a_second() -> None:
    """Not at once and not never, whether a step raises or its write is refused; a near miss: one that does neither."""

    def raises(_objects: Objects, _now: float) -> list[Write]:
        raise ValueError("no")

    def refused(_objects: Objects, _now: float) -> list[Write]:
        return [Delete("Pod", "default", "absent")]

    for step in (raises, refused):
        loop = loop_of(step)
        assert loop.run(10.0)
        assert loop.run(10.0 + RETRY_S)
        assert (len(loop.failures), loop.next_due()) == (1, 10.0 + 2 * RETRY_S)
    quiet = loop_of(lambda _objects, _now: [])
    assert quiet.run(10.0)
    assert (quiet.failures, quiet.next_due()) == (set(), None)


def test_what_never_rests_is_left_alone_for_a_second() -> None:
    """A controller that writes each time it looks does not hold the driver."""

    def restless(objects: Objects, _now: float) -> list[Write]:
        pod = objects.get("Pod", "default", "p")
        assert pod is not None
        return [UpdateStatus({**pod, "status": {"count": pod["status"].get("count", 0) + 1}})]

    loop = loop_of(restless)
    loop.kubelet = lambda now: None
    loop.store.apply(Create({"kind": "Pod", "metadata": {"name": "p", "namespace": "default"}, "spec": {}}), 10.0)
    assert not loop.run(10.0)
    assert loop.next_due() == 10.0 + RETRY_S


def test_metrics_that_cannot_be_had_do_not_end_the_loop() -> None:
    """What stands in for metrics.k8s.io raises: told once, the HPA's pass is put off by a second."""

    def absent() -> list[Object]:
        raise OSError("away")

    loop = replace(loop_of(lambda _objects, _now: []), pod_metrics=absent)
    loop.memories = {("default", "web"): hpa_controller.Memory(5.0)}
    assert loop.run(10.0)
    assert (len(loop.failures), loop.next_due()) == (1, 10.0 + RETRY_S)
