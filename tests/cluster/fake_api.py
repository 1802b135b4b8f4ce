"""A small API server with faults on demand: what the watch loop and the log follower are tested against.

It serves one collection of pods (list, watch, log, get) over plain HTTP on loopback. It is no cluster: the embedded
one is tested elsewhere. Faults: drop a watch mid-line, say 410 as an ERROR event or as an HTTP status, go silent
(half-open), refuse with 403, be away, be busy, serve no metrics, hide behind a login page.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml


class FakeApi:
    """Pods by name, the history of their changes, logs by pod; ``fault`` is what the next requests meet."""

    def __init__(self) -> None:
        self.version = 10
        self.oldest = 0
        self.pods: dict[str, dict[str, Any]] = {}
        self.history: list[tuple[int, dict[str, Any]]] = []
        self.logs: list[tuple[str, str]] = []
        self.log_open = True
        self.fault = ""
        self.requests: list[str] = []
        self.changed = threading.Condition()
        self.closing = False

    def put(self, name: str, phase: str = "Running", uid: str | None = None) -> None:
        """Create or change a pod."""
        with self.changed:
            self.version += 1
            kind = "MODIFIED" if name in self.pods else "ADDED"
            self.pods[name] = {
                "metadata": {
                    "name": name,
                    "uid": uid or f"uid-{name}",
                    "resourceVersion": str(self.version),
                    "creationTimestamp": "2026-11-23T06:00:00Z",
                },
                "status": {"phase": phase},
            }
            self.history.append((self.version, {"type": kind, "object": self.pods[name]}))
            self.changed.notify_all()

    def drop(self, name: str) -> None:
        """Delete a pod."""
        with self.changed:
            self.version += 1
            gone = self.pods.pop(name)
            gone = {**gone, "metadata": {**gone["metadata"], "resourceVersion": str(self.version)}}
            self.history.append((self.version, {"type": "DELETED", "object": gone}))
            self.changed.notify_all()

    def forget(self) -> None:
        """Compact: watches from an older version get 410."""
        with self.changed:
            self.oldest = self.version
            self.history.clear()

    def log(self, stamp: str, text: str) -> None:
        """One more line of the log."""
        with self.changed:
            self.logs.append((stamp, text))
            self.changed.notify_all()

    def set_fault(self, fault: str) -> None:
        """What requests meet from now on: "" nothing, drop, event-410, http-410, silent, 403, 503, login."""
        with self.changed:
            self.fault = fault
            self.changed.notify_all()

    def count(self, kind: str) -> int:
        """How many requests of a kind (list, watch, log) have come."""
        return self.requests.count(kind)


class Handler(BaseHTTPRequestHandler):
    """One request of the fake API."""

    protocol_version = "HTTP/1.1"
    timeout = 0.5  # an idle connection ends, so that the server can
    api: FakeApi

    def log_message(self, format: str, *args: Any) -> None:
        """Be quiet."""

    def do_GET(self) -> None:
        """List, watch, log or one pod."""
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        api = self.api
        if api.fault.startswith("metrics-") and url.path.startswith("/apis/metrics.k8s.io"):
            self._json(status(int(api.fault[-3:]), "Unavailable", "not served"), int(api.fault[-3:]))
        elif url.path.endswith("/log"):
            api.requests.append("log")
            statuses = api.pods.get(url.path.split("/")[-2], {}).get("status", {}).get("containerStatuses", [])
            if len(statuses) > 1 and "container" not in query:
                self._json(status(400, "BadRequest", "a container name must be specified for pod a"), 400)
                return
            if url.path.split("/")[-2] not in api.pods:
                self._json(status(404, "NotFound"), 404)
                return
            self._log(query)
        elif not url.path.endswith("/pods"):
            name = url.path.rsplit("/", 1)[1]
            self._json(api.pods.get(name) or status(404, "NotFound"), 200 if name in api.pods else 404)
        elif query.get("watch") == "true":
            api.requests.append("watch")
            self._watch(query)
        else:
            api.requests.append("list")
            if api.fault == "403":
                self._json(status(403, "Forbidden", 'pods is forbidden: User "x" cannot list resource "pods"'), 403)
                return
            if api.fault == "503":
                self._json(status(503, "ServiceUnavailable", "starting"), 503)
                return
            if api.fault == "login":
                self._answer(b"<html>Log in", "text/html", 200)
                return
            with api.changed:
                items = list(api.pods.values())
                self._json({"metadata": {"resourceVersion": str(api.version)}, "items": items})

    def _json(self, body: dict[str, Any], code: int = 200) -> None:
        self._answer(json.dumps(body).encode(), "application/json", code)

    def _answer(self, data: bytes, content_type: str, code: int) -> None:
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _begin(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _chunk(self, data: bytes) -> None:
        try:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()
        except OSError:
            self.close_connection = True  # the client has left, as clients do

    def _watch(self, query: dict[str, str]) -> None:
        api = self.api
        version = int(query["resourceVersion"])
        if api.fault == "http-410" or (version < api.oldest and api.fault != "event-410"):
            self._json(status(410, "Expired", "too old resource version"), 410)
            return
        self._begin()
        until = time.monotonic() + float(query.get("timeoutSeconds", 60))
        with api.changed:
            # A half-open connection does not end either: it is for the client to see that nothing comes.
            while not api.closing and (api.fault == "silent" or time.monotonic() < until):
                if api.fault == "event-410":
                    self._chunk(json.dumps({"type": "ERROR", "object": status(410, "Expired")}).encode() + b"\n")
                    break
                if api.fault == "drop":
                    self._chunk(b'{"type": "MODIF')
                    self.close_connection = True
                    return
                if api.fault != "silent":
                    for number, event in [item for item in api.history if item[0] > version]:
                        self._chunk(json.dumps(event).encode() + b"\n")
                        version = number
                api.changed.wait(0.1)
        self._chunk(b"")

    def _log(self, query: dict[str, str]) -> None:
        api = self.api
        since = query.get("sinceTime", "")[:19]
        self._begin()
        sent = 0
        with api.changed:
            while True:
                for stamp, text in api.logs[sent:]:
                    if stamp[:19] >= since:
                        self._chunk(f"{stamp} {text}\n".encode())
                sent = len(api.logs)
                if api.fault == "drop":
                    self.close_connection = True
                    return
                if query.get("follow") != "true" or not api.log_open or api.closing:
                    break
                api.changed.wait(0.1)
        self._chunk(b"")


def status(code: int, reason: str, message: str = "no") -> dict[str, Any]:
    """A ``Status`` object."""
    return {"kind": "Status", "code": code, "reason": reason, "message": message}


@contextmanager
def serving(folder: Path, port: int = 0, api: FakeApi | None = None) -> Iterator[tuple[FakeApi, Path, int]]:
    """The fake API on loopback; gives it, a kubeconfig with the context ``fake``, and its port."""
    api = api or FakeApi()
    api.closing = False
    handler = type("BoundHandler", (Handler,), {"api": api})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield api, kubeconfig(folder, server.server_address[1]), server.server_address[1]
    finally:
        with api.changed:
            api.closing = True
            api.changed.notify_all()
        server.shutdown()
        server.server_close()
        thread.join()


def kubeconfig(folder: Path, port: int, name: str = "fake") -> Path:
    """A kubeconfig that points to a port of this machine."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": name, "user": {}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": "shop"}}],
        "current-context": name,
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return path
