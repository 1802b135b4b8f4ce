"""The cluster's process: store, API server and control plane, until it is told to stop.

``python -m autoscale.embedded FOLDER [--port N] [--bound]``; started by ``autoscale.embedded.launch.process``.
Writes one line of JSON to standard output when it is ready. With ``--bound`` it ends when its standard input does:
with its parent; without, it goes to the background.
"""

import argparse
import asyncio
import contextlib
import ctypes
import os
import secrets
import signal
import sys
import time
from pathlib import Path

from autoscale.base.errors import AutoscaleError, ClusterError
from autoscale.base.steady import SteadyClock
from autoscale.embedded.addresses import Block, claim_block
from autoscale.embedded.apiserver.registry import Registry
from autoscale.embedded.apiserver.server import HOST, ApiServer
from autoscale.embedded.controlplane import ControlPlane
from autoscale.embedded.launch import certs
from autoscale.embedded.launch.folder import Facts, Folder, take_lock, write_kubeconfig
from autoscale.embedded.proxy.forward import raise_open_files
from autoscale.embedded.settings import Settings, from_json
from autoscale.plane.store import Create, Store

NODE_S = 20.0
"""How long the node may take to be there."""

NAMESPACES = ("default", "kube-system", "kube-node-lease")


def main(arguments: list[str] | None = None) -> int:
    """Run a cluster in the foreground; returns the exit code."""
    parser = argparse.ArgumentParser(prog="autoscale.embedded")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--bound", action="store_true")
    asked = parser.parse_args(arguments)
    folder = Folder(asked.folder)
    if not asked.bound and os.fork():
        # Nobody waits for a cluster that stays: it is handed to init, and whoever started it sees this end at once.
        os._exit(0)
    lock = _take_lock(folder)
    if lock is None:
        print(f"The cluster {folder.name} is running already.", file=sys.stderr)  # noqa: T201
        return 3
    _name_process(folder.name)
    # Each pod, watch and log that is followed takes some; pods get back what was set before (kubelet/process.py).
    raise_open_files()
    try:
        asyncio.run(_run(folder, asked.port, bound=asked.bound))
    except AutoscaleError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return int(error.exit_code)
    finally:
        folder.clear()
        os.close(lock)
    return 0


def _take_lock(folder: Folder) -> int | None:
    """The lock, tried for a second: whoever asks whether the cluster runs holds it for a moment."""
    end = time.monotonic() + 1
    while (lock := take_lock(folder)) is None and time.monotonic() < end:
        time.sleep(0.02)
    return lock


def _name_process(name: str) -> None:
    """What ``ps`` and ``top`` call it."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(15, f"embedded-{name}"[:15].encode(), 0, 0, 0)


async def _run(folder: Folder, port: int, *, bound: bool) -> None:
    settings = from_json(folder.settings.read_text(), str(folder.settings)) if folder.settings.exists() else Settings()
    block, stop = claim_block(), asyncio.Event()
    _end_on(stop, bound=bound)
    store = Store()
    _furnish(store)
    now = SteadyClock()
    plane = ControlPlane(store=store, settings=settings, state_dir=folder.pods, block=block, now=now)
    token, server = secrets.token_urlsafe(32), None
    running = asyncio.create_task(plane.run())
    try:
        server = ApiServer(Registry(store, block, now), plane, token)
        await _listen(server, folder, port, token, block, bound=bound)
        await _node_ready(store, running)
        print('{"ready": true}', flush=True)  # noqa: T201
        await asyncio.wait((running, asyncio.create_task(stop.wait())), return_when=asyncio.FIRST_COMPLETED)
        if running.done() and not stop.is_set():
            running.result()
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await running
        await plane.stop()
        if server:
            await server.stop()
        block.release()


async def _listen(server: ApiServer, folder: Folder, port: int, token: str, block: Block, *, bound: bool) -> None:
    """Make certificate and kubeconfig, listen, and say where."""
    certificate, key = certs.self_signed(folder.name)
    crt, pem = folder.path / "tls.crt", folder.path / "tls.key"
    certs.write_private(crt, certificate)
    certs.write_private(pem, key)
    try:
        found = await server.start(port, certs.server_context(crt, pem))
    except OSError as error:
        fix = "Leave the port out to get a free one."
        raise ClusterError(f"Port {port} of {HOST} cannot be listened on: {error.strerror}.", fix=fix) from error
    url = f"https://{HOST}:{found}"
    write_kubeconfig(folder, url, certificate, token)
    folder.write_facts(
        Facts(pid=os.getpid(), server=url, started=time.time(), addresses=f"127.{block.octet}.0.0/16", bound=bound)
    )


def _furnish(store: Store) -> None:
    """What every cluster has from the start."""
    for name in NAMESPACES:
        metadata = {"name": name, "labels": {"kubernetes.io/metadata.name": name}}
        store.apply(
            Create({"kind": "Namespace", "metadata": metadata, "spec": {"finalizers": ["kubernetes"]}}), time.time()
        )


async def _node_ready(store: Store, running: "asyncio.Task[None]") -> None:
    """Wait until there is a node; ClusterError where the control plane ends or takes too long."""
    end, version = time.monotonic() + NODE_S, -1
    while not store.objects.list("Node"):
        if running.done():
            running.result()
            raise ClusterError("The control plane of the embedded cluster ended at once.")
        if time.monotonic() > end:
            raise ClusterError(f"The embedded cluster has no node after {NODE_S:.0f} s.")
        version = await store.wait_change(max(version, store.version), 0.2)


def _end_on(stop: asyncio.Event, *, bound: bool) -> None:
    """Set ``stop`` on SIGTERM and SIGINT, and with the parent's end where bound."""
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    if bound:
        loop.add_reader(sys.stdin.fileno(), _ended, stop, loop)


def _ended(stop: asyncio.Event, loop: asyncio.AbstractEventLoop) -> None:
    """The parent has closed the pipe, or is gone."""
    if not os.read(sys.stdin.fileno(), 4096):
        loop.remove_reader(sys.stdin.fileno())
        stop.set()


if __name__ == "__main__":
    sys.exit(main())
