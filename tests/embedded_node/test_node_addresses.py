"""Pods have addresses of their own, whatever they bind; where the machine refuses it, it is said."""

import asyncio
import ipaddress
import os
import socket
import struct
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.embedded.kubelet import syscalls, view
from autoscale.embedded.kubelet.addressing import Bound, Keeper, address_of, may_be_ours
from autoscale.embedded.kubelet.process import Command, start
from autoscale.embedded.kubelet.supervisor import Supervisor
from tests.embedded_node.node_plane import Plane, plane, pod, shell

ALL = ["python", "-m", "http.server", "8080"]
IP = ipaddress.IPv4Address("127.40.128.7")


@pytest.fixture
def own_addresses() -> None:
    """Where the machine has no user notification of seccomp's, pods cannot have addresses of their own."""
    why = view.tried(syscalls.try_out)
    if why:
        pytest.skip(f"this machine refuses pods addresses of their own: {why} (Linux 5.6 or newer has them)")


def sockaddr(host: str, port: int) -> bytes:
    """An address as a program hands it to the system."""
    if ":" in host:
        packed = struct.pack("!HI", port, 0) + socket.inet_pton(socket.AF_INET6, host) + bytes(4)
        return struct.pack("=H", socket.AF_INET6) + packed
    return struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + socket.inet_aton(host) + bytes(8)


def bound_at(bound: Bound, host: str, port: int) -> str | None:
    """Where a program of the pod that binds this is bound; None where it says."""
    place = address_of(sockaddr(host, port))
    assert place
    found = bound.bind(place)
    return str(found) if found else None


def led_to(bound: Bound, host: str, port: int) -> str | None:
    """Where a program of the pod that connects to this is led; None where it says."""
    place = address_of(sockaddr(host, port))
    assert place
    found = bound.connect(place)
    return str(found) if found else None


@pytest.mark.parametrize(
    ("host", "port", "where"),
    [
        ("0.0.0.0", 8080, "127.40.128.7"),
        ("::", 8080, "127.40.128.7"),
        ("127.0.0.1", 8080, "127.40.192.7"),
        ("::1", 8080, "127.40.192.7"),
        ("::ffff:0.0.0.0", 8080, "127.40.128.7"),
        ("0.0.0.0", 0, None),
        ("127.40.128.7", 8080, None),
        ("192.0.2.1", 8080, None),
    ],
)
def test_what_is_everybodys_becomes_the_pods_own(host: str, port: int, where: str | None) -> None:
    """All addresses are the pod's IP, localhost is its own; what is named stays, and so does any free port."""
    assert bound_at(Bound(IP), host, port) == where


def test_localhost_leads_to_the_pods_own_ports_alone() -> None:
    """A port that the pod has bound is found at its localhost; any other is the machine's, and other hosts are left."""
    bound = Bound(IP)
    bound_at(bound, "0.0.0.0", 8080)
    bound_at(bound, "127.0.0.1", 9000)
    assert [led_to(bound, "127.0.0.1", port) for port in (8080, 9000, 5432)] == ["127.40.128.7", "127.40.192.7", None]
    assert led_to(bound, "::1", 8080) == "127.40.128.7"
    assert led_to(bound, "127.40.0.2", 8080) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "127.0.0.1"])
def test_an_address_keeps_its_form(host: str) -> None:
    """Another host is written into the same structure: family, port and length stay, an IPv6 one holds the IPv4 one."""
    place = address_of(sockaddr(host, 8080))
    assert place
    new = address_of(place.at(IP))
    assert new
    assert (new.plain, new.port, len(new.raw)) == (IP, 8080, len(place.raw))


@pytest.mark.parametrize("raw", [b"", bytes(8), struct.pack("=H", socket.AF_UNIX) + b"/run/some.sock\0\0"])
def test_what_is_no_internet_address_is_left_alone(raw: bytes) -> None:
    """Unix sockets and what is too short."""
    assert address_of(raw) is None


@given(
    host=st.one_of(
        st.sampled_from(["0.0.0.0", "127.0.0.1", "::", "::1", "::ffff:0.0.0.0", "::ffff:127.0.0.1"]),
        st.ip_addresses().map(str),
    ),
    port=st.integers(1, 65535),
)
def test_what_is_passed_over_at_once_had_no_other_address(host: str, port: int) -> None:
    """Whatever a pod binds or connects to is led elsewhere only where the first look says that it may have to be."""
    bound = Bound(IP)
    led = bound_at(bound, host, port), led_to(bound, host, port)
    assert may_be_ours(sockaddr(host, port)) == any(led)


@pytest.mark.usefixtures("own_addresses")
def test_no_connection_waits_for_the_event_loop() -> None:
    """A process binds, connects and has a child that does, though nothing runs here but the supervisor's thread."""
    reach = "import socket; print(socket.create_connection(('localhost', 8080)).getpeername()[0], flush=True)"
    serve = "import socket, subprocess, sys; held = socket.create_server(('0.0.0.0', 8080));"
    both = f"{serve} subprocess.run([sys.executable, '-c', sys.argv[1]]); exec(sys.argv[1])"
    supervisor = Supervisor()
    reader, writer = os.pipe()
    keep = Keeper("127.40.128.7", supervisor).keep
    command = Command([sys.executable, "-c", both, reach], {}, "/", keep=keep)
    with start(command, subprocess.DEVNULL, writer, writer) as process, open(reader) as output:
        os.close(writer)
        assert output.read().split() == ["127.40.128.7"] * 2
        assert process.wait() == 0
    supervisor.stop()


async def served(made: Plane, name: str, path: str = "/", port: int = 8080) -> bytes:
    """What the server of a pod answers at the pod's IP; b"" while it does not."""
    ip = (made.pod(name) or {})["status"].get("podIP", "")
    try:
        reader, writer = await asyncio.open_connection(ip, port)
    except OSError:
        return b""
    writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
    found = await reader.read()
    writer.close()
    return found


async def both_serve(made: Plane, *names: str) -> None:
    """Wait until each pod's own server answers."""
    for name in names:
        while b"200 OK" not in await served(made, name):
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("own_addresses")
def test_two_pods_bind_the_same_port_of_all_addresses() -> None:
    """``python -m http.server 8080`` twice, side by side; each also answers its own probe at localhost."""

    async def scenario() -> None:
        async with asyncio.timeout(90), plane() as made:
            look = ["python", "-c", "import urllib.request as u; u.urlopen('http://localhost:8080/')"]
            probe = {"exec": {"command": look}, "periodSeconds": 1, "timeoutSeconds": 20}
            for name in ("one", "two"):
                made.create(pod(name, ALL, readinessProbe=probe))
            for name in ("one", "two"):
                await made.until_ready(name)
            await both_serve(made, "one", "two")

    asyncio.run(scenario())


@pytest.mark.usefixtures("own_addresses")
def test_localhost_is_a_pods_own() -> None:
    """Two pods listen at 127.0.0.1:9100 and each reaches itself there, as its child does; the machine sees neither."""
    serve = (
        "python -c \"import socket; s=socket.create_server(('127.0.0.1', 9100)); print('up', flush=True);"
        " s.accept()[0].sendall(b'$HOSTNAME')\" & "
        "until python -c \"import socket; print('heard',"
        " socket.create_connection(('localhost', 9100)).recv(9).decode())\" 2>/dev/null; do sleep 0.1; done; sleep 600"
    )

    async def scenario() -> None:
        async with asyncio.timeout(90), plane() as made:
            for name in ("one", "two"):
                made.create(shell(name, serve))
            for name in ("one", "two"):
                while f"heard {name}".encode() not in await logged(made, name):
                    await asyncio.sleep(0.05)

    asyncio.run(scenario())


async def logged(made: Plane, name: str) -> bytes:
    """The pod's log; b"" before it has one."""
    state = ((made.pod(name) or {})["status"].get("containerStatuses") or [{}])[0].get("state") or {}
    return await made.log(name) if "running" in state or "terminated" in state else b""


def test_where_addresses_are_shared_a_collision_is_named() -> None:
    """Without addresses of their own the second of two pods ends, and an event names the cause and ``$(POD_IP)``."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        bind = f"import socket; socket.create_server(('0.0.0.0', {port}))"

        async def scenario() -> None:
            async with plane(own_addresses=False) as made:
                made.create(pod("late", ["python", "-c", bind], "Never"))
                await made.until_ended("late")
                [told] = await made.until(lambda: made.events("AddressInUse"))
                assert "$(POD_IP)" in told
                assert "the cluster's settings say so" in told

        asyncio.run(scenario())


def test_a_program_that_fails_for_another_reason_is_no_collision() -> None:
    """The near miss: exit code 1 and other words."""

    async def scenario() -> None:
        async with plane(own_addresses=False) as made:
            made.create(shell("other", "echo no such address; exit 1"))
            await made.until_ended("other")
            assert made.events("AddressInUse") == []

    asyncio.run(scenario())
