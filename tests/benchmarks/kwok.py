"""KWOK: many pods on the local cluster's real API server without running them (sigs.k8s.io/kwok)."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.local_cluster.gobuild import Part, build

KWOK = Part("kwok", "kwok", "tool")
NODE = "bench-kwok"
STAGES = Path(__file__).with_name("kwok_stages.yaml")
# Below the kubelet's and the controller's patience with a silent node.
LEASE_S = 40
_CIDR = "198.18.64.0/18"


@contextmanager
def kwok(kubeconfig: Path, folder: Path, every_s: float) -> Iterator["subprocess.Popen[bytes]"]:
    """KWOK at work on the node ``bench-kwok``; each pod labelled ``changes: by-kwok`` changes every ``every_s`` seconds
    in the mean (evenly 0.5 to 1.5 times that). Its log is ``folder/kwok.log``; it has ended on leaving."""
    stages = STAGES.read_text(encoding="utf-8")
    stages = stages.replace("CHANGE_MIN_MS", str(int(500 * every_s))).replace("CHANGE_MAX_MS", str(int(1500 * every_s)))
    (folder / "stages.yaml").write_text(stages, encoding="utf-8")
    flags = {
        "kubeconfig": kubeconfig,
        "config": folder / "stages.yaml",
        "manage-all-nodes": "false",
        "manage-single-node": NODE,
        "node-lease-duration-seconds": LEASE_S,
        "cidr": _CIDR,
    }
    # A benchmark that is killed takes KWOK with it.
    command = [
        "setpriv",
        "--pdeathsig",
        "KILL",
        str(build(KWOK) / "kwok"),
        *(f"--{name}={value}" for name, value in flags.items()),
    ]
    environment = os.environ | {"HOME": str(folder)}
    with (
        (folder / "kwok.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment) as child,
    ):
        try:
            yield child
        finally:
            child.kill()
