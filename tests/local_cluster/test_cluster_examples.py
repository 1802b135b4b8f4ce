"""The examples, run as their READMEs say."""

import json
from typing import Any

import pytest

from autoscale.base.resources import manifests
from tests.local_cluster.client import Kubectl
from tests.local_cluster.node import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("with_images")]
EXAMPLES = manifests() / "examples"


def apply(kubectl: Kubectl, namespace: str, example: str) -> None:
    kubectl.run("apply", "-n", namespace, "-f", str(EXAMPLES / example))


def wait(kubectl: Kubectl, namespace: str, what: str, condition: str) -> None:
    kubectl.run("wait", "-n", namespace, f"--for=condition={condition}", what, "--timeout=90s", seconds=100)


def test_two_containers_greet_on_two_ports(kubectl: Kubectl, namespace: str) -> None:
    """Each Deployment has two pods, and each Service answers with its own container's greeting."""
    apply(kubectl, namespace, "two-containers/")
    for number in "12":
        name = f"python-container-{number}"
        wait(kubectl, namespace, f"deployment/{name}", "Available")
        path = f"/api/v1/namespaces/{namespace}/services/{name}:http/proxy/"
        # The API server hears of a Service's endpoints on a watch of its own, a little after the pods are ready.
        wait_until(lambda path=path: kubectl.answers(path), 30, f"{name} has no endpoint")
        assert kubectl.run("get", "--raw", path) == f"Hello from Python container {number}!\n"
        assert len(kubectl.json("get", "pods", "-n", namespace, "-l", f"app={name}")["items"]) == 2


def test_load_makes_more_pods_and_its_end_fewer(kubectl: Kubectl, namespace: str) -> None:
    """Under load the HPA grows the Deployment beyond one pod, and shrinks it to one again when the load is over."""

    def desired() -> int:
        return int(kubectl.json("get", "hpa", "by-pods", "-n", namespace)["status"].get("desiredReplicas", 0))

    apply(kubectl, namespace, "scale-by-pods/")
    wait(kubectl, namespace, "deployment/by-pods", "Available")
    assert desired() <= 1
    apply(kubectl, namespace, "scale-by-pods/load/")
    wait_until(lambda: desired() > 1, 100, "no scale-up")
    wait_until(lambda: _ready(kubectl, namespace) > 1, 30, "no second pod")
    kubectl.run("delete", "-n", namespace, "-f", str(EXAMPLES / "scale-by-pods" / "load"))
    wait_until(lambda: desired() == 1, 150, "no scale-down")


def test_a_running_pod_grows_in_place(kubectl: Kubectl, namespace: str) -> None:
    """The resize reaches the kernel's limit of the running container, which is neither made anew nor restarted."""

    def container() -> dict[str, Any]:
        status: dict[str, Any] = kubectl.json("get", "pod", "by-size", "-n", namespace)["status"]["containerStatuses"][
            0
        ]
        return status

    apply(kubectl, namespace, "scale-by-size/pod.yaml")
    wait(kubectl, namespace, "pod/by-size", "Ready")
    before = container()
    assert before["resources"]["limits"]["cpu"] == "200m"
    bigger = str(EXAMPLES / "scale-by-size" / "bigger.json")
    kubectl.run("patch", "-n", namespace, "pod", "by-size", "--subresource", "resize", "--patch-file", bigger)
    wait_until(lambda: container()["resources"]["limits"]["cpu"] == "400m", 60, "no resize")
    after = container()
    assert (after["containerID"], after["restartCount"]) == (before["containerID"], 0)
    assert _cpu_limit(kubectl, namespace) == pytest.approx(0.4)


def test_a_pod_that_fits_no_node_says_so(kubectl: Kubectl, namespace: str) -> None:
    """It stays Pending, and the scheduler's event names the resource that is short."""

    def reasons() -> list[str]:
        events = kubectl.json("get", "events", "-n", namespace, "--field-selector", "reason=FailedScheduling")
        return [event["message"] for event in events["items"]]

    apply(kubectl, namespace, "scale-by-nodes/app.yaml")
    wait_until(lambda: bool(reasons()), 30, "no FailedScheduling event")
    assert "0/1 nodes are available: 1 Insufficient cpu" in reasons()[0]
    (pod,) = kubectl.json("get", "pods", "-n", namespace)["items"]
    assert pod["status"]["phase"] == "Pending"
    assert "nodeName" not in pod["spec"]


def _ready(kubectl: Kubectl, namespace: str) -> int:
    return int(kubectl.json("get", "deployment", "by-pods", "-n", namespace)["status"].get("readyReplicas", 0))


def _cpu_limit(kubectl: Kubectl, namespace: str) -> float:
    """The limit in cores as the container's own cgroup says, version 1 or 2."""
    program = """
import json, pathlib
group = pathlib.Path("/sys/fs/cgroup")
v2, v1 = group / "cpu.max", group / "cpu"
words = v2.read_text().split() if v2.exists() else [
    (v1 / name).read_text() for name in ("cpu.cfs_quota_us", "cpu.cfs_period_us")]
print(json.dumps([int(word) for word in words]))
"""
    quota, period = json.loads(kubectl.run("exec", "-n", namespace, "by-size", "--", "python", "-c", program))
    return float(quota) / float(period)
