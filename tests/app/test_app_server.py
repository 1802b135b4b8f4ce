"""The whole service as a process: gunicorn, the admin port, the way it ends."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autoscale.base.resources import app_root
from tests.conftest import eventually

Answer = tuple[int, dict[str, str], bytes]


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Service:
    """The service in a process of its own, and its two ports."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port, self.admin = free_ports(2)
        ports = {"PORT": str(self.port), "ADMIN_PORT": str(self.admin)}
        base = {"PATH": os.environ["PATH"], "POD_NAME": "web-1", "PYTHONPATH": str(app_root())}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app"],
            cwd=folder,
            env={**base, **ports, **environment},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def get(self, path: str, port: int | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=90)
        try:
            return ask(connection, path)
        finally:
            connection.close()

    def status(self, path: str) -> int | None:
        """The status of an admin path, None while nobody listens."""
        try:
            return self.get(path, self.admin)[0]
        except OSError:
            return None


def ask(connection: http.client.HTTPConnection, path: str) -> Answer:
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, dict(answer.headers), answer.read()


@contextmanager
def service(folder: Path, **environment: str) -> Iterator[Service]:
    running = Service(folder, **environment)
    try:
        eventually(
            lambda: running.status("/readyz") == 200 or running.process.poll() is not None, "the service to be ready"
        )
        yield running
    finally:
        running.process.send_signal(signal.SIGTERM)
        running.process.communicate(timeout=30)


def test_it_serves_and_ends(tmp_path: Path) -> None:
    """It answers on its own port, tells health and metrics on the other, and ends with 0, leaving no file."""
    with service(tmp_path, HOME=str(tmp_path)) as running:
        status, headers, body = running.get("/")
        assert (status, headers["X-Pod"], body) == (200, "web-1", b"Hello from Python container 1!\n")
        assert running.status("/healthz") == 200
        assert running.status("/elsewhere") == 404
        status, headers, body = running.get("/metrics", running.admin)
        assert headers["Content-Type"].startswith("text/plain")
        assert b'http_request_duration_seconds_count{method="GET",route="/",status="200"} 1.0' in body
    assert running.process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_health_is_answered_while_every_thread_is_busy(tmp_path: Path) -> None:
    """With more slow requests than threads the admin port still answers, and counts what is in progress."""
    with service(tmp_path) as running:
        busy = [threading.Thread(target=running.get, args=("/work?wait_ms=3000",)) for _ in range(12)]
        for thread in busy:
            thread.start()
        eventually(
            lambda: b"http_requests_in_progress 8.0" in running.get("/metrics", running.admin)[2], "eight in progress"
        )
        assert running.status("/healthz") == 200
        for thread in busy:
            thread.join()


@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["process", "group"])
def test_what_was_begun_is_finished(tmp_path: Path, send: Callable[[int, int], None]) -> None:
    """On SIGTERM, to it alone or to its whole group, it turns unready, answers what it has begun and ends with 0."""
    with service(tmp_path) as running:
        answers: list[Answer] = []
        thread = threading.Thread(target=lambda: answers.append(running.get("/work?wait_ms=1500")))
        thread.start()
        eventually(lambda: b"http_requests_in_progress 1.0" in running.get("/metrics", running.admin)[2], "the request")
        send(running.process.pid, signal.SIGTERM)
        eventually(lambda: running.status("/readyz") == 503, "readiness to turn false")
        thread.join()
        assert [answer[0] for answer in answers] == [200]
    assert running.process.returncode == 0


def test_old_connections_are_closed(tmp_path: Path) -> None:
    """Beyond its age a connection is told to close; a fresh one, and any without an age, is kept."""
    with service(tmp_path, MAX_CONNECTION_AGE="0.5") as running:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=90)
        assert ask(connection, "/")[1]["Connection"] == "keep-alive"
        eventually(lambda: ask(connection, "/")[1]["Connection"] == "close", "the connection to grow old")
        connection.close()
    with service(tmp_path) as running:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=90)
        began = time.monotonic()
        eventually(lambda: time.monotonic() - began > 1 and ask(connection, "/")[0] == 200, "a second to pass")
        assert ask(connection, "/")[1]["Connection"] == "keep-alive"
        connection.close()


def test_wrong_settings_are_told_at_once(tmp_path: Path) -> None:
    """A wrong setting ends the process with code 2 and the list of mistakes, and no traceback."""
    running = Service(tmp_path, PORT="none", MAX_CONNECTION_AGE="old")
    _, text = running.process.communicate(timeout=90)
    assert running.process.returncode == 2
    assert re.search(r"PORT: found 'none'.*\nMAX_CONNECTION_AGE: found 'old'", text)
    assert "Traceback" not in text


def test_a_taken_admin_port_is_told(tmp_path: Path) -> None:
    """An admin port in use ends the process with code 2, naming the setting and the address."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running = Service(tmp_path, ADMIN_PORT=str(port))
        _, text = running.process.communicate(timeout=90)
    assert running.process.returncode == 2
    assert f"ADMIN_PORT: cannot listen on 127.0.0.1:{port}" in text


@pytest.mark.parametrize("name", ["app", "app.server", "app.service", "app.work"])
def test_nothing_heavy_is_imported(name: str) -> None:
    """A cold start under a CPU limit pays for every import: none of the tester's libraries is among them."""
    code = f"import {name}, sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=app_root())
    assert not {"kubernetes", "locust", "gevent", "aiohttp", "pydantic", "yaml", "autoscale"} & set(run.stdout.split())
