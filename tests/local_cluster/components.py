"""The programs of the cluster with their arguments, in the order in which they start."""

from dataclasses import dataclass
from pathlib import Path

from tests.local_cluster.addresses import CLUSTER_PODS, MAIN, NODE_IP, SERVICES, Address
from tests.local_cluster.places import State

Flags = dict[str, str | Path]


@dataclass(frozen=True)
class Component:
    """One program: its name (also of its log) and its command line."""

    name: str
    command: tuple[str, ...]


_NEWER = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")


def components(state: State, control_plane: Path, metrics_server: Path, newer: Path | None = None) -> list[Component]:
    """All components. The paths are the folders of the programs built from Go modules; in ``newer`` lie the API server,
    the controllers and the scheduler where they are of another release than the node."""
    of_node = _of_node(state, MAIN)
    arguments: dict[str, Flags] = {
        "containerd": of_node["containerd"],
        "etcd": _etcd(state),
        "kube-apiserver": _apiserver(state),
        "kube-controller-manager": _controller_manager(state),
        "kube-scheduler": _clients(state, "scheduler") | {"leader-elect": "false"},
        "kubelet": of_node["kubelet"],
        "kube-proxy": of_node["kube-proxy"],
        "metrics-server": _metrics_server(state),
    }
    folders = {"containerd": "", "metrics-server": f"{metrics_server}/"}
    folders |= {name: f"{newer}/" for name in _NEWER if newer is not None}
    return [Component(n, (folders.get(n, f"{control_plane}/") + n, *_flags(a))) for n, a in arguments.items()]


def node_components(state: State, address: Address, programs: Path) -> list[Component]:
    """What runs on a node that is added: containerd, kubelet, kube-proxy. ``state`` is the node's own folder."""
    folders = {"containerd": ""}
    return [
        Component(name, (folders.get(name, f"{programs}/") + name, *_flags(flags)))
        for name, flags in _of_node(state, address).items()
    ]


def _of_node(state: State, address: Address) -> dict[str, Flags]:
    return {
        "containerd": {"config": state.config("containerd.toml")},
        "kubelet": _kubelet(state, address),
        "kube-proxy": _proxy(state, address),
    }


def _flags(arguments: Flags) -> list[str]:
    return [f"--{name}={value}" for name, value in arguments.items()]


def _etcd(state: State) -> Flags:
    client, peer = "http://127.0.0.1:2379", "http://127.0.0.1:2380"
    return {
        "data-dir": state.root / "etcd",
        "unsafe-no-fsync": "true",
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"default={peer}",
        "log-level": "warn",
    }


def _apiserver(state: State) -> Flags:
    pki = state.pki
    return {
        "etcd-servers": "http://127.0.0.1:2379",
        "advertise-address": NODE_IP,
        "bind-address": "0.0.0.0",
        "secure-port": "6443",
        "anonymous-auth": "false",
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "client-ca-file": pki / "ca.crt",
        "tls-cert-file": pki / "apiserver.crt",
        "tls-private-key-file": pki / "apiserver.key",
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": pki / "sa.key",
        "service-account-signing-key-file": pki / "sa.key",
        "service-cluster-ip-range": SERVICES,
        "kubelet-client-certificate": pki / "apiserver-kubelet-client.crt",
        "kubelet-client-key": pki / "apiserver-kubelet-client.key",
        "kubelet-certificate-authority": pki / "ca.crt",
        # Else logs and exec look up the node's name and time out.
        "kubelet-preferred-address-types": "InternalIP",
        "requestheader-client-ca-file": pki / "front-proxy-ca.crt",
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "proxy-client-cert-file": pki / "front-proxy-client.crt",
        "proxy-client-key-file": pki / "front-proxy-client.key",
        # metrics-server is no pod: the aggregator goes to its endpoint, not to a Service address.
        "enable-aggregator-routing": "true",
    }


def _clients(state: State, identity: str) -> Flags:
    config = state.config(f"{identity}.kubeconfig")
    return {f"{purpose}kubeconfig": config for purpose in ("", "authentication-", "authorization-")}


def _controller_manager(state: State) -> Flags:
    return _clients(state, "controller-manager") | {
        "service-account-private-key-file": state.pki / "sa.key",
        "root-ca-file": state.pki / "ca.crt",
        "use-service-account-credentials": "true",
        "leader-elect": "false",
    }


def _kubelet(state: State, address: Address) -> Flags:
    return {
        "config": state.config("kubelet.yaml"),
        "kubeconfig": state.config("kubelet.kubeconfig"),
        "hostname-override": address.name,
        "node-ip": address.ip,
        "root-dir": state.root / "kubelet",
    }


def _proxy(state: State, address: Address) -> Flags:
    return {
        "kubeconfig": state.config("kube-proxy.kubeconfig"),
        "hostname-override": address.name,
        "proxy-mode": "nftables",
        "cluster-cidr": CLUSTER_PODS,
        # The limit belongs to the whole machine and is read-only in a network namespace.
        "conntrack-max-per-core": "0",
    }


def _metrics_server(state: State) -> Flags:
    return _clients(state, "metrics-server") | {
        "tls-cert-file": state.pki / "metrics-server.crt",
        "tls-private-key-file": state.pki / "metrics-server.key",
        "kubelet-certificate-authority": state.pki / "ca.crt",
        "kubelet-preferred-address-types": "InternalIP",
        "metric-resolution": "15s",
        "secure-port": "4443",
    }
