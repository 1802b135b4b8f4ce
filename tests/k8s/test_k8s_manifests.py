"""The manifests of k8s/ as they stand: valid for Kubernetes, and in step with the code they run."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from app import server
from autoscale.base.resources import manifests
from autoscale.cluster.kustomize.render import render
from autoscale.kube.quantities import milli

FOLDERS = ["base", "loadtest"]


def objects(folder: str) -> dict[str, Any]:
    return {f"{item['kind']}/{item['metadata']['name']}": item for item in render(manifests() / folder)}


def pod_spec(item: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = item["spec"]["template"]["spec"]
    return spec


@pytest.mark.parametrize("release", ["1.30", "1.35", "1.37"])
@pytest.mark.parametrize("folder", FOLDERS)
def test_every_object_is_valid_for_kubernetes(folder: str, release: str) -> None:
    """Each object passes the strict schema of old and new releases of Kubernetes."""
    for item in objects(folder).values():
        kubernetes_validate.validate(item, release, strict=True)


def test_a_misspelt_field_is_not_valid() -> None:
    """The validator used here would notice a typo."""
    deployment = objects("base")["Deployment/web"]
    pod_spec(deployment)["containers"][0]["readinesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, "1.35", strict=True)


def test_probes_ask_the_admin_port() -> None:
    """All three probes go to the port that answers however busy the service is, and never to the busy one."""
    container = pod_spec(objects("base")["Deployment/web"])["containers"][0]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["port"] == "admin"


def test_grace_covers_prestop_and_draining() -> None:
    """The grace period is longer than the preStop sleep and the app's own draining together."""
    spec = pod_spec(objects("base")["Deployment/web"])
    sleep = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert spec["terminationGracePeriodSeconds"] > sleep + server.DRAIN_S


def test_the_autoscaler_can_do_its_work() -> None:
    """The HPA names the Deployment, which starts at the minimum and states the CPU request that the target means."""
    base = objects("base")
    hpa, deployment = base["HorizontalPodAutoscaler/web"]["spec"], base["Deployment/web"]
    assert hpa["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    assert hpa["minReplicas"] == deployment["spec"]["replicas"]
    resources = pod_spec(deployment)["containers"][0]["resources"]
    assert 0 < milli(resources["requests"]["cpu"]) < milli(resources["limits"]["cpu"])


@pytest.mark.parametrize(
    ("folder", "service", "workload"),
    [("base", "Service/web", "Deployment/web"), ("loadtest", "Service/loadtest-master", "Job/loadtest-master")],
)
def test_services_reach_their_pods(folder: str, service: str, workload: str) -> None:
    """A Service's selector is part of its pods' labels, and each of its ports is one that the container names."""
    found = objects(folder)
    template = found[workload]["spec"]["template"]
    selector = found[service]["spec"]["selector"]
    assert selector.items() <= template["metadata"]["labels"].items()
    named = {port["name"] for port in template["spec"]["containers"][0]["ports"]}
    assert {port["targetPort"] for port in found[service]["spec"]["ports"]} <= named


def test_a_failed_worker_is_not_started_again() -> None:
    """Neither Job restarts its pods: a generator that came back would send its load twice."""
    for name in ("Job/loadtest-master", "Job/loadtest-worker"):
        job = objects("loadtest")[name]
        assert job["spec"]["backoffLimit"] == 0
        assert pod_spec(job)["restartPolicy"] == "Never"


def test_workers_have_a_shard_each() -> None:
    """The worker Job is indexed, with as many completions as workers run at once."""
    spec = objects("loadtest")["Job/loadtest-worker"]["spec"]
    assert spec["completionMode"] == "Indexed"
    assert spec["completions"] == spec["parallelism"]


def test_the_generator_holds_no_rights() -> None:
    """No role is bound to the load generator, and neither its account nor its pods mount a token."""
    found = objects("loadtest")
    assert not any(name.startswith(("Role", "ClusterRole")) for name in found)
    assert found["ServiceAccount/loadtest"]["automountServiceAccountToken"] is False
    assert all(
        pod_spec(found[f"Job/loadtest-{role}"])["automountServiceAccountToken"] is False
        for role in ("master", "worker")
    )


@pytest.mark.parametrize("folder", FOLDERS)
def test_containers_run_with_the_least_rights(folder: str) -> None:
    """Every container runs as a user other than root, on a read-only root, without capabilities."""
    workloads = [item for item in objects(folder).values() if "template" in item.get("spec", {})]
    assert workloads
    for item in workloads:
        assert pod_spec(item)["securityContext"]["runAsNonRoot"] is True
        for container in pod_spec(item)["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert container["command"][:2] == ["python", "-m"]


def test_the_image_exposes_the_ports_that_it_serves() -> None:
    """The Dockerfile's EXPOSE, the manifest's ports and the settings' defaults are the same two ports."""
    text = (Path(server.__file__).parent / "Dockerfile").read_text()
    exposed = next(line.split()[1:] for line in text.splitlines() if line.startswith("EXPOSE"))
    ports = pod_spec(objects("base")["Deployment/web"])["containers"][0]["ports"]
    assert exposed == [str(port["containerPort"]) for port in ports] == ["8080", "8081"]
