"""A TCP relay that can be cut: an API server that goes away for its clients and goes on for everybody else."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import yaml


@dataclass
class Relay:
    """Connections from ``port`` on loopback to ``upstream``."""

    upstream: tuple[str, int]
    server: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    ends: list[socket.socket] = field(default_factory=list)
    away: bool = False
    threads: list[threading.Thread] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    flow: threading.Event = field(default_factory=threading.Event)

    @property
    def port(self) -> int:
        """Where clients connect."""
        return int(self.server.getsockname()[1])

    def __post_init__(self) -> None:
        self.flow.set()

    def stall(self) -> None:
        """Hold back what is sent, either way, and break nothing; ``flow.set()`` lets it go on."""
        self.flow.clear()

    def cut(self) -> None:
        """Break every connection and refuse new ones."""
        self.flow.set()
        with self.lock:
            self.away = True
            for one in self.ends:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Let clients connect again."""
        self.away = False

    def accept(self) -> None:
        """Serve until the listening socket is closed."""
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            if self.away:
                client.close()
                continue
            with self.lock:
                remote = socket.create_connection(self.upstream)
                self.ends += [client, remote]
                self.threads += [
                    threading.Thread(target=pipe, args=(*ends, self.flow))
                    for ends in ((client, remote), (remote, client))
                ]
                for thread in self.threads[-2:]:
                    thread.start()


def pipe(source: socket.socket, sink: socket.socket, flow: threading.Event) -> None:
    """Copy, while it flows, until one side ends, then end both."""
    with suppress(OSError):
        while data := source.recv(65536):
            flow.wait()
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def relayed(kubeconfig: Path, folder: Path, name: str) -> Iterator[tuple[Relay, Path]]:
    """A relay to a kubeconfig's API server, and a kubeconfig whose only context ``name`` leads through it."""
    config = yaml.safe_load(kubeconfig.read_text())
    server = urlsplit(config["clusters"][0]["cluster"]["server"])
    relay = Relay((server.hostname or "", server.port or 443))
    config["clusters"][0]["cluster"] |= {
        "server": f"https://127.0.0.1:{relay.port}",
        "tls-server-name": server.hostname,
    }
    config["contexts"][0]["name"] = config["current-context"] = name
    path = folder / "relayed"
    path.write_text(yaml.safe_dump(config))
    thread = threading.Thread(target=relay.accept)
    thread.start()
    try:
        yield relay, path
    finally:
        relay.server.shutdown(socket.SHUT_RDWR)
        relay.server.close()
        relay.cut()
        for one in (thread, *relay.threads):
            one.join()
        for end in relay.ends:
            end.close()
