"""A real kubectl uses the embedded API as it would a cluster."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from autoscale.base.times import format_time
from autoscale.plane.store import Create, Emit, Remove, UpdateStatus
from tests.embedded_api.harness import NOW, Kubectl, Server

pytestmark = pytest.mark.kubectl


@pytest.fixture
def manifest(deployment: dict[str, Any], tmp_path: Path) -> Path:
    """The Deployment as a file in a folder with a kustomization."""
    path = tmp_path / "manifests" / "deployment.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(deployment))
    (path.parent / "kustomization.yaml").write_text(yaml.safe_dump({"resources": [path.name], "namePrefix": "k-"}))
    return path


def running_pod(server: Server, name: str = "web-1") -> dict[str, Any]:
    """A pod as a kubelet would report it."""
    spec = {"nodeName": "embedded", "containers": [{"name": "web", "image": "autoscale-app:dev", "command": ["true"]}]}
    made = server.apply(Create({"kind": "Pod", "metadata": {"name": name, "labels": {"app": "web"}}, "spec": spec}))
    container = {
        "name": "web",
        "image": "autoscale-app:dev",
        "imageID": "sha256:0",
        "ready": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": format_time(NOW)}},
    }
    status = {
        "phase": "Running",
        "podIP": "127.1.2.3",
        "podIPs": [{"ip": "127.1.2.3"}],
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [container],
    }
    return server.apply(UpdateStatus({**made, "status": status}))


def rows(text: str) -> list[list[str]]:
    """Printed columns."""
    return [line.split() for line in text.strip().splitlines()]


def test_apply_in_each_way_is_idempotent(kubectl: Kubectl, manifest: Path) -> None:
    """Client-side, from a kustomization and server-side: created, then unchanged."""
    assert kubectl("apply", "-f", str(manifest)).strip() == "deployment.apps/web created"
    assert kubectl("apply", "-f", str(manifest)).strip() == "deployment.apps/web unchanged"
    assert kubectl("apply", "-k", str(manifest.parent)).strip() == "deployment.apps/k-web created"
    assert kubectl("apply", "--server-side", "-f", str(manifest)).strip() == "deployment.apps/web serverside-applied"
    before = kubectl("get", "deploy", "web", "-o", "yaml", "--show-managed-fields")
    kubectl("apply", "--server-side", "-f", str(manifest))
    assert kubectl("get", "deploy", "web", "-o", "yaml", "--show-managed-fields") == before


def test_client_side_apply_changes_and_removes(
    kubectl: Kubectl, manifest: Path, deployment: dict[str, Any], server: Server
) -> None:
    """A changed image changes it in place; a label left out goes; what others set stays."""
    kubectl("apply", "-f", str(manifest))
    kubectl("label", "deploy", "web", "theirs=x")
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "autoscale-app:two"
    deployment["metadata"]["labels"] = {"mine": "own"}
    manifest.write_text(yaml.safe_dump(deployment))
    assert kubectl("apply", "-f", str(manifest)).strip() == "deployment.apps/web configured"
    stored = server.store.objects.get("Deployment", "default", "web")
    assert stored
    assert stored["metadata"]["labels"] == {"theirs": "x", "mine": "own"}
    container = stored["spec"]["template"]["spec"]["containers"][0]
    assert (container["image"], container["command"]) == ("autoscale-app:two", ["true"])


def test_a_server_side_conflict_names_the_other_manager(kubectl: Kubectl, manifest: Path) -> None:
    """After `kubectl scale`, applying replicas again is a conflict."""
    kubectl("apply", "--server-side", "-f", str(manifest))
    kubectl("scale", "deploy", "web", "--replicas=5")
    said = kubectl("apply", "--server-side", "--field-manager=ci", "-f", str(manifest), fails=True)
    assert 'conflict with "kubectl" with subresource "scale"' in said
    assert ".spec.replicas" in said


def test_the_status_is_applied_server_side(kubectl: Kubectl, server: Server, manifest: Path) -> None:
    """`--subresource=status` writes the status alone; for `scale` kubectl sends a Deployment, which is no Scale: it is
    refused as upstream (1.35) does."""
    kubectl("apply", "--server-side", "-f", str(manifest))
    stated = yaml.safe_load(manifest.read_text())
    stated["spec"]["replicas"] = 9
    stated["status"] = {"conditions": [{"type": "Mine", "status": "True"}]}
    text = yaml.safe_dump(stated)
    kubectl("apply", "--server-side", "--subresource=status", "-f", "-", stdin=text)
    stored = server.store.objects.get("Deployment", "default", "web")
    assert stored
    assert stored["status"]["conditions"] == stated["status"]["conditions"]
    assert stored["spec"]["replicas"] == 2
    said = kubectl("apply", "--server-side", "--subresource=scale", "-f", "-", stdin=text, fails=True)
    assert "invalid object type: apps/v1, Kind=Deployment" in said


def test_a_mistyped_field_is_named(kubectl: Kubectl, manifest: Path, deployment: dict[str, Any]) -> None:
    """kubectl asks for strict validation, and the server names the field."""
    deployment["spec"]["replicaz"] = 1
    manifest.write_text(yaml.safe_dump(deployment))
    assert 'unknown field "spec.replicaz"' in kubectl("apply", "-f", str(manifest), fails=True)


def test_get_prints_the_columns_of_home(kubectl: Kubectl, server: Server, manifest: Path) -> None:
    """Deployments, pods and all of them together, narrow and wide."""
    kubectl("apply", "-f", str(manifest))
    running_pod(server)
    assert rows(kubectl("get", "deploy"))[0] == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert rows(kubectl("get", "deploy"))[1][:4] == ["web", "0/2", "0", "0"]
    assert rows(kubectl("get", "pods"))[1][:4] == ["web-1", "1/1", "Running", "0"]
    assert rows(kubectl("get", "po", "-o", "wide"))[1][5:7] == ["127.1.2.3", "embedded"]
    assert rows(kubectl("get", "pods", "-l", "app=web", "--field-selector", "status.phase=Running"))[1][0] == "web-1"
    assert "No resources found" in (kubectl("get", "pods", "-l", "app=other") + kubectl.stderr)
    assert {"pod/web-1", "deployment.apps/web"} <= {row[0] for row in rows(kubectl("get", "all")) if row}
    assert kubectl("get", "pod", "web-1", "-o", "jsonpath={.status.podIP}") == "127.1.2.3"


def test_get_w_shows_what_happens(kubectl: Kubectl, server: Server) -> None:
    """`get pods -w` prints a pod as it comes, runs and ends."""
    running_pod(server)
    with kubectl.open("get", "pods", "-w", "--output-watch-events") as watching:
        assert watching.stdout
        assert watching.stdout.readline().split()[:4] == ["EVENT", "NAME", "READY", "STATUS"]
        assert watching.stdout.readline().split()[:4] == ["ADDED", "web-1", "1/1", "Running"]
        server.apply(Remove("Pod", "default", "web-1"))
        assert watching.stdout.readline().split()[:4] == ["DELETED", "web-1", "1/1", "Running"]


def test_logs_and_logs_f(kubectl: Kubectl, server: Server) -> None:
    """`logs`, `--tail`, and `-f`, which prints a line when it is written."""
    running_pod(server)
    assert kubectl("logs", "web-1") == "one\ntwo\nthree\n"
    assert kubectl("logs", "web-1", "--tail=1") == "three\n"
    with kubectl.open("logs", "-f", "web-1", "--tail=1") as following:
        assert following.stdout
        assert following.stdout.readline() == "three\n"
        server.inside(lambda: (server.node.lines.append(b"end\n"), server.node.grown.set()))
        assert following.stdout.readline() == "end\n"
        assert following.wait(10) == 0
    assert "previous terminated container" in kubectl("logs", "web-1", "--previous", fails=True)


def test_describe_tells_of_events(kubectl: Kubectl, server: Server, manifest: Path) -> None:
    """`describe` of a pod, a Deployment and an HPA; the pod's shows its events."""
    kubectl("apply", "-f", str(manifest))
    pod = running_pod(server)
    server.apply(Emit(pod, "Warning", "Unhealthy", "Readiness probe failed", "kubelet", "spec.containers{web}"))
    assert "Readiness probe failed" in kubectl("describe", "pod", "web-1")
    assert "Replicas:" in kubectl("describe", "deploy", "web")
    hpa = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "maxReplicas": 3},
    }
    kubectl("apply", "-f", "-", stdin=json.dumps(hpa))
    assert "<unknown> / 80%" in kubectl("describe", "hpa", "web")
    assert rows(kubectl("get", "hpa"))[1][:6] == ["web", "Deployment/web", "cpu:", "<unknown>/80%", "1", "3"]


def test_scale_and_delete(kubectl: Kubectl, manifest: Path, server: Server) -> None:
    """`scale` sets the replicas; `delete` waits until the object is gone."""
    kubectl("apply", "-f", str(manifest))
    kubectl("scale", "deploy/web", "--replicas=4", "--current-replicas=2")
    stored = server.store.objects.get("Deployment", "default", "web")
    assert stored
    assert stored["spec"]["replicas"] == 4
    assert "deleted" in kubectl("delete", "-f", str(manifest))
    assert server.store.objects.get("Deployment", "default", "web") is None


def test_top_pods_reads_the_metrics_api(kubectl: Kubectl, server: Server) -> None:
    """`top pods` prints what metrics.k8s.io serves, and says so where there is nothing."""
    running_pod(server)
    assert "not available" in kubectl("top", "pods", fails=True)
    server.node.metrics = [
        {
            "kind": "PodMetrics",
            "apiVersion": "metrics.k8s.io/v1beta1",
            "metadata": {"name": "web-1", "namespace": "default", "labels": {"app": "web"}},
            "timestamp": format_time(NOW),
            "window": "15s",
            "containers": [{"name": "web", "usage": {"cpu": "123456789n", "memory": "65536Ki"}}],
        }
    ]
    assert rows(kubectl("top", "pods", "-l", "app=web"))[1] == ["web-1", "124m", "64Mi"]


def test_wait_rollout_and_explain(kubectl: Kubectl, server: Server, manifest: Path) -> None:
    """`wait` and `rollout status` follow a watch; `explain` reads the types; `can-i` is answered."""
    kubectl("apply", "-f", str(manifest))
    running_pod(server)
    assert "condition met" in kubectl("wait", "--for=condition=Ready", "pod/web-1", "--timeout=10s")
    made = server.store.objects.get("Deployment", "default", "web")
    assert made
    done = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 2)
    condition = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
    server.apply(UpdateStatus({**made, "status": {**done, "observedGeneration": 1, "conditions": [condition]}}))
    assert "successfully rolled out" in kubectl("rollout", "status", "deploy/web", "--timeout=10s")
    told = kubectl("explain", "hpa.spec.behavior.scaleDown")
    assert "stabilizationWindowSeconds" in told
    assert "scaleDown is scaling policy for scaling Down." in told


def test_what_is_not_there_is_said(kubectl: Kubectl, server: Server) -> None:
    """A subresource that is not there, kinds that others have, and unknown ones are refused by name."""
    running_pod(server)
    path = "/api/v1/namespaces/default/pods/web-1/binding"
    assert "the embedded cluster has no pods/binding" in kubectl("get", "--raw", path, fails=True)
    ingress = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "x"}}
    for way in ((), ("--server-side",), ("--dry-run=server",)):
        said = kubectl("apply", *way, "-f", "-", stdin=json.dumps(ingress), fails=True)
        assert "the embedded cluster has no ingresses.networking.k8s.io, and none can be made" in said
    for kind in ("ingresses", "pvc", "pv", "networkpolicies", "rc"):
        kubectl("get", kind)
        assert "No resources found" in kubectl.stderr
    for version in ("nope.example.com/v1", "apps/v1", "v1"):
        nope = {"apiVersion": version, "kind": "Nope", "metadata": {"name": "x"}}
        said = kubectl("apply", "-f", "-", stdin=json.dumps(nope), fails=True)
        assert f'no matches for kind "Nope" in version "{version}"' in said


def test_prune_removes_what_is_applied_no_more(kubectl: Kubectl) -> None:
    """It goes through kinds that are not there, too."""
    kept, gone = (
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"of": "us"}}} for name in "ab"
    )
    both = json.dumps({"apiVersion": "v1", "kind": "List", "items": [kept, gone]})
    kubectl("apply", "-f", "-", stdin=both)
    assert "configmap/b pruned" in kubectl("apply", "--prune", "-l", "of=us", "-f", "-", stdin=json.dumps(kept))
    assert kubectl("get", "configmaps", "-l", "of=us", "-o", "name") == "configmap/a\n"
