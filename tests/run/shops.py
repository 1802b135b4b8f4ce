"""A cluster of somebody's for runs that meet with trouble, and ``autoscale`` as a process against it."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoscale.cluster.apply import made_by_runs
from autoscale.cluster.client import Cluster
from tests.run.relay import Relay

SHORT = ["smoke", "--no-web", "--set", "load.duration=12", "--set", "objectives=[]"]


@dataclass(frozen=True)
class Shop:
    """A cluster of somebody's: reached through a relay, by a kubeconfig, with configuration of its own."""

    cluster: Cluster
    relay: Relay
    kubeconfig: Path

    def left(self) -> list[tuple[str, str, str]]:
        """What runs have left there."""
        return made_by_runs(self.cluster, "default")


def command(shop: Shop, *words: str) -> list[str]:
    """``autoscale WORDS`` for the cluster shop."""
    start = [sys.executable, "-c", "from autoscale.cli import main; main()"]
    return [*start, *words, "--context", "shop", "--kubeconfig", str(shop.kubeconfig)]


def start(shop: Shop, folder: Path, *words: str) -> "subprocess.Popen[str]":
    """``autoscale run`` as a process, without a terminal."""
    line = [*command(shop, "run", *words), "--out", str(folder / "runs")]
    return subprocess.Popen(
        line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder
    )


def finish(run: "subprocess.Popen[str]") -> tuple[int, str]:
    """Its exit code and what it said."""
    said, _ = run.communicate(timeout=240)
    return run.returncode, said


def records(folder: Path) -> list[list[dict[str, Any]]]:
    """The rows of every record, oldest first."""
    files = sorted((folder / "runs").glob("*/record.jsonl"))
    return [[json.loads(line) for line in file.read_text().splitlines() if line] for file in files]


def seconds_of_load(folder: Path) -> int:
    """How many rows of load are recorded so far."""
    return sum(
        file.read_text().count('"k": "load"') + file.read_text().count('"k":"load"')
        for file in (folder / "runs").glob("*/record.jsonl")
    )
