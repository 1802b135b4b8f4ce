"""ResourceQuotas and LimitRanges: they decide whether a scale-up succeeds."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from autoscale.kube.conditions import condition
from autoscale.kube.kinds import Object
from autoscale.plane.store import Delete
from tests.plane.world import World, container, deployment, job, pods_of, template


def quota(**hard: str) -> Object:
    """A ResourceQuota; ``__`` in a name is a dot, so that it can be an argument."""
    named = {name.replace("__", "."): amount for name, amount in hard.items()}
    return {"kind": "ResourceQuota", "metadata": {"name": "few", "namespace": "default"}, "spec": {"hard": named}}


def limit_range(**item: Any) -> Object:
    """A LimitRange of one item, for containers where it does not say."""
    limits = [{"type": "Container", **item}]
    return {"kind": "LimitRange", "metadata": {"name": "span", "namespace": "default"}, "spec": {"limits": limits}}


def test_a_deployment_grows_as_far_as_its_quota() -> None:
    """Of four pods two are made; event and conditions say why, with upstream's words; a greater quota lets all in."""
    world = World()
    world.create(quota(pods="2"))
    world.create(deployment(replicas=4))
    world.run(5)
    assert len(pods_of(world, app="web")) == 2
    (text,) = world.events("FailedCreate")
    assert text.startswith('Error creating: pods "web-')
    assert text.endswith('" is forbidden: exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2')
    failure = condition(world.get("Deployment", "web"), "ReplicaFailure")
    assert failure
    assert (failure["status"], failure["reason"]) == ("True", "FailedCreate")
    world.change("ResourceQuota", "few", hard={"pods": "10"})
    world.run(5)
    assert len(pods_of(world, app="web")) == 4
    assert condition(world.get("Deployment", "web"), "ReplicaFailure") is None


def test_what_is_used_of_a_quota_is_told_and_given_back() -> None:
    """The status has what its pods ask for, in their units; a pod that has gone counts no more."""
    world = World()
    world.create(quota(pods="9", requests__cpu="1", count__unused="1"))
    world.create(deployment(replicas=3))
    world.run(5)
    assert world.get("ResourceQuota", "few")["status"]["used"] == {
        "pods": "3",
        "requests.cpu": "300m",
        "count.unused": "0",
    }
    world.change("Deployment", "web", replicas=1)
    world.run(5)
    assert world.get("ResourceQuota", "few")["status"]["used"]["requests.cpu"] == "100m"


def test_a_quota_on_cpu_wants_every_container_to_say_its_own() -> None:
    """A pod that does not say what the quota limits is refused with the containers' names; a LimitRange cures it."""
    world = World()
    world.create(quota(requests__cpu="1", limits__cpu="2"))
    mute = template({"app": "web"}, {"name": "web", "image": "autoscale-app:v1"})
    world.create(deployment(replicas=1, template=mute))
    world.run(2)
    (text,) = world.events("FailedCreate")
    assert text.endswith("is forbidden: failed quota: few: must specify limits.cpu for: web; requests.cpu for: web")
    world.create(limit_range(default={"cpu": "200m"}, defaultRequest={"cpu": "50m"}))
    world.run(20)
    (pod,) = pods_of(world, app="web")
    assert pod["spec"]["containers"][0]["resources"] == {"requests": {"cpu": "50m"}, "limits": {"cpu": "200m"}}
    told = "LimitRanger plugin set: cpu request for container web; cpu limit for container web"
    assert pod["metadata"]["annotations"]["kubernetes.io/limit-ranger"] == told


def test_a_job_waits_for_room_and_runs_when_there_is_some() -> None:
    """A Job's pods are let in as others go; its event is told once in a while, not with every pass."""
    world = World()
    world.create(quota(pods="1"))
    world.create(deployment(replicas=1))
    world.run(3)
    world.create(job())
    world.run(3)
    assert len(world.events("FailedCreate")) == 1
    world.store.apply(Delete("Deployment", "default", "web"), world.now)
    world.run(5)
    assert [p for p in world.all("Pod") if p["metadata"]["name"].startswith("load-")]


def test_limits_outside_a_range_are_refused_in_upstreams_words() -> None:
    """More than the most, less than the least, and too great a ratio: each is said of the container."""
    for item, words in (
        ({"max": {"cpu": "50m"}}, "maximum cpu usage per Container is 50m, but limit is 100m"),
        ({"min": {"cpu": "200m"}}, "minimum cpu usage per Container is 200m, but request is 100m"),
        (
            {"maxLimitRequestRatio": {"memory": "2"}},
            "memory max limit to request ratio per Container is 2, but no request is specified or request is 0",
        ),
    ):
        world = World()
        world.create(limit_range(**item))
        resources = {"requests": {"cpu": "100m"}, "limits": {"cpu": "100m"}}
        world.create(deployment(replicas=1, template=template({"app": "web"}, container(resources=resources))))
        world.run(2)
        (text,) = world.events("FailedCreate")
        assert text.endswith(f"is forbidden: {words}")


@settings(max_examples=20, deadline=None)
@given(most=st.integers(0, 6), wanted=st.lists(st.integers(0, 5), min_size=1, max_size=3))
def test_no_quota_is_ever_exceeded(most: int, wanted: list[int]) -> None:
    """However many Deployments want pods at the same moment, there are never more than the quota's, and never fewer
    than fit."""
    world = World()
    world.create(quota(pods=str(most)))
    for index, count in enumerate(wanted):
        world.create(deployment(f"web-{index}", replicas=count))
    world.run(3, every=lambda: _within(world, most))
    assert len(world.all("Pod")) == min(most, sum(wanted))


def _within(world: World, most: int) -> None:
    assert len(world.all("Pod")) <= most
