"""Karpenter in the local cluster, on real nodes: its core with a cloud of our own, and the provider of its nodes."""

import sys
from pathlib import Path

from tests.local_cluster import addons, gobuild, images, node, pool
from tests.local_cluster.client import Kubectl
from tests.local_cluster.components import Component
from tests.local_cluster.places import SOURCES, State
from tests.local_cluster.running import Running


def start(state: State) -> None:
    """The provider of nodes and Karpenter with its definitions; what runs already is left as it is.

    InputError where the cluster does not run, ClusterError naming the log to read.
    """
    running, kubectl = addons.running_in(state)
    programs = gobuild.build(gobuild.KARPENTER)
    source = gobuild.fetch_source(gobuild.KARPENTER)
    for folder in ("pkg/apis/crds", "kwok/apis/crds"):
        kubectl.run("apply", "--server-side", "--force-conflicts", "-f", str(source / folder))
    addons.start(running, [_provider(state), _karpenter(state, programs)])
    _apply(running, kubectl)


def _apply(running: Running, kubectl: Kubectl) -> None:
    kubectl.run("wait", "--for=condition=Established", "crd/nodepools.karpenter.sh", "--timeout=30s")
    kubectl.apply(*addons.objects("karpenter"))
    log = running.state.log("karpenter")
    node.wait_until(
        lambda: kubectl.condition("nodepool/pool", "Ready"), 120, "Karpenter does not answer", f"read {log}"
    )


def _provider(state: State) -> Component:
    archives = [state.root / "pause.tar", *(one.archive for one in images.IMAGES if one.archive.exists())]
    arguments = [state.root, gobuild.CONTROL_PLANE.folder, pool.PORT, *archives]
    command = ["env", f"PYTHONPATH={SOURCES.parents[1]}", sys.executable, "-m", "tests.local_cluster.pool"]
    return Component("node-provider", (*command, *map(str, arguments)))


def _karpenter(state: State, programs: Path) -> Component:
    environment = {
        "KUBECONFIG": str(state.config("addons.kubeconfig")),
        "NODE_PROVIDER": f"http://127.0.0.1:{pool.PORT}",
        "DISABLE_LEADER_ELECTION": "true",
        "METRICS_PORT": "18090",
        "HEALTH_PROBE_PORT": "18091",
        "SYSTEM_NAMESPACE": "kube-system",
    }
    return addons.program("karpenter", programs / "karpenter", {}, **environment)
