"""Services of type NodePort: which ports they get, and that the proxy listens there."""

from typing import Any

from autoscale.embedded.proxy.control import service_table
from tests.embedded_api.harness import Kubectl, Server
from tests.plane.world import BLOCK, World, service

SERVICES = "/api/v1/namespaces/default/services"


def node_port(name: str = "web", **port: Any) -> dict[str, Any]:
    """A Service of one port."""
    return {
        "metadata": {"name": name},
        "spec": {"type": "NodePort", "selector": {"a": "b"}, "ports": [{"port": 80, **port}]},
    }


def test_a_service_gets_a_node_port_and_keeps_it(server: Server, kubectl: Kubectl) -> None:
    """A free one, or the one it asks for; a change of another field does not move it, another type has none."""
    code, made = server.call("POST", SERVICES, node_port())
    number = made["spec"]["ports"][0]["nodePort"]
    assert (code, 30000 <= number <= 32767) == (201, True)
    assert f"80:{number}/TCP" in kubectl("get", "service", "web")
    again = {**made, "spec": {**made["spec"], "ports": [{"port": 80, "targetPort": 8080}]}}
    assert server.call("PUT", f"{SERVICES}/web", again)[1]["spec"]["ports"][0]["nodePort"] == number
    patch = {"spec": {"type": "ClusterIP"}}
    _, inside = server.call("PATCH", f"{SERVICES}/web", patch, Content_Type="application/merge-patch+json")
    assert "nodePort" not in inside["spec"]["ports"][0]


def test_a_node_port_that_cannot_be_had_is_refused(server: Server) -> None:
    """One that another Service has, and one out of range, in upstream's words."""
    assert server.call("POST", SERVICES, node_port(nodePort=30080))[0] == 201
    code, status = server.call("POST", SERVICES, node_port("other", nodePort=30080))
    field = "spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated"
    assert (code, status["message"]) == (422, f'Service "other" is invalid: {field}')
    code, status = server.call("POST", SERVICES, node_port("other", nodePort=80))
    assert "The range of valid ports is 30000-32767" in status["message"]
    assert server.call("GET", f"{SERVICES}/other")[0] == 404


def test_the_proxy_listens_at_the_nodes_address_too() -> None:
    """A node port leads to the same pods as the Service's own port."""
    world = World()
    world.create(service(ports=[{"port": 80, "targetPort": 8080, "protocol": "TCP", "nodePort": 30080}]))
    own, node = service_table(world.store.objects)
    assert (node["host"], node["port"], node["backends"]) == (BLOCK.node_ip, 30080, own["backends"])
