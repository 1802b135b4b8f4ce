"""Garbage collection: what belongs to nothing goes."""

from autoscale.plane.controllers import garbage
from autoscale.plane.store import Create, Delete
from tests.plane.world import World, deployment, service


def test_deleting_a_deployment_takes_replica_sets_and_pods_along() -> None:
    """Nothing that it owned stays, and what is another's does."""
    world = World()
    world.create(deployment())
    world.create(deployment("other"))
    world.run(5)
    world.store.apply(Delete("Deployment", "default", "web"), world.now)
    world.run(5)
    assert [s["metadata"]["labels"]["app"] for s in world.all("ReplicaSet")] == ["other"]
    assert {p["metadata"]["labels"]["app"] for p in world.all("Pod")} == {"other"}


def test_a_namesake_is_no_owner() -> None:
    """A new Deployment of the same name does not keep the old one's ReplicaSet: owners are told by uid."""
    world = World()
    world.create(deployment())
    world.run(5)
    old = world.all("ReplicaSet")[0]["metadata"]["uid"]
    world.store.apply(Delete("Deployment", "default", "web"), world.now)
    world.create(deployment())
    world.run(8)
    assert [s["metadata"]["uid"] for s in world.all("ReplicaSet")] != [old]
    assert len(world.all("Pod")) == 2


def test_a_namespace_goes_with_all_that_is_in_it() -> None:
    """Pods end in good order first; then the namespace is gone."""
    world = World(end_s=3.0)
    for name in ("default", "kept"):
        world.create({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": name}, "spec": {}})
    world.create({**service(), "metadata": {"name": "web", "namespace": "kept"}})
    world.create(service())
    world.create(deployment())
    world.run(5)
    world.store.apply(Delete("Namespace", "", "default"), world.now)
    world.run(1)
    assert len(world.all("Pod")) == 2
    assert world.all("Deployment") == []
    world.run(5)
    assert [n["metadata"]["name"] for n in world.all("Namespace")] == ["kept"]
    assert [s["metadata"]["namespace"] for s in world.all("Service")] == ["kept"]


def test_an_object_without_owners_is_nobodys_garbage() -> None:
    """A pod that a user made stays."""
    world = World()
    spec = {"containers": [{"name": "c", "image": "autoscale-app"}]}
    made = {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "mine", "namespace": "default"}, "spec": spec}
    world.store.apply(Create(made), world.now)
    assert garbage.step(world.store.objects, world.now) == []
