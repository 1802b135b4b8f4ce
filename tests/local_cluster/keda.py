"""KEDA in the local cluster: its operator and metrics server."""

import subprocess
from pathlib import Path

from tests.local_cluster import addons, gobuild, node
from tests.local_cluster.components import Component
from tests.local_cluster.places import State
from tests.local_cluster.running import Running

_METRICS_PORT, _GRPC = 4444, "localhost:9666"


def start(state: State) -> None:
    """KEDA's operator and metrics server with their definitions; what runs already is left as it is.

    InputError where the cluster does not run, ClusterError naming the log to read.
    """
    running, kubectl = addons.running_in(state)
    programs, source = gobuild.build(gobuild.KEDA), gobuild.fetch_source(gobuild.KEDA)
    kubectl.run("apply", "--server-side", "--force-conflicts", "-f", str(source / "config" / "crd" / "bases"))
    kubectl.apply(*addons.objects("keda"))
    certificates = _certificates(state)
    _name_namespace(running)
    addons.start(running, (_operator(state, programs, certificates), _adapter(state, programs, certificates)))
    path = "/apis/external.metrics.k8s.io/v1beta1"
    node.wait_until(lambda: kubectl.answers(path), 120, "KEDA does not answer", f"read {state.log('keda-operator')}")


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
    names = {"POD_NAMESPACE": "keda", "POD_NAME": "keda-operator", "WATCH_NAMESPACE": ""}
    return addons.program("keda-operator", programs / "operator", flags, **names)


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
    return addons.program("keda-adapter", programs / "adapter", flags, POD_NAMESPACE="keda", WATCH_NAMESPACE="")
