"""A pod's own addresses: what it binds at all addresses, or at its ``localhost``, is bound where no other pod is.

All pods live on the machine's loopback, each with a pod IP out of 127/8. A program that binds 0.0.0.0:8080 is bound at
its pod's IP, one that binds 127.0.0.1:9000 at an address that only its pod is led to; and where the pod has such a
port, connecting to localhost leads there. Nothing of it touches what is sent: the addresses are put right as the
program hands them to the system (``syscalls``), and all else stays as on the machine.
"""

import ipaddress
import socket
import struct
from dataclasses import dataclass, field

from autoscale.embedded.kubelet import syscalls
from autoscale.embedded.kubelet.supervisor import Supervisor
from autoscale.embedded.kubelet.syscalls import Call

_ANY = ipaddress.IPv4Address(0)
_LOCAL = ipaddress.IPv4Address("127.0.0.1")
_ANY6, _LOCAL6 = ipaddress.IPv6Address(0), ipaddress.IPv6Address(1)
_PRIVATE = 1 << 14
"""From a pod's IP to the address of its localhost: the next quarter of the cluster's block."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class SocketAddress:
    """An internet address as a program writes it (``struct sockaddr_in`` or ``sockaddr_in6``)."""

    host: Address
    port: int
    raw: bytes

    def at(self, host: ipaddress.IPv4Address) -> bytes:
        """The same with another host, of the same size: an IPv4 address in an IPv6 one where it was that."""
        if isinstance(self.host, ipaddress.IPv4Address):
            return self.raw[:4] + host.packed + self.raw[8:]
        return self.raw[:8] + bytes(10) + b"\xff\xff" + host.packed + self.raw[24:]

    @property
    def plain(self) -> Address:
        """The host; an IPv4 one that was written as IPv6 as what it is."""
        return getattr(self.host, "ipv4_mapped", None) or self.host


def address_of(raw: bytes) -> SocketAddress | None:
    """An internet address out of its bytes; None for any other kind."""
    if len(raw) < 16:
        return None
    family, port = struct.unpack_from("=H", raw)[0], struct.unpack_from("!H", raw, 2)[0]
    if family == socket.AF_INET:
        return SocketAddress(ipaddress.IPv4Address(raw[4:8]), port, raw)
    if family == socket.AF_INET6 and len(raw) >= 28:
        return SocketAddress(ipaddress.IPv6Address(raw[8:24]), port, raw)
    return None


_INET = struct.pack("=H", socket.AF_INET)
_EVERYBODYS = (
    *(host.packed for host in (_ANY, _LOCAL)),
    *(host.packed for host in (_ANY6, _LOCAL6)),
    *(bytes(10) + b"\xff\xff" + host.packed for host in (_ANY, _LOCAL)),
)


def may_be_ours(raw: bytes) -> bool:
    """Whether an address may have to be another. Most are not: this is what each connection of a pod waits for."""
    return (raw[4:8] if raw[:2] == _INET else raw[8:24]) in _EVERYBODYS


@dataclass
class Bound:
    """The addresses of one pod: its IP, that of its localhost, and where each port of it is bound."""

    ip: ipaddress.IPv4Address
    ports: dict[int, ipaddress.IPv4Address] = field(default_factory=dict)

    @property
    def private(self) -> ipaddress.IPv4Address:
        """Where its localhost is."""
        return self.ip + _PRIVATE

    def bind(self, place: SocketAddress) -> ipaddress.IPv4Address | None:
        """Where a port is to be bound; None for where the program says. Port 0 is any free one, and cannot collide."""
        if place.port == 0:
            return None
        if place.plain in (_ANY, _ANY6):
            self.ports[place.port] = self.ip
        elif place.plain in (_LOCAL, _LOCAL6):
            # What listens at all addresses is at localhost too, and is found there first.
            self.ports.setdefault(place.port, self.private)
            return self.private
        else:
            return None
        return self.ip

    def connect(self, place: SocketAddress) -> ipaddress.IPv4Address | None:
        """Where a connection to localhost leads: to the pod's own port; None where that is the machine's."""
        return self.ports.get(place.port) if place.plain in (_LOCAL, _LOCAL6, _ANY, _ANY6) else None


class Keeper:
    """Puts the addresses of one pod's processes right, as long as there are any. All but ``keep`` is the supervisor's
    thread's."""

    def __init__(self, ip: str, supervisor: Supervisor) -> None:
        self.bound = Bound(ipaddress.IPv4Address(ip))
        self._supervisor = supervisor

    def keep(self, teller: int) -> None:
        """Answer what a new process of the pod asks; ``teller`` is closed at its end."""
        self._supervisor.watch(teller, self._put_right)

    def _put_right(self, teller: int, call: Call) -> None:
        """A call is answered whatever happens: its process waits for it. (One that has ended does not.)"""
        hidden = False
        try:
            raw = syscalls.read_address(call)
            hidden = may_be_ours(raw) and self._rewritten(teller, call, raw)
        except OSError:
            pass
        finally:
            (syscalls.done if hidden else syscalls.go_on)(teller, call)

    def _rewritten(self, teller: int, call: Call, raw: bytes) -> bool:
        """Put another address in the place of the one that is there, where it has to; True where nothing is to happen:
        a socket for IPv6 alone has no address here, for pods have none, and must not take the machine's."""
        place = address_of(raw)
        if place is None or not (call.is_bind or place.port in self.bound.ports):
            return False
        with syscalls.the_socket(call) as one:
            if one.type != socket.SOCK_STREAM:
                return False
            if place.host.version == 6 and one.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY):
                return call.is_bind and place.port != 0
        host = self.bound.bind(place) if call.is_bind else self.bound.connect(place)
        if host is not None:
            syscalls.write_address(teller, call, place.at(host))
        return False
