"""Logs with their options, proxies, selectors, metrics, and what every client asks first."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from autoscale.plane.store import Create, UpdateStatus
from tests.embedded_api.harness import Server

PODS = "/api/v1/namespaces/default/pods"


def pod(name: str = "p", containers: tuple[str, ...] = ("c",), **status: Any) -> dict[str, Any]:
    spec = {"nodeName": "n", "containers": [{"name": one, "image": "i"} for one in containers]}
    return {"kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec, "status": status}


def put(server: Server, made: dict[str, Any]) -> None:
    """Create a pod and give it its status, as a kubelet does."""
    stored = server.apply(Create(made))
    server.apply(UpdateStatus({**stored, "status": {**stored["status"], **made["status"]}}))


def text(server: Server, path: str) -> str:
    """The body of a GET."""
    with server.open("GET", path) as answer:
        return str(answer.read().decode())


def test_log_options_reach_the_kubelet(server: Server) -> None:
    """tailLines, sinceSeconds, sinceTime, timestamps and limitBytes; the only container needs no name."""
    put(server, pod())
    assert (
        text(server, f"{PODS}/p/log?tailLines=2&timestamps=true&sinceTime=2026-11-23T00%3A00%3A00Z") == "two\nthree\n"
    )
    asked = server.node.asked[-1]
    assert (asked["container"], asked["tail"], asked["timestamps"], asked["since"]) == ("c", 2, True, 1795392000.0)
    assert text(server, f"{PODS}/p/log?limitBytes=6") == "one\ntw"
    assert server.call("GET", f"{PODS}/p/log?tailLines=two")[1]["reason"] == "BadRequest"


def test_which_container_has_to_be_said_where_there_are_two(server: Server) -> None:
    """Two containers and no name is refused with their names; a wrong name and a missing pod too."""
    put(server, pod(containers=("a", "b")))
    code, status = server.call("GET", f"{PODS}/p/log")
    assert (code, "choose one of: [a b]" in status["message"]) == (400, True)
    assert text(server, f"{PODS}/p/log?container=b").startswith("one")
    assert server.call("GET", f"{PODS}/p/log?container=x")[0] == 400
    assert server.call("GET", f"{PODS}/nobody/log")[0] == 404


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        said = f"{self.command} {self.path} auth={self.headers.get('Authorization')} x={self.headers.get('X-Mine')} "
        self.send_response(418)
        self.send_header("X-Pod", "p")
        self.end_headers()
        self.wfile.write(said.encode() + body)

    do_GET = do_POST

    def log_message(self, *_: Any) -> None:
        """Silence."""


@pytest.fixture
def echo() -> Iterator[int]:
    """An HTTP server at 127.0.0.1; its port."""
    with HTTPServer(("127.0.0.1", 0), Echo) as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found.server_address[1]
        found.shutdown()
        thread.join(5)


def test_a_proxy_hands_everything_on_but_our_credentials(server: Server, echo: int) -> None:
    """Method, path, query, headers and body reach the pod; status, headers and body come back; the token stays here."""
    put(server, pod(podIP="127.0.0.1"))
    with server.open("POST", f"{PODS}/p:{echo}/proxy/a%20b/c?d=e%26f", b"body", X_Mine="yes") as answer:
        assert (answer.status, answer.headers["X-Pod"]) == (418, "p")
        assert answer.read() == b"POST /a%20b/c?d=e%26f auth=None x=yes body"


def test_a_proxy_to_nobody_is_unavailable(server: Server) -> None:
    """No address yet, and an address where nobody listens, are 503 with a Status."""
    put(server, pod())
    assert server.call("GET", f"{PODS}/p/proxy/")[1]["reason"] == "ServiceUnavailable"
    put(server, pod("q", podIP="127.0.0.1"))
    code, status = server.call("GET", f"{PODS}/q:1/proxy/")
    assert (code, "error trying to reach service" in status["message"]) == (503, True)


def test_lists_are_selected_by_label_and_field(server: Server) -> None:
    """Equality, sets, existence and their opposites; fields of pods; what cannot be read is refused by name."""
    for name, phase in (("a", "Running"), ("b", "Succeeded")):
        put(server, pod(name, phase=phase))
    for query, names in (
        ("labelSelector=app%3Da", ["a"]),
        ("labelSelector=app%21%3Da", ["b"]),
        ("labelSelector=app+in+%28a%2Cb%29", ["a", "b"]),
        ("labelSelector=app+notin+%28a%29%2Capp", ["b"]),
        ("labelSelector=%21app", []),
        ("labelSelector=app%3E4", []),
        ("fieldSelector=status.phase%3DRunning%2Cspec.nodeName%3Dn", ["a"]),
        ("fieldSelector=status.phase%21%3DRunning", ["b"]),
        ("fieldSelector=metadata.name%3Da", ["a"]),
    ):
        found = server.call("GET", f"{PODS}?{query}")[1]["items"]
        assert [one["metadata"]["name"] for one in found] == names, query
    code, status = server.call("GET", f"{PODS}?fieldSelector=spec.colour%3Dred")
    assert (code, "spec.colour" in status["message"]) == (400, True)
    code, status = server.call("GET", f"{PODS}?labelSelector=app%3Eb")
    assert (code, "the value must be an integer" in status["message"]) == (400, True)
    assert server.call("GET", f"{PODS}?labelSelector=a+b")[0] == 400


def test_metrics_are_listed_and_selected(server: Server) -> None:
    """metrics.k8s.io serves what the kubelet has, by namespace, label and name; nothing is a 404."""
    metadata = {"name": "p", "namespace": "default", "labels": {"app": "p"}}
    server.node.metrics = [{"kind": "PodMetrics", "metadata": metadata, "containers": []}]
    path = "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods"
    assert len(server.call("GET", f"{path}?labelSelector=app%3Dp")[1]["items"]) == 1
    assert server.call("GET", f"{path}?labelSelector=app%3Dq")[1]["items"] == []
    assert server.call("GET", f"{path}/p")[1]["metadata"] == metadata
    assert server.call("GET", f"{path}/q")[0] == 404
    assert server.call("GET", path.replace("default", "other"))[1]["items"] == []


def test_discovery_names_every_group(server: Server) -> None:
    """Each group that is announced has resources and an OpenAPI document with field validation."""
    groups = server.call("GET", "/apis")[1]["groups"]
    paths = ["/api/v1", *(f"/apis/{one['preferredVersion']['groupVersion']}" for one in groups)]
    assert "/apis/autoscaling/v2" in paths
    for path in paths:
        assert server.call("GET", path)[1]["resources"], path
        assert server.call("GET", f"/openapi/v3{path}")[1]["paths"], path
    assert server.call("GET", "/version")[1]["minor"] == "35"
    assert server.call("GET", "/apis/apps/v1beta1")[0] == 404
    assert server.call("GET", "/apis/apps/v1/namespaces/default/podgangs")[0] == 404


def test_what_can_only_be_asked_is_answered(server: Server) -> None:
    """SelfSubjectAccessReview: whoever has the token may do everything."""
    spec = {"resourceAttributes": {"verb": "create", "resource": "pods"}}
    code, review = server.call("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {"spec": spec})
    assert (code, review["status"]["allowed"], review["spec"]) == (201, True, spec)
    assert server.call("GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")[0] == 405


def test_bodies_that_cannot_be_read_are_refused(server: Server) -> None:
    """Broken JSON, a list, protobuf, another kind and another namespace: each with its own reason."""
    path = "/api/v1/namespaces/default/configmaps"
    assert server.call("POST", path, b"{")[0] == 400
    assert server.call("POST", path, b"[]")[0] == 400
    assert server.call("POST", path, b"k8s\0", Content_Type="application/vnd.kubernetes.protobuf")[0] == 400
    assert server.call("POST", path, {"kind": "Pod", "metadata": {"name": "a"}})[0] == 400
    assert server.call("POST", path, {"metadata": {"name": "a", "namespace": "other"}})[0] == 400
    assert server.call("POST", path, {"metadata": {"name": "A_b"}})[0] == 422
    assert server.call("POST", path, {"metadata": {"name": "a"}, "data": {"x": 1}})[0] == 400
    assert server.call("POST", path, {"metadata": {"name": "a"}, "data": {"x": "1"}})[0] == 201
    assert server.call("PUT", path, {"metadata": {"name": "a"}})[0] == 405
