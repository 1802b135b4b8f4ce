"""Whatever a client with the token sends to the embedded cluster's API: never a 5xx, and all goes on afterwards."""

import copy
import json
import urllib.parse
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.hpa import Config
from autoscale.kube.kinds import TABLE
from autoscale.plane.loop import Loop
from autoscale.plane.store import Delete
from tests.embedded_api.harness import NOW, Server
from tests.embedded_api.test_apiserver_robust import BODIES
from tests.fuzz.mutations import bounded, mutated

pytestmark = pytest.mark.long

TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
OBJECTS: dict[str, dict[str, Any]] = {
    **BODIES,
    "/apis/apps/v1/namespaces/default/replicasets": {
        "metadata": {"name": "x"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": TEMPLATE},
    },
    "/apis/policy/v1/namespaces/default/poddisruptionbudgets": {
        "metadata": {"name": "x"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}},
    },
    "/api/v1/namespaces/default/pods": {"metadata": {"name": "x", "labels": {"a": "b"}}, "spec": TEMPLATE["spec"]},
    "/api/v1/namespaces/default/configmaps": {"metadata": {"name": "x"}, "data": {"a": "b"}},
    "/api/v1/namespaces/default/events": {
        "metadata": {"name": "x"},
        "involvedObject": {"kind": "Pod", "name": "x", "namespace": "default"},
        "reason": "R",
        "message": "m",
        "type": "Normal",
        "count": 1,
        "lastTimestamp": "2026-01-01T00:00:00Z",
    },
    "/api/v1/nodes": {"metadata": {"name": "x"}, "status": {"capacity": {"cpu": "2", "memory": "1Gi", "pods": "9"}}},
}
TABLES = "application/json;as=Table;g=meta.k8s.io;v=v1"


def call(server: Server, method: str, path: str, body: Any = None, **headers: str) -> int:
    """One request; its status, none of the server's own faults (501: refused by name, 503: no address)."""
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    with server.open(method, path, data, **headers) as answer:
        text = answer.read()
    assert answer.status < 500 or answer.status in (501, 503), (method, path, body, text[:500])
    return int(answer.status)


def tables(server: Server) -> None:
    """Every kind as `kubectl get` asks for it."""
    for resource in TABLE:
        if resource.served and "get" in resource.verbs:
            root = f"/apis/{resource.group}/{resource.version}" if resource.group else "/api/v1"
            call(server, "GET", f"{root}/{resource.plural}", Accept=TABLES)


def emptied(server: Server) -> None:
    """Take away what the last example left, whatever holds it."""
    for resource in TABLE:
        if resource.kind == "Namespace":
            continue
        for obj in list(server.store.objects.list(resource.kind)):
            metadata = obj["metadata"]
            server.apply(Delete(resource.kind, metadata.get("namespace", ""), metadata["name"], grace_s=0))


@bounded(40)
@given(data=st.data())
def test_objects(server: Server, data: st.DataObject) -> None:
    """A manifest that is nearly right, written in every way: it breaks neither tables nor controllers."""
    path = data.draw(st.sampled_from(sorted(OBJECTS)))
    body = data.draw(mutated(OBJECTS[path]))
    whole = copy.deepcopy(OBJECTS[path])
    call(server, "POST", path, body)
    call(server, "PATCH", f"{path}/x?fieldManager=me&force=true", body, Content_Type="application/apply-patch+yaml")
    call(server, "POST", path, whole)
    call(server, "PUT", f"{path}/x", body)
    for kind in ("merge-patch", "strategic-merge-patch"):
        call(server, "PATCH", f"{path}/x", body, Content_Type=f"application/{kind}+json")
        call(server, "PATCH", f"{path}/x/status", body, Content_Type=f"application/{kind}+json")
    tables(server)
    loop = Loop(server.store, Config())
    server.inside(lambda: [loop.run(NOW + at) for at in (1, 20, 40)])
    told = [text for text in loop.failures if text.startswith("autoscale.")]
    assert not told, (path, body, told)
    call(server, "DELETE", f"{path}/x")
    emptied(server)


STEPS = [
    [{"op": "replace", "path": "/spec/replicas", "value": 2}],
    [{"op": "add", "path": "/metadata/labels/x", "value": "y"}, {"op": "test", "path": "/spec", "value": {}}],
    [
        {"op": "move", "from": "/metadata/labels", "path": "/spec/x"},
        {"op": "copy", "from": "/spec/template", "path": "/x"},
    ],
    [{"op": "remove", "path": "/spec/template/spec/containers/0"}],
]
RAW = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"3",
    b'"x"',
    b"\xff",
    b"\0",
    b"[" * 9000,
    b'{"a":' * 9000,
    b"a: &a [*a]",
    b"1e999",
    b"9" * 9000,
]
KINDS = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
    "application/json",
    "application/yaml",
    "text/plain",
    "",
    "x",
    "a/b; charset=zzz",
)


@bounded(60)
@given(data=st.data())
def test_patches(server: Server, data: st.DataObject) -> None:
    """JSON patches with steps that cannot be, and bodies that are no document, under any content type."""
    path = "/apis/apps/v1/namespaces/default/deployments"
    call(server, "POST", path, BODIES[path])
    body = data.draw(st.one_of(st.sampled_from(STEPS).flatmap(mutated), st.sampled_from(RAW)))
    kind = data.draw(st.sampled_from(KINDS))
    method = data.draw(st.sampled_from(["PATCH", "PUT", "POST", "DELETE"]))
    place = data.draw(st.sampled_from(["", "/x", "/x/scale", "/x/status", "/y"]))
    call(server, method, path + place, body, Content_Type=kind)
    call(server, "DELETE", f"{path}/x")


WORDS = (
    "",
    "1",
    "-1",
    "0",
    "x",
    "true",
    "é",
    "%00",
    "%ff",
    "9" * 30,
    "a=b,c in (d",
    "metadata.name=x",
    "{}",
    "²",
    "٣",
    "..",
    "1e9",
    "0s",
    "/",
    "a b",
)
NAMES = (
    "tailLines",
    "sinceSeconds",
    "sinceTime",
    "limitBytes",
    "container",
    "follow",
    "previous",
    "timestamps",
    "limit",
    "continue",
    "resourceVersion",
    "resourceVersionMatch",
    "labelSelector",
    "fieldSelector",
    "timeoutSeconds",
    "dryRun",
    "fieldManager",
    "fieldValidation",
    "force",
    "includeObject",
    "gracePeriodSeconds",
    "propagationPolicy",
    "pretty",
    "allowWatchBookmarks",
)
PIECES = (
    "api",
    "apis",
    "v1",
    "apps",
    "v2",
    "autoscaling",
    "namespaces",
    "default",
    "pods",
    "x",
    "log",
    "proxy",
    "scale",
    "status",
    "deployments",
    "horizontalpodautoscalers",
    "",
    "..",
    "%2e",
    "%00",
    "%ff",
    "a:b:c",
    "metrics.k8s.io",
    "v1beta1",
    "nodes",
    "openapi",
    "v3",
    "version",
    "accepted",
    "x:70000",
    "x:٣",
    "é",
    "services",
    "events",
    "eviction",
    "binding",
    "resize",
)
HEADS = (
    "",
    "*/*",
    "application/json;as=",
    "application/json;as=Table;v=x",
    ";;;",
    "application/vnd.kubernetes.protobuf",
    "é",
    "=",
    ",",
)


@bounded(150)
@given(data=st.data())
def test_requests(server: Server, data: st.DataObject) -> None:
    """Any path, query and Accept header, also on a pod that is there."""
    call(server, "POST", "/api/v1/namespaces/default/pods", OBJECTS["/api/v1/namespaces/default/pods"])
    paths = st.one_of(
        st.lists(st.sampled_from(PIECES), max_size=7).map("/".join),
        st.sampled_from(
            ["api/v1/pods", "api/v1/namespaces/default/pods/x/log", "apis/apps/v1/deployments", "api/v1/nodes/x"]
        ),
    )
    query = {name: data.draw(st.sampled_from(WORDS)) for name in data.draw(st.sets(st.sampled_from(NAMES), max_size=3))}
    # As upstream reads a flag, all other words are true: the log of a pod that is there would be followed for ever.
    query.pop("follow" if query.get("follow") not in ("", "false", "0") else "", None)
    path = urllib.parse.quote("/" + data.draw(paths), safe="/%:")
    text = "&".join(f"{name}={urllib.parse.quote(value, safe='%')}" for name, value in query.items())
    accept = data.draw(st.sampled_from(HEADS)).encode().decode("latin-1")
    method = data.draw(st.sampled_from(["GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH"]))
    call(server, method, f"{path}?{text}" if text else path, Accept=accept)


@pytest.mark.parametrize("given", [b"\xff\xfe", b"Bearer \xe9", b"Bearer a-token\xff", b"", b"Bearer", b"x" * 4000])
def test_authorizations(server: Server, given: bytes) -> None:
    """Bytes that are no text are a wrong token like any other."""
    with server.open("GET", "/api/v1/pods", Authorization=given.decode("latin-1")) as answer:
        assert (answer.status, json.loads(answer.read())["reason"]) == (401, "Unauthorized")
