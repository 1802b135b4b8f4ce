"""What the tests of the API server hold in their hands: a server and its node, and a real kubectl."""

import asyncio
import contextlib
import json
import os
import shutil
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autoscale.embedded.apiserver.server import ApiServer
from autoscale.embedded.kubelet import execution
from autoscale.embedded.kubelet.process import Command
from autoscale.embedded.launch import certs
from autoscale.embedded.launch.folder import Folder, make_folder, write_kubeconfig
from autoscale.kube.statuses import StatusError, bad_request
from autoscale.plane.adapter.answers import NOTHING, Answers
from autoscale.plane.store import Store

NOW = 1_795_000_000.0
TOKEN = "a-token"


class Node:
    """The control plane's part that the API server asks: logs that grow when told, and metrics that are set."""

    def __init__(self) -> None:
        self.lines: list[bytes] = [b"one\n", b"two\n", b"three\n"]
        self.asked: list[dict[str, Any]] = []
        self.metrics: list[dict[str, Any]] = []
        self.grown = asyncio.Event()
        self.answered: Answers = NOTHING
        self.program = ["sh", "-c", "echo now; read line; echo got $line"]

    async def logs(self, namespace: str, pod: str, container: str, **how: Any) -> AsyncIterator[bytes]:
        self.asked.append({"pod": pod, "container": container, **how})
        if how["previous"]:
            raise bad_request(f'previous terminated container "{container}" in pod "{pod}" not found')
        for line in self.lines[len(self.lines) - how["tail"] if how["tail"] is not None else 0 :]:
            yield line
        while how["follow"]:
            self.grown.clear()
            await self.grown.wait()
            yield self.lines[-1]
            if self.lines[-1] == b"end\n":
                return

    def execute(
        self, namespace: str, pod: str, container: str, argv: list[str], *, stdin: bool, terminal: bool
    ) -> execution.Execution:
        """The command itself, in no container."""
        try:
            return execution.execute(Command(argv, dict(os.environ), "/"), stdin=stdin, terminal=terminal)
        except OSError as error:
            raise StatusError(500, "InternalError", f"failed to exec in container: {error}") from None

    def attach(self, namespace: str, pod: str, container: str, *, stdin: bool) -> execution.Execution:
        """``program`` stands in for the container."""
        self.asked.append({"pod": pod, "container": container, "stdin": stdin})
        return self.execute(namespace, pod, container, self.program, stdin=stdin, terminal=False)

    def pod_metrics(self) -> list[dict[str, Any]]:
        return self.metrics

    def node_metrics(self) -> list[dict[str, Any]]:
        return []

    def answers(self) -> Answers:
        return self.answered


@dataclass
class Server:
    """A running API server: its store, its node, its address, its kubeconfig."""

    store: Store
    node: Node
    url: str
    kubeconfig: Path
    loop: asyncio.AbstractEventLoop
    context: ssl.SSLContext
    headers: dict[str, str] = field(default_factory=dict)

    def inside(self, act: Callable[[], Any]) -> Any:
        """Do something in the server's loop, and return what it returns."""
        done: Future[Any] = Future()

        def run() -> None:
            try:
                done.set_result(act())
            except BaseException as error:
                done.set_exception(error)

        self.loop.call_soon_threadsafe(run)
        return done.result(10)

    def apply(self, write: Any) -> Any:
        """Write to the store, as a controller would."""
        return self.inside(lambda: self.store.apply(write, NOW))

    def open(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One raw request; the answer, whatever its status."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        sent = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        for name, value in (sent | {name.replace("_", "-"): value for name, value in headers.items()}).items():
            request.add_header(name, value)
        try:
            return urllib.request.urlopen(request, timeout=90, context=self.context)
        except urllib.error.HTTPError as error:
            return error

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """One request; status and JSON."""
        with self.open(method, path, body, **headers) as answer:
            self.headers = dict(answer.headers)
            self.warnings = answer.headers.get_all("Warning") or []
            return answer.status, json.loads(answer.read() or b"null")


@contextlib.contextmanager
def serving(folder: Folder, api: ApiServer) -> Iterator[tuple[str, asyncio.AbstractEventLoop, ssl.SSLContext]]:
    """An API server on a thread of its own, with a kubeconfig in ``folder``: its address, its loop, whom to trust."""
    make_folder(folder)
    crt, key = certs.self_signed("test")
    certs.write_private(folder.path / "crt", crt)
    certs.write_private(folder.path / "key", key)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        start = api.start(0, certs.server_context(folder.path / "crt", folder.path / "key"))
        url = f"https://127.0.0.1:{asyncio.run_coroutine_threadsafe(start, loop).result(10)}"
        write_kubeconfig(folder, url, crt, TOKEN)
        yield url, loop, ssl.create_default_context(cadata=crt.decode())
        asyncio.run_coroutine_threadsafe(api.stop(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def find_kubectl() -> str | None:
    """A kubectl: $AUTOSCALE_KUBECTL, the one that `make kubectl` builds, or the machine's."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "autoscale" / "bin" / "kubectl"
    for found in (os.environ.get("AUTOSCALE_KUBECTL"), str(cache), shutil.which("kubectl")):
        if found and Path(found).exists():
            return found
    return None


@dataclass
class Kubectl:
    """kubectl against one kubeconfig, with a cache of its own."""

    program: str
    kubeconfig: Path
    home: Path

    def command(self, *arguments: str) -> list[str]:
        """The whole command line."""
        return [self.program, "--kubeconfig", str(self.kubeconfig), "--cache-dir", str(self.home / "cache"), *arguments]

    def __call__(self, *arguments: str, stdin: str | None = None, fails: bool = False) -> str:
        """Run it; its standard output, or its error where it must fail."""
        environment = {**os.environ, "HOME": str(self.home)}
        done = subprocess.run(
            self.command(*arguments), input=stdin, text=True, capture_output=True, timeout=60, env=environment
        )
        assert (done.returncode != 0) == fails, done.stderr + done.stdout
        self.stderr = done.stderr
        return done.stderr if fails else done.stdout

    @contextlib.contextmanager
    def open(self, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        """Start it and leave it running; ended afterwards, and in any case after half a minute."""
        environment = {**os.environ, "HOME": str(self.home)}
        with subprocess.Popen(self.command(*arguments), stdout=subprocess.PIPE, text=True, env=environment) as process:
            guard = threading.Timer(30, process.kill)
            guard.start()
            try:
                yield process
            finally:
                guard.cancel()
                process.kill()
