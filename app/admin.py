"""The admin port: health and metrics answered by a thread of their own, however busy the service is."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder


class AdminServer(ThreadingHTTPServer):
    """Listens from the moment it is made; answers ``/healthz``, ``/readyz`` and ``/metrics`` once started."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], registry: CollectorRegistry, draining: threading.Event) -> None:
        """Raises OSError when the address cannot be bound."""
        self.registry = registry
        self.draining = draining
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without the name lookup of the base class, which can take seconds in a pod."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def start(self) -> None:
        """Answer in a thread that ends with the process."""
        threading.Thread(target=self.serve_forever, name="admin", daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    server: AdminServer
    timeout = 10  # A client that says nothing holds its thread no longer than this (s).

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/healthz":
            self._send(200, b"ok\n")
        elif path == "/readyz":
            draining = self.server.draining.is_set()
            self._send(503 if draining else 200, b"draining\n" if draining else b"ready\n")
        elif path == "/metrics":
            encode, content_type = choose_encoder(self.headers.get("Accept", ""))
            self._send(200, encode(self.server.registry), content_type)
        else:
            self._send(404, b"here are /healthz, /readyz and /metrics\n")

    def _send(self, status: int, body: bytes, content_type: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Probes come every second or two: they are no news."""
