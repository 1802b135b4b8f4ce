"""Loopback addresses of a cluster: a /16 of 127.0.0.0/8 that no other cluster on the machine has."""

import ipaddress
import random
import socket
from collections.abc import Collection
from dataclasses import dataclass

from autoscale.base.errors import ClusterError

_FIRST, _LAST = 32, 223
"""Second octets that clusters may have; the low ones are what other programs use (127.0.0.1, 127.0.1.1)."""


@dataclass(frozen=True)
class Block:
    """127.``octet``.0.0/16: the lower half for cluster IPs of Services, a quarter for pods, and one for what pods bind
    at their own ``localhost``.

    ``lock`` is held as long as the block is in use and freed by the kernel when the process ends.
    """

    octet: int
    lock: socket.socket | None = None

    @property
    def node_ip(self) -> str:
        """The node's address."""
        return f"127.{self.octet}.0.1"

    @property
    def services(self) -> ipaddress.IPv4Network:
        """Where cluster IPs come from."""
        return ipaddress.IPv4Network(f"127.{self.octet}.0.0/17")

    @property
    def pods(self) -> ipaddress.IPv4Network:
        """Where pod IPs come from."""
        return ipaddress.IPv4Network(f"127.{self.octet}.128.0/18")

    def release(self) -> None:
        """Let another cluster have the block."""
        if self.lock:
            self.lock.close()


def is_held(octet: int) -> bool:
    """Whether a living cluster has that block."""
    lock = _take(octet)
    if lock:
        lock.close()
    return lock is None


def _take(octet: int) -> socket.socket | None:
    """The lock of a block, held until it is closed; None where another holds it."""
    lock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        lock.bind(f"\0autoscale-embedded-127.{octet}")
    except OSError:
        lock.close()
        return None
    return lock


def claim_block() -> Block:
    """Take a free block. The lock is an abstract unix socket: it lives in the network namespace, as the addresses do,
    holds across users, and leaves no file. ClusterError where all blocks are taken."""
    octets = list(range(_FIRST, _LAST + 1))
    random.shuffle(octets)
    for octet in octets:
        if lock := _take(octet):
            return Block(octet, lock)
    raise ClusterError("No loopback address block is free for an embedded cluster.", fix="Stop a cluster that runs.")


def next_pod_ip(block: Block, last: int, taken: Collection[str]) -> tuple[str, int]:
    """The next free pod address after the ``last`` one's number, and its number; used ones come again last."""
    size = block.pods.num_addresses - 2
    for step in range(1, size + 1):
        number = (last + step - 1) % size + 1
        address = str(block.pods[number])
        if address not in taken:
            return address, number
    raise ClusterError("All pod addresses of the embedded cluster are taken.")
