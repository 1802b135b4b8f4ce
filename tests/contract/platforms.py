"""The clusters that keep the contract: the embedded one, started for it, and the local one where it runs."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autoscale.embedded.launch import process
from autoscale.embedded.settings import Settings
from autoscale.kube.release import MINOR
from tests.contract.workloads import everything
from tests.contract.world import World, opened
from tests.local_cluster import places, running

OBSERVED = Path(__file__).parent / "observed"
PLATFORMS = ("embedded", "local")


@contextmanager
def world_on(platform: str, *, empty: bool = False) -> Iterator[World]:
    """The workloads of the contract (``empty``: none) on one of PLATFORMS, in a namespace of their own."""
    objects = [] if empty else everything()
    namespace = f"contract-{uuid.uuid4().hex[:8]}"
    if platform == "local":
        with opened("local", places.state().kubeconfig, namespace, objects) as world:
            yield world
        return
    started = process.start(f"contract-{namespace[-8:]}", Settings(node_cpu="2"))
    try:
        with opened("embedded", started.kubeconfig, namespace, objects) as world:
            yield world
    finally:
        started.stop()


def name_of(platform: str) -> str:
    """Under which name is kept what a platform shows: the local one with a newer control plane has a name for each."""
    kubernetes = running.load(places.state()).kubernetes if platform == "local" else MINOR
    return platform if kubernetes == MINOR else f"{platform}-{kubernetes}"


def newer() -> dict[str, dict[str, list[str]]]:
    """What was seen under newer control planes: release -> point -> lines."""
    files = sorted(OBSERVED.glob("local-*.json"))
    return {file.stem.removeprefix("local-"): observed(file.stem) for file in files}


def observed(platform: str) -> dict[str, list[str]]:
    """What was seen on a platform when it was last written down: point -> lines."""
    found: dict[str, list[str]] = json.loads((OBSERVED / f"{platform}.json").read_text(encoding="utf-8"))
    return found
