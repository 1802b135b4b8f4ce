"""An API server of the embedded cluster in this process, on a thread of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autoscale.embedded.addresses import claim_block
from autoscale.embedded.apiserver.registry import Registry
from autoscale.embedded.apiserver.server import ApiServer
from autoscale.embedded.launch.folder import Folder
from autoscale.plane.store import Create, Store
from tests.conftest import need
from tests.embedded_api.harness import NOW, TOKEN, Kubectl, Node, Server, find_kubectl, serving


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A fresh API server."""
    block, store, node = claim_block(), Store(), Node()
    for name in ("default", "other"):
        store.apply(Create({"kind": "Namespace", "metadata": {"name": name}}), NOW)
    with serving(Folder(tmp_path / "embedded"), ApiServer(Registry(store, block), node, TOKEN)) as (url, loop, context):
        yield Server(store, node, url, tmp_path / "embedded" / "kubeconfig", loop, context)
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
