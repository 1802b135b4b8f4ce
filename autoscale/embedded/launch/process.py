"""Start, stop and look at embedded clusters, each its own process."""

import base64
import contextlib
import json
import os
import select
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import yaml

from autoscale.base.errors import ClusterError, Interrupted
from autoscale.embedded.launch.certs import write_private
from autoscale.embedded.launch.folder import Facts, Folder, clusters_root, folder_of, is_running, make_folder
from autoscale.embedded.settings import Settings
from loadtest.yamltext import KubernetesLoader

START_S = 120.0
STOP_S = 45.0
"""How long ending may take: a pod's grace and a little more."""
LOOK_S = 0.1
"""How often a start looks whether it is still wanted."""


@dataclass(frozen=True)
class Running:
    """A cluster that was started here. A bound one ends when ``process`` does its last: see ``stop``."""

    folder: Folder
    process: "subprocess.Popen[str]"

    @property
    def kubeconfig(self) -> Path:
        """Its kubeconfig; the context is ``embedded``."""
        return self.folder.kubeconfig

    def stop(self) -> None:
        """End the cluster and everything it started. ClusterError where it does not end."""
        if self.process.stdin:
            self.process.stdin.close()
        stop(self.folder.name)
        self.process.wait(timeout=STOP_S)


@dataclass(frozen=True)
class Status:
    """One cluster as ``status`` finds it. ``pods``: how many in each phase; None where the API did not answer."""

    name: str
    running: bool
    facts: Facts | None
    kubeconfig: Path
    pods: dict[str, int] | None


def start(
    name: str = "embedded",
    settings: Settings | None = None,
    *,
    port: int = 0,
    bound: bool = True,
    unwanted: threading.Event | None = None,
) -> Running:
    """Start a cluster and wait until it is ready.

    ``bound``: it ends when this process does, however that ends; otherwise it stays until ``stop``. ``port`` 0: a free
    one. What a killed cluster of the name left behind is replaced. ClusterError where one is running, where it cannot
    start, or not on Linux. Interrupted, with nothing left of it, where ``unwanted`` is set before it is ready.
    """
    _require_linux()
    folder = folder_of(name)
    make_folder(folder)
    if is_running(folder):
        fix = f"Use it (KUBECONFIG={folder.kubeconfig}), or end it: `autoscale cluster stop --name {name}`."
        raise ClusterError(f"The embedded cluster {name!r} is running already.", fix=fix)
    folder.clear()
    write_private(folder.settings, (settings or Settings()).to_json().encode())
    process = _spawn(folder, port, bound=bound)
    try:
        _await_ready(folder, process, unwanted or threading.Event())
    except BaseException:
        _end(folder, process)
        raise
    if not bound:
        process.wait(timeout=5)
    return Running(folder, process)


def _require_linux() -> None:
    if sys.platform != "linux":
        raise ClusterError(
            f"The embedded cluster runs pods as Linux processes; this is {sys.platform}.",
            fix="Use minikube or kind: `autoscale run --context minikube`.",
        )


def _spawn(folder: Folder, port: int, *, bound: bool) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "autoscale.embedded", str(folder.path), "--port", str(port)]
    with folder.log.open("wb") as log:
        # A session of its own: Ctrl-C is for the run, which then ends the cluster in its own order.
        return subprocess.Popen(
            [*command, "--bound"] if bound else command,
            stdin=subprocess.PIPE if bound else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            cwd="/",
            text=True,
        )


def _await_ready(folder: Folder, process: "subprocess.Popen[str]", unwanted: threading.Event) -> None:
    """Wait for the line that says ready. The log tells why where it does not come."""
    assert process.stdout is not None
    with process.stdout as said:
        ready = _line(said, START_S, unwanted)
    if not ready:
        why = "ended" if ready is not None else f"was not ready after {START_S:.0f} s"
        fix = f"The whole log is in {folder.log}."
        raise ClusterError(f"The embedded cluster {folder.name!r} {why}. {_last_words(folder)}", fix=fix)


def _line(said: IO[str], timeout_s: float, unwanted: threading.Event) -> str | None:
    """A line; an empty one where the process ended without a word, None where it has said nothing yet. Interrupted
    where ``unwanted`` is set meanwhile."""
    end = time.monotonic() + timeout_s
    while not select.select([said], [], [], min(timeout_s, LOOK_S))[0]:
        if unwanted.is_set():
            raise Interrupted("interrupted while the embedded cluster started")
        if time.monotonic() > end:
            return None
    return said.readline()


def _last_words(folder: Folder) -> str:
    with contextlib.suppress(OSError):
        lines = folder.log.read_text(errors="replace").strip().splitlines()
        return " ".join(lines[-3:])
    return ""


def _end(folder: Folder, process: "subprocess.Popen[str]") -> None:
    """End a cluster that did not come up: its process group, which it leads."""
    if process.stdin:
        process.stdin.close()
    for signal_number, patience in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal_number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=patience)
            if _gone(folder, patience):
                return


def stop(name: str = "embedded") -> bool:
    """End a cluster and everything it started; False where none of that name runs.

    ClusterError where it does not end.
    """
    folder = folder_of(name)
    facts = folder.facts()
    if not is_running(folder):
        folder.clear()
        return False
    if facts is None:
        raise ClusterError(f"The embedded cluster {name!r} is starting; try again in a moment.")
    for signal_number, patience in ((signal.SIGTERM, STOP_S), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(facts.pid, signal_number)
        if _gone(folder, patience):
            folder.clear()
            return True
    raise ClusterError(f"The embedded cluster {name!r} (process {facts.pid}) does not end.")


def _gone(folder: Folder, patience_s: float) -> bool:
    end = time.monotonic() + patience_s
    while is_running(folder):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def status(name: str = "embedded") -> Status:
    """What is known of a cluster."""
    folder = folder_of(name)
    running = is_running(folder)
    facts = folder.facts() if running else None
    return Status(
        name=name, running=running, facts=facts, kubeconfig=folder.kubeconfig, pods=_pods(folder) if facts else None
    )


def names() -> list[str]:
    """The clusters of this user that have a folder, running or not."""
    root = clusters_root()
    return sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []


def _pods(folder: Folder) -> dict[str, int] | None:
    """How many pods are in each phase, asked of the cluster itself."""
    try:
        config = yaml.load(folder.kubeconfig.read_text(), KubernetesLoader)
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        context = ssl.create_default_context(cadata=_pem(cluster["certificate-authority-data"]))
        request = urllib.request.Request(f"{cluster['server']}/api/v1/pods")
        request.add_header("Authorization", f"Bearer {user['token']}")
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        with opener.open(request, timeout=5) as answer:
            pods = json.load(answer)["items"]
    except (OSError, ValueError, LookupError, TypeError, yaml.YAMLError):
        return None
    phases = [pod["status"]["phase"] for pod in pods]
    return {phase: phases.count(phase) for phase in sorted(set(phases))}


def _pem(encoded: str) -> str:
    return base64.b64decode(encoded).decode()
