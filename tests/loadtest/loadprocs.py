"""Real driver processes on loopback addresses of their own, for tests."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loadtest import scenario
from loadtest.scenario_text import override
from tests.conftest import eventually

HERE = Path(__file__).parent
PATIENCE_S = 60.0


TOKEN = "the master's"


def fetch(url: str, method: str = "GET", token: str = TOKEN) -> tuple[int, str]:
    """Status and body, whatever the status."""
    try:
        request = urllib.request.Request(url, method=method, headers={"X-Autoscale-Token": token})
        with urllib.request.urlopen(request, timeout=90) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def network() -> str:
    """A /24 of loopback addresses that no other test uses at the moment, very likely."""
    return f"127.{random.randint(200, 250)}.{random.randint(0, 255)}"


@contextmanager
def process(*arguments: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A process that is gone afterwards."""
    child = subprocess.Popen([sys.executable, *arguments], text=True, **options)
    try:
        yield child
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGCONT)
            child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()


@contextmanager
def tiny_server(address: str, *certificate: str) -> Iterator[subprocess.Popen[str]]:
    """The tiny server at ``address``:8080, listening."""
    with process(str(HERE / "tinyserver.py"), address, *certificate, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        yield server


class Load:
    """A master and its workers; their rows are in files that grow."""

    def __init__(self, folder: Path, net: str, plain: dict[str, Any], workers: int, deadline_s: float) -> None:
        self.folder = folder
        self.page = f"http://{net}.2:8089"
        self.target = f"http://{net}.1:8080"
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.server: subprocess.Popen[str] | None = None
        self._net = net
        self._environment = os.environ | {
            "LOADTEST_SCENARIO": json.dumps({name: value for name, value in plain.items() if name != "files"}),
            "LOADTEST_FILES_0": plain.get("files") or "",
            "LOADTEST_URL": self.target,
            "LOADTEST_HOST": "web.shop:8080",
            "LOADTEST_WORKERS": str(workers),
            "LOADTEST_TOKEN": TOKEN,
            "LOADTEST_START_DEADLINE": str(deadline_s),
            "LOADTEST_MASTER_SERVICE_HOST": f"{net}.2",
            "LOADTEST_MASTER_SERVICE_PORT": "5557",
        }

    @contextmanager
    def role(self, role: str, number: int = 0) -> Iterator[None]:
        """Start one process; its name is master, worker-0, worker-1 ..."""
        name = role if role == "master" else f"{role}-{number}"
        mine = {"POD_NAME": name, "POD_IP": f"{self._net}.{2 if role == 'master' else number + 10}"}
        environment = self._environment | mine | {"JOB_COMPLETION_INDEX": str(number)}
        with (
            (self.folder / f"{name}.out").open("w") as out,
            (self.folder / f"{name}.err").open("w") as err,
            process("-m", "loadtest.driver", role, env=environment, stdout=out, stderr=err) as child,
        ):
            self.processes[name] = child
            yield

    def rows(self, name: str, kind: str | None = None) -> list[dict[str, Any]]:
        """The whole lines a process has written so far, of one kind or of all."""
        text = (self.folder / f"{name}.out").read_text()
        rows = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [row for row in rows if kind in (None, row["k"])]

    def errors(self, name: str) -> str:
        """What a process said to a person."""
        return (self.folder / f"{name}.err").read_text()

    def marks(self) -> list[str]:
        """The names of the marks, stages by their own names."""
        return [row.get("stage", row["name"]) for row in self.rows("master", "mark")]

    def codes(self) -> dict[str, int]:
        """Wait for every process; its exit codes."""
        return {name: child.wait(PATIENCE_S) for name, child in self.processes.items()}

    def until_sending(self, name: str = "worker-0") -> None:
        """Wait until a worker has sent something."""
        eventually(lambda: any(row["sent"] for row in self.rows(name, "load")), f"{name} to send")

    def until_a_second_later(self, name: str = "worker-0") -> None:
        """Wait until a worker tells of a second that begins a whole one after this moment, however late it is heard."""
        later = time.time() + 1.0
        eventually(lambda: any(row["at"] >= later for row in self.rows(name, "load")), f"{name} to go on for a second")

    def count(self) -> dict[str, int]:
        """What the tiny server has seen."""
        return dict(json.loads(fetch(f"{self.target}/count")[1]))


def plain_scenario(
    path: str = "/ok", sets: tuple[str, ...] = (), *, rate: float = 40, seconds: float = 3
) -> dict[str, Any]:
    """A constant load on one path, resolved."""
    load = {"shape": {"kind": "constant", "rate": rate, "duration": seconds}}
    data = {"name": "tiny", "load": load, "requests": [{"name": "probe", "path": path, "timeout": "5s"}]}
    return scenario.resolve(scenario.parse(override(data, sets), "tiny", HERE)).model_dump()


@contextmanager
def running(
    folder: Path, plain: dict[str, Any], workers: int = 1, *, came: int | None = None, deadline_s: float = 30
) -> Iterator[Load]:
    """Server, master and workers (``came``: only so many of them), started; all gone afterwards."""
    net = network()
    load = Load(folder, net, plain, workers, deadline_s)
    with (
        tiny_server(f"{net}.1") as server,
        load.role("master"),
        _workers(load, list(range(workers if came is None else came))),
    ):
        load.server = server
        yield load


@contextmanager
def _workers(load: Load, numbers: list[int]) -> Iterator[None]:
    if not numbers:
        yield
        return
    with load.role("worker", numbers[0]), _workers(load, numbers[1:]):
        yield
