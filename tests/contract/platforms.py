"""The clusters that keep the contract: the embedded one, started for it, and the local one where it runs."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autoscale.embedded.launch import process
from autoscale.embedded.settings import Settings
from tests.contract.workloads import everything
from tests.contract.world import World, opened
from tests.local_cluster import places

OBSERVED = Path(__file__).parent / "observed"
PLATFORMS = ("embedded", "local")


@contextmanager
def world_on(platform: str) -> Iterator[World]:
    """The workloads of the contract on one of PLATFORMS, in a namespace of their own."""
    namespace = f"contract-{uuid.uuid4().hex[:8]}"
    if platform == "local":
        with opened("local", places.state().kubeconfig, namespace, everything()) as world:
            yield world
        return
    running = process.start(f"contract-{namespace[-8:]}", Settings(node_cpu="2"))
    try:
        with opened("embedded", running.kubeconfig, namespace, everything()) as world:
            yield world
    finally:
        running.stop()


def observed(platform: str) -> dict[str, list[str]]:
    """What was seen on a platform when it was last written down: point -> lines."""
    found: dict[str, list[str]] = json.loads((OBSERVED / f"{platform}.json").read_text(encoding="utf-8"))
    return found
