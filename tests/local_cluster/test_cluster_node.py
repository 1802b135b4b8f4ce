"""The running local cluster: whole, closed to the outside, and nobody in it may more than they need."""

import json
import socket
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from autoscale.base.errors import ClusterError
from autoscale.kube import release
from tests.local_cluster import configs, lifecycle, places, running
from tests.local_cluster.addresses import API_URL, HOST_IP, NODE
from tests.local_cluster.client import Kubectl
from tests.local_cluster.node import wait_until

pytestmark = pytest.mark.cluster
APP = "autoscale-app:dev"
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=3); print('through')"


def test_the_node_is_a_ready_kubernetes(kubectl: Kubectl) -> None:
    """One node of the version that was built is Ready, and every component runs."""
    (node,) = kubectl.json("get", "nodes")["items"]
    assert node["status"]["nodeInfo"]["kubeletVersion"] == release.VERSION
    assert lifecycle.status(places.state())[1]


def test_an_image_that_is_gone_is_named_with_its_cure(kubectl: Kubectl, with_images: None) -> None:
    """Without `pause` no pod starts: the status says so, and is not well; brought back, it is."""
    state = places.state()
    ctr = ["ctr", "-a", str(state.socket), "-n", "k8s.io", "images"]
    kept = "docker.io/library/kept:1"  # whole: of a shorter name containerd 1.6 keeps a reference after it is gone
    subprocess.run([*ctr, "tag", configs.PAUSE_IMAGE, kept], check=True, capture_output=True)
    subprocess.run([*ctr, "rm", configs.PAUSE_IMAGE], check=True, capture_output=True)
    try:
        lines, whole = lifecycle.status(state)
    finally:
        subprocess.run([*ctr, "tag", kept, configs.PAUSE_IMAGE], check=True, capture_output=True)
        subprocess.run([*ctr, "rm", kept], check=True, capture_output=True)
    assert not whole
    assert f"the node's image {configs.PAUSE_IMAGE} is gone: make cluster-down cluster" in lines
    assert not [line for line in lifecycle.status(state)[0] if "is gone" in line]


def test_starting_twice_changes_nothing(kubectl: Kubectl) -> None:
    """A second start finds the cluster whole and leaves every process as it is."""
    before = running.load(places.state())
    lifecycle.up(places.state())
    after = running.load(places.state())
    assert (before.node, before.processes) == (after.node, after.processes)


def test_metrics_server_measures_the_node(kubectl: Kubectl) -> None:
    """metrics.k8s.io answers with the node's CPU, its window and its time."""

    def measured() -> bool:
        items = json.loads(kubectl.run("get", "--raw", "/apis/metrics.k8s.io/v1beta1/nodes"))["items"]
        return bool(items) and items[0]["usage"]["cpu"] != "0"

    wait_until(measured, 60, "no sample of the node")


def test_a_stranger_is_turned_away(kubectl: Kubectl) -> None:
    """Without a certificate or token the API server says 401, even to a question about its health."""
    trusted = ssl.create_default_context(cadata=(places.state().pki / "ca.crt").read_text())
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{API_URL}/readyz", context=trusted, timeout=10)
    with caught.value as answer:
        assert answer.code == 401


def test_the_kubelet_may_only_touch_its_own_node(kubectl: Kubectl, tmp_path: Path) -> None:
    """With the kubelet's certificate: its own node can be read, another one not made, secrets not listed."""
    file = tmp_path / "kubelet.kubeconfig"
    file.write_text(json.dumps(configs.kubeconfig(places.state(), "kubelet")))
    kubelet = Kubectl(kubectl.program, file)
    assert kubelet.json("get", "node", NODE)["metadata"]["name"] == NODE
    with pytest.raises(ClusterError, match=r"is not allowed to modify node|cannot create|forbidden"):
        kubelet.apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "another"}})
    with pytest.raises(ClusterError, match=r"[Ff]orbidden"):
        kubelet.run("get", "secrets", "-A")


def test_a_pod_may_do_nothing_by_default(kubectl: Kubectl, namespace: str) -> None:
    """The default service account of a namespace cannot list pods; the administrator can."""
    account = f"--as=system:serviceaccount:{namespace}:default"
    assert kubectl.answer("auth", "can-i", "list", "pods", "-n", namespace, account) == "no"
    assert kubectl.answer("auth", "can-i", "list", "pods", "-n", namespace) == "yes"


@pytest.fixture
def inside(kubectl: Kubectl, namespace: str, with_images: None) -> Callable[..., str]:
    """A function that runs a Python program in a pod and returns what it printed."""
    container = {"name": "python", "image": APP, "imagePullPolicy": "Never", "command": ["sleep", "600"]}
    kubectl.apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "probe", "namespace": namespace},
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
        }
    )
    kubectl.run("wait", "-n", namespace, "--for=condition=Ready", "pod/probe", "--timeout=60s")
    return lambda *words: kubectl.run("exec", "-n", namespace, "probe", "--", "python", "-c", *words)


def test_no_pod_reaches_the_host_or_the_world(inside: Callable[..., str]) -> None:
    """From a pod: the API's Service answers, what listens on the host does not, and there is no way further."""
    assert inside(CONNECT, "198.51.100.1", "443").strip() == "through"
    with socket.create_server((HOST_IP, 0)) as listener:
        with socket.create_connection(listener.getsockname(), timeout=3):
            pass
        with pytest.raises(ClusterError, match=r"timed out|TimeoutError"):
            inside(CONNECT, HOST_IP, str(listener.getsockname()[1]))
    with pytest.raises(ClusterError, match=r"unreachable|No route"):
        inside(CONNECT, "1.1.1.1", "443")


def test_names_of_services_resolve_and_others_do_not(inside: Callable[..., str]) -> None:
    """The cluster's DNS knows the API's Service and nothing of the world."""
    program = "import socket, sys; print(socket.gethostbyname(sys.argv[1]))"
    assert inside(program, "kubernetes.default.svc.cluster.local").strip() == "198.51.100.1"
    with pytest.raises(ClusterError, match="gaierror"):
        inside(program, "example.com")


def test_the_api_server_may_crash_and_come_back(kubectl: Kubectl, namespace: str) -> None:
    """After a kill it is another process, and what was stored is still there."""
    before = running.load(places.state())
    lifecycle.restart(places.state(), "kube-apiserver")
    after = running.load(places.state())
    assert before.processes["kube-apiserver"] != after.processes["kube-apiserver"]
    assert before.processes["etcd"] == after.processes["etcd"]
    assert kubectl.json("get", "namespace", namespace)["metadata"]["name"] == namespace
