"""The service proxy as its own process: spreading, staying, refusing, following."""

import contextlib
import fcntl
import json
import os
import socket
import subprocess
import sys
import termios
import threading
from array import array
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autoscale.embedded.addresses import Block, claim_block
from autoscale.embedded.proxy import forward
from tests.conftest import eventually

NARROW_B = 65536


@pytest.fixture
def block() -> Iterator[Block]:
    """Loopback addresses that nobody else has."""
    found = claim_block()
    yield found
    found.release()


class Backend:
    """A server that greets with its name, and echoes; all on one port of its own address."""

    def __init__(self, address: str) -> None:
        self.at = (address, 8080)
        self._listener = socket.create_server(self.at)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        self._open: list[threading.Thread] = []

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(threading.Thread(target=self._answer, args=(connection,)))
                self._open[-1].start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.sendall(self.at[0].encode() + b"\n")
            while data := connection.recv(65536):
                connection.sendall(data)

    def close(self) -> None:
        """Stop listening and wait for what is open."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for thread in self._open:
            thread.join()


@contextlib.contextmanager
def backends(block: Block, count: int) -> Iterator[list[Backend]]:
    """Servers on pod addresses."""
    made = [Backend(str(block.pods[number + 1])) for number in range(count)]
    try:
        yield made
    finally:
        for backend in made:
            backend.close()


class Running:
    """A proxy process."""

    def __init__(self, open_files: int | None = None) -> None:
        """``open_files``: the soft limit that it inherits."""
        words = ["sh", "-c", 'ulimit -Sn "$0"; exec "$@"', str(open_files)] if open_files else []
        self.process = subprocess.Popen(
            [*words, sys.executable, "-I", str(Path(forward.__file__))], stdin=subprocess.PIPE
        )

    def follow(self, *rows: tuple[str, list[Backend]]) -> None:
        """Give it a table: (address, backends), all on port 80."""
        table = [{"host": host, "port": 80, "backends": [list(b.at) for b in found]} for host, found in rows]
        self.send(table)

    def send(self, table: list[dict[str, Any]]) -> None:
        """Give it a table as it is."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(table).encode() + b"\n")
        self.process.stdin.flush()


@contextlib.contextmanager
def running(open_files: int | None = None) -> Iterator[Running]:
    """A proxy that ends with its input."""
    made = Running(open_files)
    try:
        yield made
        assert made.process.stdin is not None
        made.process.stdin.close()
        assert made.process.wait(10) == 0
    finally:
        made.process.kill()
        made.process.wait()


def greeting(host: str) -> str | None:
    """Who answers a new connection; None where it is refused or reset."""
    try:
        with socket.create_connection((host, 80), 5) as connection:
            return connection.recv(100).decode().strip() or None
    except ConnectionError:
        return None


def test_new_connections_are_spread_at_random(block: Block) -> None:
    """Each of three endpoints gets its share of 300 connections, not in turn."""
    with backends(block, 3) as found, running() as made:
        host = str(block.services[2])
        made.follow((host, found))
        eventually(lambda: greeting(host) is not None)
        order = [greeting(host) for _ in range(300)]
        assert min(Counter(order).values()) > 60
        assert len(Counter(order)) == 3
        assert order[:9] != [*order[:3]] * 3 or order[9:18] != [*order[:3]] * 3


def test_established_connections_stay_and_new_ones_follow_the_table(block: Block) -> None:
    """An endpoint that leaves the table keeps its connection, and gets no new one."""
    with backends(block, 2) as found, running() as made:
        host = str(block.services[2])
        made.follow((host, found[:1]))
        eventually(lambda: greeting(host) == found[0].at[0])
        with socket.create_connection((host, 80), 5) as kept:
            assert kept.recv(100).decode().strip() == found[0].at[0]
            made.follow((host, found[1:]))
            eventually(lambda: greeting(host) == found[1].at[0])
            assert {greeting(host) for _ in range(20)} == {found[1].at[0]}
            kept.sendall(b"still here")
            assert kept.recv(100) == b"still here"


def test_without_endpoints_connections_are_refused(block: Block) -> None:
    """Each of many is refused and none left waiting (docs/contract.md: a real node refuses few); and accepted again
    when one is there."""
    with backends(block, 1) as found, running() as made:
        host = str(block.services[2])
        made.follow((host, found))
        eventually(lambda: greeting(host) is not None)
        made.follow((host, []))
        eventually(lambda: greeting(host) is None)
        for _ in range(20):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((host, 80), 5)
        made.follow((host, found))
        eventually(lambda: greeting(host) is not None)


def test_a_dead_endpoint_resets_the_connection(block: Block) -> None:
    """Nobody listens there: the client sees a reset, at once."""
    with running() as made:
        host, dead = str(block.services[2]), str(block.pods[9])
        made.send([{"host": host, "port": 80, "backends": [[dead, 8080]]}])

        def reset() -> bool:
            try:
                with socket.create_connection((host, 80), 5) as connection:
                    return connection.recv(1) == b"impossible"
            except ConnectionResetError:
                return True
            except ConnectionRefusedError:
                return False

        eventually(reset)


def test_services_are_apart_and_come_and_go(block: Block) -> None:
    """Each address leads to its own endpoints; one that leaves the table is no longer listened on."""
    with backends(block, 2) as found, running() as made:
        one, two = str(block.services[2]), str(block.services[3])
        made.follow((one, found[:1]), (two, found[1:]))
        eventually(lambda: greeting(one) == found[0].at[0] and greeting(two) == found[1].at[0])
        made.follow((two, found[1:]))
        eventually(lambda: greeting(one) is None)
        assert greeting(two) == found[1].at[0]


def test_bytes_pass_whole_both_ways_and_so_do_ends(block: Block) -> None:
    """20 MB come back as they went, with the client's half closed; a reader that begins late loses nothing."""
    payload = os.urandom(20 * 2**20)
    with backends(block, 1) as found, running() as made:
        host = str(block.services[2])
        made.follow((host, found))
        eventually(lambda: greeting(host) is not None)
        with slow(host) as connection:
            sender = threading.Thread(target=_send, args=(connection, payload))
            sender.start()
            eventually(lambda: unread(connection) >= NARROW_B / 2, "the buffers to fill")
            answer = b"".join(iter(lambda: connection.recv(2**20), b""))
            sender.join()
    assert answer == found[0].at[0].encode() + b"\n" + payload


def slow(host: str) -> socket.socket:
    """A connection on which little can wait to be read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW_B)
    connection.settimeout(20)
    connection.connect((host, 80))
    return connection


def unread(connection: socket.socket) -> int:
    """How many bytes have come and wait to be read."""
    count = array("i", [0])
    fcntl.ioctl(connection, termios.FIONREAD, count)
    return count[0]


def _send(connection: socket.socket, payload: bytes) -> None:
    connection.sendall(payload)
    connection.shutdown(socket.SHUT_WR)


def test_an_address_that_cannot_be_had_stops_nothing_else(block: Block) -> None:
    """It is told on standard error; the other Services are served."""
    with backends(block, 2) as found, running() as made:
        host = str(block.services[2])
        rows = [{"host": "192.0.2.1", "port": 80, "backends": [["192.0.2.2", 80]]}]
        made.send([*rows, {"host": host, "port": 80, "backends": [list(found[0].at)]}])
        eventually(lambda: greeting(host) == found[0].at[0])


def test_a_low_inherited_limit_of_open_files_is_raised(block: Block) -> None:
    """With 40 descriptors there would be room for fewer than 20 connections; 60 are open at once."""
    with backends(block, 1) as found, running(40) as made, contextlib.ExitStack() as kept:
        host = str(block.services[2])
        made.follow((host, found))
        eventually(lambda: greeting(host) is not None)
        connections = [kept.enter_context(socket.create_connection((host, 80), 5)) for _ in range(60)]
        assert {connection.recv(100).decode().strip() for connection in connections} == {found[0].at[0]}
