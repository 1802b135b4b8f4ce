"""The official Python client against a whole embedded cluster: its models validate strictly what they read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config, utils, watch

from autoscale.embedded import settings
from autoscale.embedded.launch import process
from tests.conftest import eventually, need
from tests.embedded_api.harness import Kubectl, find_kubectl

TINY = (
    "import os; from http.server import *;"
    "HTTPServer((os.environ['POD_IP'], 8080), SimpleHTTPRequestHandler).serve_forever()"
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[process.Running]:
    """One cluster for all of this file, with quick periods and an image for a tiny HTTP server."""
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    running = process.start("clients", settings.quick())
    yield running
    running.stop()
    patch.undo()


@pytest.fixture
def api(cluster: process.Running) -> Iterator[client.ApiClient]:
    """The official client, configured by the cluster's own kubeconfig."""
    made = config.new_client_from_config(str(cluster.kubeconfig), "embedded", persist_config=False)
    yield made
    made.close()
    made.rest_client.pool_manager.clear()


@pytest.fixture
def namespace(api: client.ApiClient) -> Iterator[str]:
    """A namespace of its own for each test."""
    core = client.CoreV1Api(api)
    name = core.create_namespace({"metadata": {"generateName": "test-"}}).metadata.name
    yield name
    core.delete_namespace(name)
    eventually(lambda: name not in {one.metadata.name for one in core.list_namespace().items}, "the namespace to go")


def deployment(replicas: int = 2) -> client.V1Deployment:
    """A tiny HTTP server that answers its own readiness probe, as the client's own models."""
    container = client.V1Container(
        name="web",
        image="autoscale-app:dev",
        command=["python", "-c", TINY],
        ports=[client.V1ContainerPort(container_port=8080, name="http")],
        env=[
            client.V1EnvVar(
                name="POD_IP",
                value_from=client.V1EnvVarSource(field_ref=client.V1ObjectFieldSelector(field_path="status.podIP")),
            )
        ],
        readiness_probe=client.V1Probe(http_get=client.V1HTTPGetAction(path="/", port="http"), period_seconds=1),
        resources=client.V1ResourceRequirements(requests={"cpu": "50m"}),
    )
    labels = {"app": "web"}
    template = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels=labels),
        spec=client.V1PodSpec(containers=[container], termination_grace_period_seconds=1),
    )
    spec = client.V1DeploymentSpec(
        replicas=replicas, selector=client.V1LabelSelector(match_labels=labels), template=template
    )
    return client.V1Deployment(metadata=client.V1ObjectMeta(name="web"), spec=spec)


def test_a_deployment_lives_and_every_object_validates(api: client.ApiClient, namespace: str) -> None:
    """Everything of a live service passes the client's models, and so does every version that a watch sees."""
    apps, core = client.AppsV1Api(api), client.CoreV1Api(api)
    scaling = client.AutoscalingV2Api(api)
    apps.create_namespaced_deployment(namespace, deployment())
    port = client.V1ServicePort(port=8080, target_port="http")
    service = client.V1ServiceSpec(selector={"app": "web"}, ports=[port])
    made = core.create_namespaced_service(
        namespace, client.V1Service(metadata=client.V1ObjectMeta(name="web"), spec=service)
    )
    assert made.spec.cluster_ip.startswith("127.")
    reference = client.V2CrossVersionObjectReference(api_version="apps/v1", kind="Deployment", name="web")
    hpa = client.V2HorizontalPodAutoscaler(
        metadata=client.V1ObjectMeta(name="web"),
        spec=client.V2HorizontalPodAutoscalerSpec(scale_target_ref=reference, min_replicas=2, max_replicas=2),
    )
    scaling.create_namespaced_horizontal_pod_autoscaler(namespace, hpa)
    ready = eventually(lambda: _ready(apps, namespace, 2), "two ready pods")
    assert ready.status.updated_replicas == 2
    current = eventually(lambda: _utilization(scaling, namespace), "the autoscaler to see metrics")
    assert current.resource.name == "cpu"
    pods = core.list_namespaced_pod(namespace, label_selector="app=web").items
    assert {pod.status.phase for pod in pods} == {"Running"}
    assert {pod.spec.node_name for pod in pods} == {"embedded"}
    assert len({pod.status.pod_ip for pod in pods}) == 2
    assert len(apps.list_namespaced_replica_set(namespace).items) == 1
    slices = client.DiscoveryV1Api(api).list_namespaced_endpoint_slice(namespace).items
    assert {address for one in slices for point in one.endpoints for address in point.addresses} == {
        pod.status.pod_ip for pod in pods
    }
    assert core.list_node().items[0].status.node_info.kubelet_version
    events = core.list_namespaced_event(namespace).items
    assert {"Scheduled", "Created", "Started", "ScalingReplicaSet"} <= {event.reason for event in events}
    usage = utils.get_pods_metrics(api, namespace) if hasattr(utils, "get_pods_metrics") else None
    assert usage is None or usage
    for call in (core.list_namespaced_pod, apps.list_namespaced_deployment, core.list_namespaced_event):
        seen = [one["type"] for one in watch.Watch().stream(call, namespace, resource_version="0", timeout_seconds=1)]
        assert seen


def _ready(apps: client.AppsV1Api, namespace: str, count: int) -> Any:
    found = apps.read_namespaced_deployment("web", namespace)
    return found if found.status.ready_replicas == count else None


def _utilization(scaling: client.AutoscalingV2Api, namespace: str) -> Any:
    found = scaling.read_namespaced_horizontal_pod_autoscaler("web", namespace).status.current_metrics
    # While there is no sample the controller writes an entry without a value, as the real one does.
    return (
        found[0] if found and found[0].resource and found[0].resource.current.average_utilization is not None else None
    )


def test_scale_patch_and_delete_through_the_client(api: client.ApiClient, namespace: str) -> None:
    """The client's own patch and scale calls; deleting a Deployment takes its pods with it."""
    apps, core = client.AppsV1Api(api), client.CoreV1Api(api)
    apps.create_namespaced_deployment(namespace, deployment(1))
    eventually(lambda: _ready(apps, namespace, 1), "a ready pod")
    scale = apps.read_namespaced_deployment_scale("web", namespace)
    scale.spec.replicas = 2
    assert apps.replace_namespaced_deployment_scale("web", namespace, scale).spec.replicas == 2
    eventually(lambda: _ready(apps, namespace, 2), "a second ready pod")
    done = apps.patch_namespaced_deployment("web", namespace, {"metadata": {"labels": {"seen": "yes"}}})
    assert done.metadata.labels == {"seen": "yes"}
    gone = apps.delete_namespaced_deployment("web", namespace)
    assert gone["status"] == "Success"
    eventually(lambda: not core.list_namespaced_pod(namespace).items, "the pods to go with their Deployment")


def test_logs_and_proxy_through_the_client(api: client.ApiClient, namespace: str) -> None:
    """A pod's log, and HTTP to a pod and a Service by way of the API server."""
    apps, core = client.AppsV1Api(api), client.CoreV1Api(api)
    apps.create_namespaced_deployment(namespace, deployment(1))
    core.create_namespaced_service(
        namespace, {"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 8080}]}}
    )
    eventually(lambda: _ready(apps, namespace, 1), "a ready pod")
    name = core.list_namespaced_pod(namespace).items[0].metadata.name
    assert "GET / HTTP" in eventually(
        lambda: core.read_namespaced_pod_log(name, namespace, tail_lines=5), "the probes are not in the log"
    )
    assert "Directory listing" in core.connect_get_namespaced_pod_proxy(f"{name}:8080", namespace)
    answered = eventually(lambda: _by_service(core, namespace), "the Service to answer")
    assert "Directory listing" in answered


def _by_service(core: client.CoreV1Api, namespace: str) -> str:
    try:
        return str(core.connect_get_namespaced_service_proxy("web:8080", namespace))
    except client.ApiException as error:
        if error.status != 503:
            raise
        return ""


def test_refusals_are_the_clients_exceptions(api: client.ApiClient, namespace: str) -> None:
    """404, 409 and 422 come as ApiException with a Status for a body."""
    apps = client.AppsV1Api(api)
    apps.create_namespaced_deployment(namespace, deployment(0))
    wrong = {"metadata": {"name": "wrong"}, "spec": {"selector": {}, "template": {"spec": {"containers": []}}}}
    for call, code, reason in (
        (lambda: apps.read_namespaced_deployment("nothing", namespace), 404, "NotFound"),
        (lambda: apps.create_namespaced_deployment(namespace, deployment()), 409, "AlreadyExists"),
        (lambda: apps.create_namespaced_deployment(namespace, wrong), 422, "Invalid"),
    ):
        with pytest.raises(client.ApiException) as refusal:
            call()
        assert (refusal.value.status, json.loads(refusal.value.body)["reason"]) == (code, reason)


@pytest.fixture
def kubectl(cluster: process.Running, namespace: str, tmp_path: Path) -> Kubectl:
    """A kubectl whose context is the test's namespace."""
    program = find_kubectl()
    need(program is not None, "no kubectl on this machine: `make kubectl` builds one")
    assert program
    made = Kubectl(program, tmp_path / "kubeconfig", tmp_path)
    made.kubeconfig.write_bytes(cluster.kubeconfig.read_bytes())
    made("config", "set-context", "--current", f"--namespace={namespace}")
    return made


ONCE = ("--image=autoscale-app:dev", "--restart=Never")


@pytest.mark.parametrize("websockets", ["true", "false"])
def test_kubectl_talks_to_a_container(kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch, websockets: str) -> None:
    """`run -i`, by WebSocket or SPDY: what is typed arrives, and its end; what is said comes back; its exit code."""
    monkeypatch.setenv("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", websockets)
    script = "import sys; said = sys.stdin.read(); print('got', said.strip()); sys.exit(3)"
    kubectl("run", "one", "-i", *ONCE, "--", "python", "-c", script, stdin="typed\n", fails=True)
    assert kubectl("logs", "one") == "got typed\n"
    ended = "jsonpath={.status.containerStatuses[0].state.terminated.exitCode}"
    assert kubectl("get", "pod", "one", "-o", ended) == "3"


def test_kubectl_debugs_a_pod(kubectl: Kubectl) -> None:
    """A container comes beside the one that runs, and its log is there."""
    kubectl("run", "two", *ONCE, "--", "sleep", "1000")
    kubectl("wait", "pod/two", "--for=condition=Ready", "--timeout=50s")
    kubectl("debug", "two", ONCE[0], "-c", "look", "--", "echo", "seen")
    ended = "jsonpath={.status.ephemeralContainerStatuses[0].state.terminated.exitCode}"
    eventually(lambda: kubectl("get", "pod", "two", "-o", ended) == "0", "the container for debugging to end")
    assert kubectl("logs", "two", "-c", "look") == "seen\n"
    kubectl("delete", "pod", "two", "--force", "--grace-period=0")
