"""What others add to a cluster to scale it, started beside the local one's components.

The programs are the real ones, built from their Go modules. They run as processes inside the node, where the API server
reaches them on the node's address, and stop with it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from autoscale.base.errors import InputError
from tests.local_cluster import gobuild
from tests.local_cluster.addresses import NODE_IP
from tests.local_cluster.client import Kubectl
from tests.local_cluster.components import Component
from tests.local_cluster.places import SOURCES, State
from tests.local_cluster.running import Running, load


def running_in(state: State) -> tuple[Running, Kubectl]:
    """The cluster, and kubectl for it; InputError where it does not run."""
    running = load(state)
    if running.node is None or not running.node.alive():
        raise InputError("the local cluster is not running", fix="make cluster")
    return running, Kubectl(gobuild.build_kubectl(), state.kubeconfig)


def start(running: Running, components: Iterable[Component]) -> None:
    """Start what does not run already."""
    for component in components:
        if component.name not in running.processes or not running.alive(component.name):
            running.start(component)


def objects(name: str) -> list[dict[str, Any]]:
    """The manifests of an addon; its EndpointSlices lead to the node."""
    file = SOURCES / "manifests" / "addons" / f"{name}.yaml"
    found: list[dict[str, Any]] = list(yaml.safe_load_all(file.read_text()))
    for one in found:
        if one["kind"] == "EndpointSlice":
            one["endpoints"][0]["addresses"] = [NODE_IP]
    return found


def program(name: str, path: Path, flags: dict[str, Any], **environment: str) -> Component:
    """A program with its flags and environment."""
    words = ("env", *(f"{key}={value}" for key, value in environment.items()))
    return Component(name, (*words, str(path), *(f"--{key}={value}" for key, value in flags.items())))
