"""The configuration files of the components, as values; paths are those of one state folder."""

import base64
from pathlib import Path
from typing import Any

from tests.local_cluster.addresses import API_URL, CONTEXT, DNS_IP, MAIN, Address
from tests.local_cluster.places import State

PAUSE_IMAGE = "registry.k8s.io/pause:3.10"
COREDNS_IMAGE = "docker.io/library/coredns:local"


def kubeconfig(state: State, identity: str, server: str = API_URL) -> dict[str, Any]:
    """A kubeconfig of the context ``local`` for the certificate ``identity``; holds the key itself, so keep it 0600."""
    user = {
        "client-certificate-data": encoded(state.pki / f"{identity}.crt"),
        "client-key-data": encoded(state.pki / f"{identity}.key"),
    }
    cluster = {"server": server, "certificate-authority-data": encoded(state.pki / "ca.crt")}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": identity, "user": user}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": identity}}],
        "current-context": CONTEXT,
    }


def encoded(file: Path) -> str:
    """A file as base64."""
    return base64.b64encode(file.read_bytes()).decode()


def containerd(state: State, cni_plugins: Path) -> str:
    """containerd's TOML (its version 2 format, read by containerd 1.x).

    ``restrict_oom_score_adj``: without CAP_SYS_RESOURCE runc may not lower it, and dies saying "can't get final
    child's PID from pipe: EOF".
    """
    return f"""
version = 2
root = "{state.root}/containerd"
state = "/run/containerd"
[grpc]
  address = "{state.socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{cni_plugins}"
    conf_dir = "{state.root}/cni"
"""


def cni(address: Address = MAIN) -> dict[str, Any]:
    """The pods' network: one bridge, addresses from one range. No masquerading: nothing leaves."""
    return {
        "cniVersion": "1.0.0",
        "name": "autoscale",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "cni0",
                "isGateway": True,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "dataDir": "/run/cni",
                    "ranges": [[{"subnet": address.pods}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            }
        ],
    }


def kubelet(state: State, address: Address = MAIN) -> dict[str, Any]:
    """The KubeletConfiguration: authentication and authorization as kubeadm sets them, cgroup v1 allowed."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(state.pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(state.pki / "kubelet.crt"),
        "tlsPrivateKeyFile": str(state.pki / "kubelet.key"),
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{address.cgroup}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "containerRuntimeEndpoint": f"unix://{state.socket}",
        "podLogsDir": str(state.root / "pod-logs"),
        "clusterDomain": "cluster.local",
        "clusterDNS": [DNS_IP],
        "resolvConf": "",
        "maxPods": 250,
        "makeIPTablesUtilChains": False,
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "enforceNodeAllocatable": [],
        # 100: none. The disk is the host's, which others fill: at 85 % the kubelet would remove `pause` and our images.
        "imageGCHighThresholdPercent": 100,
    }
