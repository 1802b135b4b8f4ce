"""Faults that are done to a whole run on the local real cluster (`make cluster`), which is whole again afterwards."""

import os
import signal
import subprocess
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml

from autoscale.base.errors import ClusterError
from autoscale.cluster import contexts
from tests.faults.fault import Met
from tests.faults.leftovers import left
from tests.faults.stage import Stage, environment, staged
from tests.faults.whole import WholeRun
from tests.local_cluster import gobuild, images, lifecycle, places
from tests.local_cluster.addresses import CGROUP, CONTEXT
from tests.local_cluster.client import Kubectl
from tests.local_cluster.node import children
from tests.local_cluster.running import load

SCENARIO = Path(__file__).with_name("local.yaml")
KINDS = "deployments,jobs,services,hpa,configmaps,serviceaccounts,poddisruptionbudgets,pods"


@dataclass
class Local(Stage):
    """A run in a namespace of its own."""

    context: str = CONTEXT

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return places.state().kubeconfig

    @property
    def kubectl(self) -> Kubectl:
        """The administrator."""
        return administrator()

    def logs(self) -> Iterable[Path]:
        """The kubelet's."""
        return places.state().root.glob(f"pod-logs/{self.namespace}_*/*/*.log")

    def pids(self, *wanted: str) -> list[int]:
        """Processes in pods of the local node, of which there is one on a machine, that were started with these."""
        found = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                words = Path(f"/proc/{entry}/cmdline").read_bytes().decode().split("\0")
                inside = f"/{CGROUP}/" in Path(f"/proc/{entry}/cgroup").read_text()
            except (OSError, UnicodeDecodeError):
                continue
            if inside and {word.rpartition("/")[2] for word in words}.issuperset(wanted):
                found.append(int(entry))
        return sorted(found)

    def ctr(self, *words: str) -> None:
        """A command to the node's containerd."""
        line = ["ctr", "-a", str(places.state().socket), "-n", "k8s.io", *words]
        subprocess.run(line, check=True, capture_output=True)

    # What may be done to the node and the control plane

    def component(self, name: str) -> list[int]:
        """The process of a component."""
        return children(load(places.state()).processes[name][0])

    def freeze(self, name: str, seconds: float) -> None:
        """Stop a component for a while. What started it in the node stops with it, and has to be woken too."""
        self.halt(self.component(name), seconds)
        self.kill(load(places.state()).processes[name][0], signal.SIGCONT)

    def down(self, name: str) -> None:
        """Kill a component."""
        load(places.state()).kill(name)

    def up(self, name: str) -> None:
        """Start it again, and wait until the cluster is whole."""
        lifecycle.restart(places.state(), name)

    def away(self, name: str, seconds: float) -> None:
        """Kill a component, and start it again after a while."""
        self.down(name)
        try:
            time.sleep(seconds)
        finally:
            self.up(name)

    def away_to_the_end(self, name: str) -> None:
        """Kill a component, and start it again when the run is over."""
        self.down(name)
        try:
            self.run.wait(300)
        finally:
            self.up(name)


def administrator() -> Kubectl:
    """kubectl of the running cluster; ClusterError where there is none."""
    if not places.state().kubeconfig.exists():
        raise ClusterError("the local cluster is not running", fix="make cluster images images-load CONTEXT=local")
    return Kubectl(gobuild.build_kubectl(), places.state().kubeconfig)


def namespace_of(home: Path) -> str:
    """One for each folder."""
    return f"faults-{zlib.crc32(bytes(home)):08x}"


@dataclass(frozen=True)
class LocalRun(WholeRun):
    """``patches``: further ones of the scenario."""

    patches: Sequence[Mapping[str, Any]] = ()

    def _meet(self, home: Path) -> Met:
        """In a namespace that is there for it alone; afterwards every part of the cluster has to run."""
        kubectl = administrator()
        for image in images.IMAGES:
            if not lifecycle.has_image(places.state(), image.name):
                lifecycle.load_image(places.state(), image.name, image.archive)
        kubectl.run("create", "namespace", namespace_of(home))
        try:
            met = super()._meet(home)
        finally:
            kubectl.run("delete", "namespace", namespace_of(home), "--wait=false")
        lines, whole = lifecycle.status(places.state())
        met.left += [] if whole else [line for line in lines if "ENDED" in line or "False" in line or "gone" in line]
        return met

    def asked(self, home: Path) -> list[str]:
        """The scenario with the patches, in the namespace."""
        scenario = yaml.safe_load(SCENARIO.read_text())
        scenario["patches"] = [*scenario.get("patches", ()), *map(dict, self.patches)]
        (home / "fault.yaml").write_text(yaml.safe_dump(scenario))
        kubeconfig = places.state().kubeconfig
        with patch.dict(os.environ, {"XDG_CONFIG_HOME": environment(home)["XDG_CONFIG_HOME"]}):
            contexts.allow(contexts.find(CONTEXT, kubeconfig))
        where = ["--context", CONTEXT, "--kubeconfig", str(kubeconfig), "-n", namespace_of(home)]
        return [str(home / "fault.yaml"), *where]

    def staged(self, home: Path) -> AbstractContextManager[Stage]:
        """The run."""
        return staged(home, *self.asked(home), *self.words, kind=partial(Local, namespace=namespace_of(home)))

    def left(self, stage: Stage) -> list[str]:
        """Objects of the run in its namespace, and what it left beside the cluster."""
        items = administrator().json("get", KINDS, "-n", stage.namespace, "-l", "autoscale-loadtest/owner")["items"]
        return left(stage.home, stage.marks) + [f"{item['kind']}/{item['metadata']['name']}" for item in items]
