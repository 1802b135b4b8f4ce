"""The Vertical Pod Autoscaler in the local cluster: recommender, updater and admission controller."""

from tests.local_cluster import addons, gobuild, node
from tests.local_cluster.addresses import NODE_IP
from tests.local_cluster.places import State

_WEBHOOK_PORT = 8944
# Its own defaults are a minute's rounds, and a day until it trusts what it saw: no run would see it act.
_ROUND, _TRUST = "15s", "2m"


def start(state: State) -> None:
    """VPA's three programs with their definitions; what runs already is left as it is.

    InputError where the cluster does not run, ClusterError naming the log to read.
    """
    running, kubectl = addons.running_in(state)
    programs, source = gobuild.build(gobuild.VPA), gobuild.fetch_source(gobuild.VPA)
    kubectl.run("apply", "--server-side", "-f", str(source / "deploy" / "vpa-v1-crd-gen.yaml"))
    config = {"kubeconfig": state.config("addons.kubeconfig")}
    recommender = {"recommender-interval": _ROUND, "confidence-interval-cpu": _TRUST, "address": "127.0.0.1:8942"}
    updater = {"updater-interval": _ROUND, "min-replicas": 1, "address": "127.0.0.1:8943"}
    admission = {
        "port": _WEBHOOK_PORT,
        "register-by-url": "true",
        "webhook-address": f"https://{NODE_IP}",
        "webhook-port": _WEBHOOK_PORT,
        "client-ca-file": state.pki / "ca.crt",
        "tls-cert-file": state.pki / "addons.crt",
        "tls-private-key": state.pki / "addons.key",
        "address": "127.0.0.1:8945",
    }
    wanted = {"recommender": recommender, "updater": updater, "admission-controller": admission}
    addons.start(
        running, (addons.program(f"vpa-{name}", programs / name, {**config, **own}) for name, own in wanted.items())
    )
    # The updater does nothing before the admission controller has said that it is there.
    lease = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/vpa-admission-controller"
    log = state.log("vpa-admission-controller")
    node.wait_until(lambda: kubectl.answers(lease), 120, "VPA does not answer", f"read {log}")
