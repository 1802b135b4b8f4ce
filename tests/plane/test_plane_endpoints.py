"""EndpointSlices and the proxy's table: who gets new connections."""

from autoscale.embedded.proxy.control import service_table
from autoscale.kube.kinds import Object
from autoscale.plane.store import Delete
from tests.plane.world import World, container, deployment, pods_of, service, template


def endpoints(world: World) -> list[Object]:
    """The conditions of all endpoints, by pod name."""
    return [e["conditions"] for s in world.all("EndpointSlice") for e in s["endpoints"]]


def test_a_pod_becomes_an_endpoint_and_then_a_ready_one() -> None:
    """It is listed with its address at once, and gets connections when it is ready."""
    world = World(start_s=3.0)
    world.create(service())
    world.create(deployment(replicas=1))
    world.run(1)
    assert endpoints(world) == [{"ready": False, "serving": False, "terminating": False}]
    assert service_table(world.store.objects)[0]["backends"] == []
    world.run(4)
    assert endpoints(world) == [{"ready": True, "serving": True, "terminating": False}]
    assert service_table(world.store.objects) == [
        {"host": "127.99.0.10", "port": 80, "backends": [["127.99.128.1", 8080]]}
    ]
    (slice_,) = world.all("EndpointSlice")
    assert slice_["metadata"]["labels"]["kubernetes.io/service-name"] == "web"
    assert slice_["endpoints"][0]["targetRef"]["name"] == world.all("Pod")[0]["metadata"]["name"]


def test_an_ending_pod_gets_no_new_connections_while_another_is_ready() -> None:
    """It is listed as terminating and still serving; only if none is ready it serves on."""
    world = World(end_s=5.0)
    world.create(service())
    world.create(deployment())
    world.run(5)
    victim, other = (p["metadata"]["name"] for p in world.all("Pod"))
    world.store.apply(Delete("Pod", "default", victim), world.now)
    world.settle()
    assert {"ready": False, "serving": True, "terminating": True} in endpoints(world)
    (row,) = service_table(world.store.objects)
    assert [host for host, _ in row["backends"]] == [world.get("Pod", other)["status"]["podIP"]]
    world.store.apply(Delete("Pod", "default", other), world.now)
    world.settle()
    (row,) = service_table(world.store.objects)
    assert len(row["backends"]) == 2


def test_other_pods_are_no_endpoints() -> None:
    """Neither a pod with other labels nor one that has ended."""
    world = World()
    world.create(service())
    world.create(deployment("other"))
    world.run(5)
    assert endpoints(world) == []
    assert len(world.all("EndpointSlice")) == 1


def test_a_named_port_is_looked_up_in_each_pod() -> None:
    """Pods with different numbers under one name get a slice each."""
    world = World()
    world.create(service(ports=[{"port": 80, "targetPort": "http", "name": "web"}]))
    for name, number in (("a", 8080), ("b", 9090)):
        made = deployment(name, replicas=1)
        made["spec"]["selector"]["matchLabels"] = {"app": "web", "v": name}
        ports = [{"name": "http", "containerPort": number}]
        made["spec"]["template"] = template({"app": "web", "v": name}, container(ports=ports))
        world.create(made)
    world.run(5)
    (row,) = service_table(world.store.objects)
    assert sorted(number for _, number in row["backends"]) == [8080, 9090]
    assert len(world.all("EndpointSlice")) == 2


def test_a_headless_service_is_not_proxied() -> None:
    """It has endpoints and no address."""
    world = World()
    world.create(service(clusterIP="None"))
    world.create(deployment())
    world.run(5)
    assert len(endpoints(world)) == 2
    assert service_table(world.store.objects) == []


def test_endpoints_say_the_same_as_slices_for_those_who_still_read_them() -> None:
    """Ready pods are addresses, those that start are not ready, and a Service's end takes its Endpoints along."""
    world = World(start_s=3.0)
    world.create(service())
    world.create(deployment(replicas=2))
    world.run(1)
    (subset,) = world.get("Endpoints", "web")["subsets"]
    assert "addresses" not in subset
    assert len(subset["notReadyAddresses"]) == 2
    world.run(4)
    (subset,) = world.get("Endpoints", "web")["subsets"]
    assert subset["ports"] == [{"port": 8080, "protocol": "TCP"}]
    pods = {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in pods_of(world, app="web")}
    assert {one["targetRef"]["name"]: one["ip"] for one in subset["addresses"]} == pods
    world.store.apply(Delete("Service", "default", "web"), world.now)
    world.run(1)
    assert world.all("Endpoints") == []
