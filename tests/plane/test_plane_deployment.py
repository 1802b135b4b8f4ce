"""Deployments under a virtual clock: rollouts, scaling, status."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscale.kube.conditions import is_ready
from autoscale.kube.kinds import Object
from autoscale.plane.controllers.deployment import template_hash
from autoscale.plane.controllers.rollout import bounds
from tests.plane.world import World, container, deployment, pods_of, template


def conditions(world: World) -> dict[str, tuple[str, str]]:
    """{type: (status, reason)} of the Deployment web."""
    return {c["type"]: (c["status"], c["reason"]) for c in world.get("Deployment", "web")["status"]["conditions"]}


def test_a_deployment_gets_a_replica_set_and_ready_pods() -> None:
    """Names, owners, labels, revision, events and status are as Kubernetes makes them."""
    world = World()
    world.create(deployment(replicas=3))
    world.run(4)
    (replica_set,) = world.all("ReplicaSet")
    digest = template_hash(deployment()["spec"]["template"])
    assert replica_set["metadata"]["name"] == f"web-{digest}"
    assert replica_set["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "1"
    assert all(p["metadata"]["name"].startswith(f"web-{digest}-") for p in world.all("Pod"))
    assert all(p["metadata"]["labels"] == {"app": "web", "pod-template-hash": digest} for p in world.all("Pod"))
    found = world.get("Deployment", "web")
    assert found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "1"
    counts = {k: v for k, v in found["status"].items() if k.endswith("eplicas")}
    expected = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 3)
    assert counts == {**expected, "terminatingReplicas": 0}
    assert conditions(world) == {
        "Available": ("True", "MinimumReplicasAvailable"),
        "Progressing": ("True", "NewReplicaSetAvailable"),
    }
    assert world.events("ScalingReplicaSet") == [f"Scaled up replica set web-{digest} from 0 to 3"]
    assert len(world.events("SuccessfulCreate")) == 3


def test_the_hash_follows_the_template_and_nothing_else() -> None:
    """The same template has the same hash, another image another one; it is made of the letters of names."""
    one, same = template({"a": "b"}, container()), template({"a": "b"}, container())
    assert template_hash(one) == template_hash(same)
    assert template_hash(one) != template_hash(template({"a": "b"}, container("other:v1")))
    assert set(template_hash(one)) <= set("bcdfghjklmnpqrstvwxz2456789")


def test_a_settled_deployment_writes_nothing() -> None:
    """Ten minutes without a change leave the store's version as it is."""
    world = World()
    world.create(deployment())
    world.run(5)
    before = world.store.version
    world.run(600)
    assert world.store.version == before


@given(
    replicas=st.integers(1, 9), surge=st.sampled_from([0, 1, "25%", "100%"]), out=st.sampled_from([0, 1, "25%", "50%"])
)
@settings(max_examples=25, deadline=None)
def test_a_rolling_update_keeps_its_bounds(replicas: int, surge: int | str, out: int | str) -> None:
    """At no second are there more pods than size + surge, nor fewer ready ones than size - unavailable."""
    world = World(cpu="100")
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": out}}
    world.create(deployment(replicas=replicas, strategy=rolling))
    world.run(5)
    most, least = bounds(world.get("Deployment", "web"))

    def check() -> None:
        active = pods_of(world, app="web")
        assert len(active) <= replicas + most
        assert sum(map(is_ready, active)) >= replicas - least

    world.change("Deployment", "web", template=template({"app": "web"}, container("autoscale-app:v2")))
    world.run(80, check)
    images = [p["spec"]["containers"][0]["image"] for p in pods_of(world, app="web")]
    assert images == ["autoscale-app:v2"] * replicas
    assert conditions(world)["Progressing"] == ("True", "NewReplicaSetAvailable")


def test_a_broken_image_stops_the_rollout_and_the_old_pods_serve_on() -> None:
    """New pods that never get ready take no old pod away beyond the bound; after the deadline it says so."""
    world = World()
    world.broken = {"autoscale-app:v2"}
    world.create(deployment(replicas=4, progressDeadlineSeconds=30))
    world.run(5)
    world.change("Deployment", "web", template=template({"app": "web"}, container("autoscale-app:v2")))
    world.run(25)
    assert conditions(world)["Progressing"][0] == "True"
    world.run(10)
    assert sum(map(is_ready, pods_of(world, app="web"))) == 3
    assert conditions(world)["Progressing"] == ("False", "ProgressDeadlineExceeded")
    assert conditions(world)["Available"][0] == "True"


def test_a_rollback_takes_the_old_replica_set_again_with_the_next_revision() -> None:
    """Going back to a template needs no third ReplicaSet; its revision becomes 3."""
    world = World()
    world.create(deployment())
    world.run(5)
    for image in ("autoscale-app:v2", "autoscale-app:v1"):
        world.change("Deployment", "web", template=template({"app": "web"}, container(image)))
        world.run(15)
    revisions = sorted(
        s["metadata"]["annotations"]["deployment.kubernetes.io/revision"] for s in world.all("ReplicaSet")
    )
    assert revisions == ["2", "3"]
    assert world.get("Deployment", "web")["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"


def test_recreate_ends_all_old_pods_before_the_first_new_one() -> None:
    """Old and new pods never run at the same time."""
    world = World(end_s=3.0)
    world.create(deployment(replicas=3, strategy={"type": "Recreate"}))
    world.run(5)

    def check() -> None:
        images = {p["spec"]["containers"][0]["image"] for p in world.all("Pod")}
        assert len(images) <= 1

    world.change("Deployment", "web", template=template({"app": "web"}, container("autoscale-app:v2")))
    world.run(15, check)
    assert [p["spec"]["containers"][0]["image"] for p in world.all("Pod")] == ["autoscale-app:v2"] * 3


def test_scaling_during_a_rollout_keeps_the_mix() -> None:
    """With 8 old and 2 broken new pods, twice the size doubles both (proportional scaling)."""
    world = World(cpu="100")
    world.broken = {"autoscale-app:v2"}
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 2}}
    world.create(deployment(replicas=10, strategy=rolling))
    world.run(5)
    world.change("Deployment", "web", template=template({"app": "web"}, container("autoscale-app:v2")))
    world.run(10)
    assert sorted(s["spec"]["replicas"] for s in world.all("ReplicaSet")) == [2, 8]
    world.change("Deployment", "web", replicas=20)
    world.run(3)
    assert sorted(s["spec"]["replicas"] for s in world.all("ReplicaSet")) == [4, 16]


def test_scaling_alone_starts_no_rollout() -> None:
    """Another size keeps the ReplicaSet; the event tells both sizes."""
    world = World()
    world.create(deployment())
    world.run(5)
    world.change("Deployment", "web", replicas=5)
    world.run(5)
    (replica_set,) = world.all("ReplicaSet")
    assert replica_set["spec"]["replicas"] == 5
    assert world.events("ScalingReplicaSet")[-1].endswith("from 2 to 5")
    assert len(pods_of(world, app="web")) == 5


def test_a_paused_deployment_scales_but_does_not_roll() -> None:
    """A new template waits for the resumption; a new size does not."""
    world = World()
    world.create(deployment())
    world.run(5)
    changed = template({"app": "web"}, container("autoscale-app:v2"))
    world.change("Deployment", "web", paused=True, template=changed, replicas=3)
    world.run(5)
    assert [p["spec"]["containers"][0]["image"] for p in world.all("Pod")] == ["autoscale-app:v1"] * 3
    world.change("Deployment", "web", paused=False)
    world.run(20)
    assert [p["spec"]["containers"][0]["image"] for p in world.all("Pod")] == ["autoscale-app:v2"] * 3


@pytest.mark.parametrize(("limit", "kept"), [(10, 4), (1, 2), (0, 1)])
def test_old_replica_sets_are_kept_up_to_the_history_limit(limit: int, kept: int) -> None:
    """After three updates only the newest empty ones stay."""
    world = World()
    world.create(deployment(revisionHistoryLimit=limit))
    world.run(5)
    for number in (2, 3, 4):
        image = container(f"autoscale-app:v{number}")
        world.change("Deployment", "web", template=template({"app": "web"}, image))
        world.run(15)
    assert len(world.all("ReplicaSet")) == kept


def test_min_ready_seconds_delays_availability() -> None:
    """A pod that is ready becomes available only after minReadySeconds."""
    world = World()
    world.create(deployment(minReadySeconds=10))
    world.run(6)
    status: Object = world.get("Deployment", "web")["status"]
    assert status["readyReplicas"] == 2
    assert "availableReplicas" not in status
    world.run(8)
    assert world.get("Deployment", "web")["status"]["availableReplicas"] == 2
