"""Names and addresses of the local cluster, from ranges kept for documentation and tests (RFC 5737, RFC 2544)."""

from dataclasses import dataclass

CONTEXT = "local"
NODE = "local"
# Only these two are seen outside the node's own network: a range of two addresses, so little can collide.
LINK = "203.0.113.0/30"
HOST_IP = "203.0.113.1"
NODE_IP = "203.0.113.2"
HOST_LINK = "autoscale0"
API_URL = f"https://{NODE_IP}:6443"
SERVICES = "198.51.100.0/24"
API_SERVICE_IP = "198.51.100.1"
DNS_IP = "198.51.100.10"
PODS = "198.18.0.0/22"
CLUSTER_PODS = "198.18.0.0/16"  # with those of nodes that are added
CGROUP = "autoscale-local"


@dataclass(frozen=True)
class Address:
    """What tells one node from another: its name, its address, its pods' range, and the cgroup of its pods."""

    name: str
    ip: str
    pods: str
    cgroup: str


MAIN = Address(NODE, NODE_IP, PODS, CGROUP)
# Nodes that are added have their links inside the first one's network, so nothing of this machine can collide.
ADDED_GATEWAY = "192.0.2.1"
# No name of a node's group may begin with another's: cAdvisor takes what lies below its own by its beginning.
ADDED_CGROUP = "autoscale-node-"


def added(number: int, name: str) -> Address:
    """The address of the added node ``number`` (from 1 on)."""
    return Address(name, f"192.0.2.{1 + number}", f"198.18.{3 + number}.0/24", f"{ADDED_CGROUP}{name}")
