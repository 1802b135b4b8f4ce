"""Cluster IPs of Services: addresses of the cluster's own loopback block."""

import ipaddress
import random
from collections.abc import Collection

from autoscale.embedded.addresses import Block
from autoscale.embedded.apiserver.validation.causes import wrong
from autoscale.embedded.apiserver.validation.kinds import invalid
from autoscale.kube.kinds import RESOURCES
from autoscale.kube.statuses import StatusError

HEADLESS = "None"


def allocate(block: Block, asked: str, taken: Collection[str], service: str) -> str:
    """The address asked for ("": any free one). 422 where it is taken or not of the cluster's."""
    if asked == HEADLESS:
        return HEADLESS
    if not asked:
        return _free(block, taken)
    try:
        inside = ipaddress.IPv4Address(asked) in block.services and asked != block.node_ip
    except ValueError:
        inside = False
    if not inside:
        raise invalid(
            RESOURCES["Service"], service, [wrong("spec.clusterIP", asked, f"not in the range {block.services}")]
        )
    if asked in taken:
        raise invalid(
            RESOURCES["Service"], service, [wrong("spec.clusterIP", asked, "provided IP is already allocated")]
        )
    return asked


def _free(block: Block, taken: Collection[str]) -> str:
    size = block.services.num_addresses - 3
    start = random.randrange(size)
    for step in range(size):
        address = str(block.services[2 + (start + step) % size])
        if address not in taken:
            return address
    raise StatusError(500, "InternalError", f"no cluster IP is free in {block.services}")
