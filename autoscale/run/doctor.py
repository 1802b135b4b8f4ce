"""What can be looked at before a run: this machine, and a cluster through the door."""

import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autoscale.base.errors import AutoscaleError, ClusterError, InputError
from autoscale.cluster import contexts, lock, metrics, permissions
from autoscale.cluster.apply import made_by_runs
from autoscale.cluster.client import Cluster
from autoscale.cluster.kubeconfig import EMBEDDED
from autoscale.embedded.launch.folder import clusters_root
from autoscale.run.opening import connect_to, count_nodes
from autoscale.run.rights import made_kinds, needed
from autoscale.run.target import base_folder

WEB_PORT = 8089


@dataclass(frozen=True)
class Diagnosis:
    """One thing looked at. ``state``: good, bad (a run cannot begin), less (it can, with less)."""

    state: Literal["good", "bad", "less"]
    what: str
    found: str
    fix: str = ""


def machine(context: str) -> list[Diagnosis]:
    """This machine; what only the embedded cluster needs is bad only where that is the context."""
    own = context == EMBEDDED
    return [
        _python(),
        _linux(context),
        _cgroups(),
        _loopback(context),
        _port(WEB_PORT),
        _folder("Folder of the runs", Path("runs"), "choose another with --out"),
        *([_folder("State", clusters_root(), "set XDG_STATE_HOME to a folder that you may write")] if own else []),
        _program("kubectl", ["version", "--client", "-o", "yaml"], "only needed to look yourself: make kubectl"),
        _program("chromium", ["--version"], "only needed by the browser tests; Debian: apt install chromium"),
    ]


def _python() -> Diagnosis:
    """The interpreter."""
    return Diagnosis("good", "Python", f"{sys.version.split()[0]} ({sys.executable})")


def _linux(context: str) -> Diagnosis:
    """Whether the embedded cluster can run here at all."""
    system = platform.system()
    if system == "Linux":
        return Diagnosis("good", "System", f"Linux {platform.release()}, {os.cpu_count()} cores")
    state: Literal["bad", "less"] = "bad" if context == EMBEDDED else "less"
    return Diagnosis(state, "System", system, "the embedded cluster needs Linux (or WSL): use minikube or kind")


def _cgroups() -> Diagnosis:
    """Whether CPU limits of embedded pods are the kernel's."""
    for folder in ("/sys/fs/cgroup/cpu", "/sys/fs/cgroup"):
        if Path(folder).is_dir() and os.access(folder, os.W_OK):
            return Diagnosis("good", "CPU limits of embedded pods", f"by cgroup ({folder})")
    fix = (
        "as root, or with a delegated cgroup (systemd-run --user --scope -p Delegate=yes ...), limits are the kernel's"
    )
    return Diagnosis("less", "CPU limits of embedded pods", "by stopping and continuing processes", fix)


def _loopback(context: str) -> Diagnosis:
    """Whether pods can have addresses of their own."""
    try:
        with socket.socket() as probe:
            probe.bind(("127.77.0.1", 0))
    except OSError as error:
        state: Literal["bad", "less"] = "bad" if context == EMBEDDED else "less"
        return Diagnosis(
            state, "Addresses of embedded pods", f"127.77.0.1 cannot be used: {error.strerror}", "see `ip addr`"
        )
    return Diagnosis("good", "Addresses of embedded pods", "127.0.0.0/8 can be used")


def _port(port: int) -> Diagnosis:
    """Whether the page can be served on its usual port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            fix = "a run is going on, or something else uses it: a run needs --web-port PORT or --no-web"
            return Diagnosis("bad", "The page's port", f"127.0.0.1:{port}: {error.strerror}", fix)
    return Diagnosis("good", "The page's port", f"127.0.0.1:{port} is free")


def _folder(what: str, folder: Path, fix: str) -> Diagnosis:
    """Whether a folder can be made, or written in where it is there."""
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Diagnosis("good", what, f"{folder} can be written")
    return Diagnosis("bad", what, f"{there} {'cannot be written' if there.is_dir() else 'is no folder'}", fix)


def _program(name: str, arguments: list[str], fix: str) -> Diagnosis:
    """A program that is not needed for a run."""
    path = shutil.which(name)
    if path is None:
        return Diagnosis("less", name, "not found", fix)
    try:
        done = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Diagnosis("less", name, f"{path} does not run: {error}", fix)
    versions = [line.split(":")[-1].strip() for line in done.stdout.splitlines() if "ersion:" in line and "v" in line]
    return Diagnosis("good", name, (versions or done.stdout.splitlines() or [path])[0])


def cluster(context: str, kubeconfig: str | None, namespace: str | None) -> list[Diagnosis]:
    """A context: reachable, allowed, metrics, permissions, what earlier runs left. Nothing is changed."""
    try:
        opened = connect_to(context, kubeconfig)
    except InputError as error:
        return [Diagnosis("bad", "Kubeconfig", _words(error), error.fix)]
    except ClusterError as error:
        if context == EMBEDDED:
            return [Diagnosis("good", "Embedded cluster", "none is running; a run starts one of its own")]
        return [Diagnosis("bad", "Connection", _words(error), error.fix)]
    with opened:
        return list(_look(opened, namespace or opened.context.namespace))


def _words(error: AutoscaleError) -> str:
    """What is wrong, with all that was found."""
    return "; ".join([error.what, *map(str, error.problems)])


def _look(cluster: Cluster, namespace: str) -> Iterator[Diagnosis]:
    """Everything that is asked of a cluster; the first thing that has no answer ends it."""
    try:
        version = cluster.get("/version").get("gitVersion", "?")
    except AutoscaleError as error:
        yield Diagnosis("bad", "API server", _words(error), error.fix)
        return
    yield Diagnosis("good", "API server", f"{cluster.server}, {version}, namespace {namespace}")
    for look in (_allowed, _metrics, _permissions, _left_behind):
        yield _safely(look, cluster, namespace)


def _safely(look: Callable[[Cluster, str], Diagnosis], cluster: Cluster, namespace: str) -> Diagnosis:
    """A finding, also where looking fails."""
    try:
        return look(cluster, namespace)
    except AutoscaleError as error:
        return Diagnosis("bad", look.__name__.strip("_").replace("_", " ").capitalize(), _words(error), error.fix)


def _allowed(cluster: Cluster, _namespace: str) -> Diagnosis:
    """Whether it may receive load."""
    context = cluster.context
    if context.name == EMBEDDED:
        return Diagnosis("good", "Allowed", "always")
    doubts = contexts.doubts(context, count_nodes(cluster))
    if not contexts.is_allowed(context):
        return Diagnosis("bad", "Allowed", "no", f"autoscale contexts allow {context.name}")
    if doubts:
        return Diagnosis("less", "Allowed", f"yes, but {' and '.join(doubts)}: a run asks again, at a terminal")
    return Diagnosis("good", "Allowed", "yes")


def _metrics(cluster: Cluster, namespace: str) -> Diagnosis:
    """Whether an HPA can see anything."""
    metrics.require(cluster, namespace)
    return Diagnosis("good", "Metrics", "metrics.k8s.io answers")


def _permissions(cluster: Cluster, namespace: str) -> Diagnosis:
    """Whether we may do what a run does."""
    wanted = needed("Deployment", made_kinds(base_folder(cluster.context.name)))
    missing = permissions.denied(cluster, namespace, wanted)
    hard = [item for item in missing if not item.optional]
    if hard:
        names = ", ".join(map(str, hard))
        return Diagnosis("bad", "Permissions", f"missing: {names}", permissions.role(hard, namespace))
    if missing:
        names = ", ".join(map(str, missing))
        return Diagnosis(
            "less", "Permissions", f"enough; without {names} the record has less, or there is no live page"
        )
    return Diagnosis("good", "Permissions", "all that a run needs")


def _left_behind(cluster: Cluster, namespace: str) -> Diagnosis:
    """What earlier runs left."""
    going_on = lock.holder(cluster, namespace)
    if going_on is not None and going_on.alive:
        return Diagnosis("bad", "Another run", f"{going_on.run} is going on", "wait for its end, or choose another -n")
    found = [f"{kind}/{name} ({run})" for kind, name, run in made_by_runs(cluster, namespace)]
    if found:
        fix = f"autoscale clean --context {cluster.context.name} -n {namespace}"
        return Diagnosis("less", "Left by earlier runs", ", ".join(found), fix)
    return Diagnosis("good", "Left by earlier runs", "nothing")
