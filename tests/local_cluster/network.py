"""The node's network: one veth pair to the host, addresses from documentation ranges, and a fence.

The node has no default route, and its firewall drops every connection that it (or a pod) would open over the
veth. So no packet leaves the machine, and no pod reaches what listens on the host; the host reaches the API.
"""

import ipaddress
import json
import subprocess

from autoscale.base.errors import ClusterError, InputError
from tests.local_cluster.addresses import ADDED_GATEWAY, HOST_IP, HOST_LINK, LINK, NODE_IP, SERVICES, Address
from tests.local_cluster.node import Node

FENCE = """
table inet fence {
  chain leaving {
    type filter hook postrouting priority 300;
    oifname "eth0" ct state new counter drop
  }
}
"""


def connect(node: Node) -> None:
    """Give the node its address, a path from the host to it, and the fence. Raises ClusterError."""
    _check_free()
    _run(["ip", "link", "add", HOST_LINK, "type", "veth", "peer", "name", "eth0", "netns", str(node.pid)])
    _run(["ip", "address", "add", f"{HOST_IP}/30", "dev", HOST_LINK])
    _run(["ip", "link", "set", HOST_LINK, "up"])
    _run(node.inside(["nft", "-f", "-"]), FENCE)
    for words in (
        f"ip address add {NODE_IP}/30 dev eth0",
        "ip link set lo up",
        "ip link set eth0 up",
        # A packet to a Service is routed before kube-proxy rewrites it, so the range needs a route.
        f"ip route add {SERVICES} dev eth0",
        "sysctl -qw net.ipv4.ip_forward=1",
    ):
        _run(node.inside(words.split()))


def attach(node: Node, address: Address) -> None:
    """Give an added node its link to the first one, in whose network this runs; everything goes through that one, and
    its fence. Both ends go with the added node. Raises ClusterError."""
    end = f"to-{address.ip.rpartition('.')[2]}"
    _run(["ip", "link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", str(node.pid)])
    for words in (
        f"ip address add {ADDED_GATEWAY}/32 peer {address.ip} dev {end}",
        f"ip link set {end} up",
        f"ip route add {address.pods} via {address.ip} dev {end}",
    ):
        _run(words.split())
    for words in (
        f"ip address add {address.ip}/32 peer {ADDED_GATEWAY} dev eth0",
        "ip link set lo up",
        "ip link set eth0 up",
        f"ip route add default via {ADDED_GATEWAY} dev eth0",
        "sysctl -qw net.ipv4.ip_forward=1",
    ):
        _run(node.inside(words.split()))


def disconnect() -> None:
    """Remove the host's end, if the kernel has not done so with the namespace."""
    subprocess.run(["ip", "link", "delete", HOST_LINK], capture_output=True)


def _check_free() -> None:
    """Raise InputError where this machine already uses the link's range: taking an address of it would cut it off."""
    link = ipaddress.ip_network(LINK)
    for route in json.loads(_run(["ip", "-json", "-4", "route", "show", "table", "all"])):
        words = route["dst"]
        if words != "default" and ipaddress.ip_network(words, strict=False).overlaps(link):
            raise InputError(
                f"this machine already has a route to {words} (device {route.get('dev')})",
                fix=f"the local cluster needs {LINK} for itself; change tests/local_cluster/addresses.py",
            )


def _run(command: list[str], text: str = "") -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode:
        raise ClusterError(
            f"`{' '.join(command)}` failed: {done.stderr.strip()}",
            fix="root and a kernel with veth, bridge and nf_tables are needed; one local cluster per machine",
        )
    return done.stdout
