"""Node ports of Services: one of the node's own for each port of a Service of type NodePort."""

import random
from collections.abc import Collection

from autoscale.embedded.apiserver.validation.causes import wrong
from autoscale.embedded.apiserver.validation.kinds import invalid
from autoscale.kube.kinds import RESOURCES, Object

RANGE = range(30000, 32768)
_OUTSIDE = "provided port is not in the valid range. The range of valid ports is 30000-32767"


def with_node_ports(spec: Object, old: Object, taken: Collection[int], service: str) -> Object:
    """The spec with a node port at each port: the one it asks for, the one it had (``old`` is what the spec was), or a
    free one; none where the type has none. 422 where it cannot have the one that it asks for."""
    ports = spec.get("ports") or []
    if spec.get("type") != "NodePort":
        bare = [{name: value for name, value in port.items() if name != "nodePort"} for port in ports]
        return {**spec, "ports": bare} if ports else spec
    had = {port["port"]: port["nodePort"] for port in old.get("ports") or [] if port.get("nodePort")}
    used, made = set(taken), []
    for index, port in enumerate(ports):
        asked, at = port.get("nodePort") or had.get(port["port"]), f"spec.ports[{index}].nodePort"
        if asked and asked not in RANGE:
            raise invalid(RESOURCES["Service"], service, [wrong(at, asked, _OUTSIDE)])
        if asked in used:
            raise invalid(RESOURCES["Service"], service, [wrong(at, asked, "provided port is already allocated")])
        number = asked or random.choice([one for one in RANGE if one not in used])
        used.add(number)
        made.append({**port, "nodePort": number})
    return {**spec, "ports": made}
