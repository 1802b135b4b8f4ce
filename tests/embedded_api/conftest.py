"""An API server of the embedded cluster in this process, on a thread of its own."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autoscale.embedded.addresses import claim_block
from autoscale.embedded.apiserver.registry import Registry
from autoscale.embedded.apiserver.server import ApiServer
from autoscale.embedded.launch import certs
from autoscale.embedded.launch.folder import Folder, make_folder, write_kubeconfig
from autoscale.plane.store import Create, Store
from tests.conftest import need
from tests.embedded_api.harness import NOW, TOKEN, Kubectl, Node, Server, find_kubectl


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A fresh API server."""
    folder = Folder(tmp_path / "embedded")
    make_folder(folder)
    crt, key = certs.self_signed("test")
    certs.write_private(folder.path / "crt", crt)
    certs.write_private(folder.path / "key", key)
    loop, block, store = asyncio.new_event_loop(), claim_block(), Store()
    for name in ("default", "other"):
        store.apply(Create({"kind": "Namespace", "metadata": {"name": name}}), NOW)
    node = Node()
    api = ApiServer(Registry(store, block), node, TOKEN)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    start = api.start(0, certs.server_context(folder.path / "crt", folder.path / "key"))
    url = f"https://127.0.0.1:{asyncio.run_coroutine_threadsafe(start, loop).result(10)}"
    write_kubeconfig(folder, url, crt, TOKEN)
    yield Server(store, node, url, folder.kubeconfig, loop, ssl.create_default_context(cadata=crt.decode()))
    asyncio.run_coroutine_threadsafe(api.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
    block.release()


@pytest.fixture
def deployment() -> dict[str, Any]:
    """A Deployment that is right."""
    container = {"name": "web", "image": "autoscale-app:dev", "command": ["true"], "ports": [{"containerPort": 8080}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}},
        },
    }


@pytest.fixture
def kubectl(server: Server, tmp_path: Path) -> Kubectl:
    """A real kubectl that talks to the server."""
    program = find_kubectl()
    need(program is not None, "no kubectl on this machine: `make kubectl` builds one")
    assert program
    return Kubectl(program, server.kubeconfig, tmp_path)
