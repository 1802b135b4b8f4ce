"""``kubectl debug``: containers that are added to a pod, and pods that are copied; and what is refused of it."""

from typing import Any

import pytest

from tests.embedded_api.harness import Kubectl, Server

PODS = "/api/v1/namespaces/default/pods"
MERGE = {"Content-Type": "application/strategic-merge-patch+json"}


@pytest.fixture(autouse=True)
def pod(server: Server) -> None:
    """A pod with one container."""
    spec = {"containers": [{"name": "web", "image": "i"}], "nodeName": "n"}
    assert server.call("POST", PODS, {"metadata": {"name": "web-1"}, "spec": spec})[0] == 201


def added(server: Server, *containers: dict[str, Any]) -> tuple[int, Any]:
    """The answer to a patch that adds ephemeral containers."""
    body = {"spec": {"ephemeralContainers": [{"image": "i", **one} for one in containers]}}
    return server.call("PATCH", f"{PODS}/web-1/ephemeralcontainers", body, **MERGE)


def test_kubectl_adds_a_container_to_a_pod(server: Server, kubectl: Kubectl) -> None:
    """With its defaults, whatever it is for; a second one comes beside the first."""
    kubectl("debug", "web-1", "--image=python", "-c", "look", "--target=web", "--profile=general", "--", "ls", "/")
    kubectl("debug", "web-1", "--image=python", "-c", "again", "-i", "-t", "--attach=false")
    held = server.call("GET", f"{PODS}/web-1")[1]["spec"]["ephemeralContainers"]
    assert [(one["name"], one["imagePullPolicy"]) for one in held] == [("look", "Always"), ("again", "Always")]
    assert (held[0]["command"], held[0]["targetContainerName"]) == (["ls", "/"], "web")
    assert (held[1]["stdin"], held[1]["tty"]) == (True, True)
    kubectl("logs", "web-1", "-c", "look")
    assert server.node.asked[-1]["container"] == "look"


def test_kubectl_copies_a_pod(server: Server, kubectl: Kubectl) -> None:
    """A pod of another name with another image, by the side of the first."""
    kubectl("debug", "web-1", "--copy-to=web-2", "--set-image=web=j", "--image=python", "-c", "look")
    copied = server.call("GET", f"{PODS}/web-2")[1]["spec"]["containers"]
    assert [(one["name"], one["image"]) for one in copied] == [("web", "j"), ("look", "python")]


def test_what_is_there_stays_as_it_is(server: Server) -> None:
    """An ephemeral container can neither be changed nor taken away, and no other part of the pod can be reached so."""
    assert added(server, {"name": "look"})[0] == 200
    pod = server.call("GET", f"{PODS}/web-1")[1]
    for change, why in (([], "may not be removed"), ([{"name": "look", "image": "j"}], "may not be changed")):
        body = {**pod, "spec": {**pod["spec"], "ephemeralContainers": change}}
        code, status = server.call("PUT", f"{PODS}/web-1/ephemeralcontainers", body)
        assert (code, status["details"]["causes"][0]["field"]) == (422, "spec.ephemeralContainers")
        assert f'existing ephemeral containers "look" {why}' in status["message"]
    stale = {**pod, "metadata": {**pod["metadata"], "resourceVersion": "1"}}
    assert server.call("PUT", f"{PODS}/web-1/ephemeralcontainers", stale)[0] == 409
    moved = {**pod, "spec": {**pod["spec"], "containers": [{"name": "other", "image": "i"}]}}
    done = server.call("PUT", f"{PODS}/web-1/ephemeralcontainers", moved)[1]
    assert [one["name"] for one in done["spec"]["containers"]] == ["web"]


@pytest.mark.parametrize(
    ("container", "said"),
    [
        ({"name": "web"}, 'spec.ephemeralContainers[0].name: Duplicate value: "web"'),
        ({"name": "a", "ports": [{"containerPort": 80}]}, "ports: Forbidden: cannot be set for an Ephemeral Container"),
        ({"name": "a", "image": ""}, "spec.ephemeralContainers[0].image: Required value"),
    ],
)
def test_a_container_that_cannot_be_is_refused(server: Server, container: dict[str, Any], said: str) -> None:
    """In upstream's words; nothing is added."""
    code, status = added(server, container)
    assert code == 422
    assert said in status["message"]
    assert "ephemeralContainers" not in server.call("GET", f"{PODS}/web-1")[1]["spec"]


def test_they_come_by_their_subresource_alone(server: Server, deployment: dict[str, Any]) -> None:
    """Not with a new pod, not in a template, not with a change of the pod; another change leaves them alone."""
    containers = [{"name": "look", "image": "i"}]
    new = {"metadata": {"name": "new"}, "spec": {"containers": [{"name": "web", "image": "i"}]}}
    new["spec"]["ephemeralContainers"] = containers
    assert (
        "spec.ephemeralContainers: Forbidden: cannot be set on create" in server.call("POST", PODS, new)[1]["message"]
    )
    deployment["spec"]["template"]["spec"]["ephemeralContainers"] = containers
    status = server.call("POST", "/apis/apps/v1/namespaces/default/deployments", deployment)[1]
    assert "ephemeral containers not allowed in pod template" in status["message"]
    assert server.call("PATCH", f"{PODS}/web-1", {"spec": {"ephemeralContainers": containers}}, **MERGE)[0] == 422
    assert added(server, *containers)[0] == 200
    labelled = server.call("PATCH", f"{PODS}/web-1", {"metadata": {"labels": {"a": "b"}}}, **MERGE)
    assert (labelled[0], len(labelled[1]["spec"]["ephemeralContainers"])) == (200, 1)
