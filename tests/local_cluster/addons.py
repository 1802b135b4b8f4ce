"""What others add to a cluster to scale it, started beside the local one's components: KEDA.

The programs are the real ones, built from their Go modules. They run as processes inside the node, where the API server
reaches them on the node's address, and stop with it.
"""

import subprocess
from pathlib import Path
from typing import Any

import yaml

from autoscale.base.errors import InputError
from tests.local_cluster import gobuild, node
from tests.local_cluster.addresses import NODE_IP
from tests.local_cluster.client import Kubectl
from tests.local_cluster.components import Component
from tests.local_cluster.places import SOURCES, State
from tests.local_cluster.running import Running, load

_METRICS_PORT, _GRPC = 4444, "localhost:9666"


def start_keda(state: State) -> None:
    """KEDA's operator and metrics server with their definitions; what runs already is left as it is.

    InputError where the cluster does not run, ClusterError naming the log to read.
    """
    running = _running(state)
    programs = gobuild.build(gobuild.KEDA)
    kubectl = Kubectl(gobuild.build_kubectl(), state.kubeconfig)
    source = gobuild.fetch_source(gobuild.KEDA)
    kubectl.run("apply", "--server-side", "--force-conflicts", "-f", str(source / "config" / "crd" / "bases"))
    kubectl.apply(*_objects(SOURCES / "manifests" / "addons" / "keda.yaml"))
    certificates = _certificates(state)
    _name_namespace(running)
    for component in (_operator(state, programs, certificates), _adapter(state, programs, certificates)):
        if component.name not in running.processes or not running.alive(component.name):
            running.start(component)
    path = "/apis/external.metrics.k8s.io/v1beta1"
    node.wait_until(lambda: kubectl.answers(path), 120, "KEDA does not answer", f"read {state.log('keda-operator')}")


def _running(state: State) -> Running:
    running = load(state)
    if running.node is None or not running.node.alive():
        raise InputError("the local cluster is not running", fix="make cluster")
    return running


def _name_namespace(running: Running) -> None:
    """The operator reads its namespace from where a pod has it; /run is the node's own."""
    folder = "/run/secrets/kubernetes.io/serviceaccount"
    assert running.node
    command = ["sh", "-ec", f"mkdir -p {folder}; printf keda > {folder}/namespace"]
    subprocess.run(running.node.inside(command), check=True)


def _certificates(state: State) -> Path:
    """The certificate under the names that KEDA looks for."""
    folder = state.root / "keda"
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, file in (("tls.crt", "addons.crt"), ("tls.key", "addons.key"), ("ca.crt", "ca.crt")):
        (folder / name).write_bytes((state.pki / file).read_bytes())
        (folder / name).chmod(0o600)
    return folder


def _operator(state: State, programs: Path, certificates: Path) -> Component:
    flags = {
        "kubeconfig": state.config("addons.kubeconfig"),
        "cert-dir": certificates,
        "enable-cert-rotation": "false",
        "health-probe-bind-address": "127.0.0.1:18081",
        "metrics-bind-address": "127.0.0.1:18080",
        "metrics-service-bind-address": "127.0.0.1:9666",
    }
    # It takes its names from the pod that it is in elsewhere.
    command = ("env", "POD_NAMESPACE=keda", "POD_NAME=keda-operator", "WATCH_NAMESPACE=", str(programs / "operator"))
    return Component("keda-operator", (*command, *(f"--{name}={value}" for name, value in flags.items())))


def _adapter(state: State, programs: Path, certificates: Path) -> Component:
    config = state.config("addons.kubeconfig")
    flags = {
        "secure-port": _METRICS_PORT,
        "tls-cert-file": certificates / "tls.crt",
        "tls-private-key-file": certificates / "tls.key",
        "cert-dir": certificates,
        "metrics-service-address": _GRPC,
        "port": 18082,
        **{f"{purpose}kubeconfig": config for purpose in ("", "lister-", "authentication-", "authorization-")},
    }
    command = ("env", "POD_NAMESPACE=keda", "WATCH_NAMESPACE=", str(programs / "adapter"))
    return Component("keda-adapter", (*command, *(f"--{name}={value}" for name, value in flags.items())))


def _objects(file: Path) -> list[dict[str, Any]]:
    """Manifests; EndpointSlices lead to the node."""
    objects: list[dict[str, Any]] = list(yaml.safe_load_all(file.read_text()))
    for one in objects:
        if one["kind"] == "EndpointSlice":
            one["endpoints"][0]["addresses"] = [NODE_IP]
    return objects
