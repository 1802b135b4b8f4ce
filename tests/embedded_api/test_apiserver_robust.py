"""Whatever a client sends is refused with a Status; nothing makes the server stumble."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.embedded_api.harness import Server

BODIES: dict[str, dict[str, Any]] = {
    "/apis/apps/v1/namespaces/default/deployments": {
        "metadata": {"name": "x", "labels": {"a": "b"}, "finalizers": ["a/b"], "managedFields": []},
        "spec": {
            "replicas": 1,
            "selector": {
                "matchLabels": {"a": "b"},
                "matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}],
            },
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}},
            "template": {
                "metadata": {"labels": {"a": "b"}},
                "spec": {
                    "volumes": [{"name": "v", "emptyDir": {}}],
                    "containers": [
                        {
                            "name": "c",
                            "image": "i",
                            "command": ["x"],
                            "ports": [{"containerPort": 80, "name": "p"}],
                            "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                            "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "1"}},
                            "readinessProbe": {"httpGet": {"port": "p"}},
                            "lifecycle": {"preStop": {"sleep": {"seconds": 1}}},
                        }
                    ],
                },
            },
        },
    },
    "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers": {
        "metadata": {"name": "x"},
        "spec": {
            "scaleTargetRef": {"kind": "Deployment", "name": "x", "apiVersion": "apps/v1"},
            "maxReplicas": 3,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 5}},
                }
            ],
            "behavior": {"scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 15}]}},
        },
    },
    "/apis/batch/v1/namespaces/default/jobs": {
        "metadata": {"name": "x"},
        "spec": {
            "completions": 2,
            "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}},
        },
    },
    "/api/v1/namespaces/default/services": {
        "metadata": {"name": "x"},
        "spec": {"clusterIP": "", "selector": {"a": "b"}, "ports": [{"name": "p", "port": 80, "targetPort": "http"}]},
    },
}
odd = st.sampled_from([None, "", "x", -1, 0, 1.5, True, [], [None], ["x"], {}, {"x": 1}, {"name": None}, [{}]])


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at] * bool(at) + [path for name, inner in items for path in places(inner, (*at, name))]


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with another value at a path."""
    result = copy.deepcopy(document)
    holder = result
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = value
    return result


@pytest.mark.parametrize("path", BODIES)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_odd_values_are_refused_or_taken(server: Server, path: str, data: st.DataObject) -> None:
    """One value of a right manifest replaced by an odd one: created, applied or patched, the answer is never a 5xx, and
    every failure is a Status."""
    body = replaced(BODIES[path], data.draw(st.sampled_from(places(BODIES[path]))), data.draw(odd))
    for method, target, kind in (
        ("POST", f"{path}?dryRun=All", "application/json"),
        ("PATCH", f"{path}/x?fieldManager=me&force=true", "application/apply-patch+yaml"),
        ("PATCH", f"{path}/x", "application/strategic-merge-patch+json"),
        ("PATCH", f"{path}/x", "application/merge-patch+json"),
    ):
        code, answer = server.call(method, target, body, Content_Type=kind)
        assert code < 500, (method, kind, body, answer)
        assert code < 400 or (answer["kind"], bool(answer["message"])) == ("Status", True)
    server.call("DELETE", f"{path}/x")


@pytest.mark.parametrize("body", [{"spec": {}}, {"metadata": []}, {"metadata": None}, {"metadata": {"labels": 3}}, {}])
def test_bodies_without_metadata_are_refused(server: Server, body: dict[str, Any]) -> None:
    """No metadata at all is as bad a name as none."""
    for path in BODIES:
        code, answer = server.call("POST", path, body)
        assert (code in (400, 422), answer["kind"]) == (True, "Status"), path


DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


@pytest.mark.parametrize("query", ["", "?dryRun=1", "?fieldValidation=x", f"?fieldManager={'x' * 200}"])
def test_a_method_that_there_is_not_is_told_whatever_its_options(server: Server, query: str) -> None:
    """Options are of writes: what is none has none that could be wrong."""
    for method, path in (("OPTIONS", DEPLOYMENTS), ("PUT", DEPLOYMENTS), ("POST", f"{DEPLOYMENTS}/x")):
        code, answer = server.call(method, path + query)
        assert (code, answer["reason"]) == (405, "MethodNotAllowed")


@pytest.mark.parametrize(("replicas", "code"), [(1000, 201), (1001, 422), (2**31, 400), (99999999999, 400), (-1, 422)])
def test_replicas_are_bounded(server: Server, replicas: int, code: int) -> None:
    """By their 32 bits, and by what one object may ask of the embedded cluster."""
    body = replaced(BODIES[DEPLOYMENTS], ("spec", "replicas"), replicas)
    assert server.call("POST", DEPLOYMENTS, body)[0] == code


@pytest.mark.parametrize(("cpu", "code"), [("100E", 422), ("0.5", 201), ("1e99999999", 400), ("9" * 400, 400)])
def test_quantities_are_bounded(server: Server, cpu: str, code: int) -> None:
    """No exponent is worked out that nothing can hold; 100E is a quantity, but more than its limit."""
    path = ("spec", "template", "spec", "containers", 0, "resources", "requests", "cpu")
    assert server.call("POST", DEPLOYMENTS, replaced(BODIES[DEPLOYMENTS], path, cpu))[0] == code


def test_a_json_patch_is_bounded_and_its_paths_are_texts(server: Server) -> None:
    """A number as a path, too many steps, and copies that double the document are refused; a few copies are not."""
    server.call("POST", DEPLOYMENTS, BODIES[DEPLOYMENTS])
    label = {"op": "add", "path": "/metadata/labels/b", "value": "c"}
    double = {"op": "copy", "from": "", "path": "/metadata/annotations"}
    for steps, codes in (
        ([{**label, "path": 3}], {422}),
        ([label] * 10_001, {413}),
        ([double] * 60, {422}),
        ([label, {"op": "copy", "from": "/metadata/labels/b", "path": "/metadata/labels/d"}], {200}),
    ):
        code, _ = server.call("PATCH", f"{DEPLOYMENTS}/x", steps, Content_Type="application/json-patch+json")
        assert code in codes, steps[:2]


def test_a_budget_without_spec_can_be_shown(server: Server) -> None:
    """As upstream's printer shows it: neither bound."""
    path = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
    assert server.call("POST", path, {"metadata": {"name": "x"}})[0] == 201
    code, shown = server.call("GET", path, Accept="application/json;as=Table;g=meta.k8s.io;v=v1")
    assert (code, shown["rows"][0]["cells"][:3]) == (200, ["x", "N/A", "N/A"])


@pytest.mark.parametrize("body", [b"[" * 9000, b'{"a":' * 9000, b'{"a": NaN}', b'{"a": 1e999}'])
def test_bodies_that_no_other_reader_takes_are_refused(server: Server, body: bytes) -> None:
    """Nested too deeply, or with numbers that are none."""
    assert server.call("POST", DEPLOYMENTS, body)[0] == 400


def test_a_replica_set_without_template_is_refused(server: Server) -> None:
    """By name of the field."""
    body = {"metadata": {"name": "x"}, "spec": {"selector": {"matchLabels": {"a": "b"}}}}
    code, answer = server.call("POST", "/apis/apps/v1/namespaces/default/replicasets", body)
    assert (code, "spec.template" in answer["message"]) == (422, True)


@pytest.mark.parametrize("spec", [{}, {"spec": None}, {"spec": {"containers": None}}])
def test_a_pod_is_not_replaced_by_one_without_a_spec(server: Server, spec: dict[str, Any]) -> None:
    """It is refused as invalid, and the pod stays as it was."""
    pods = "/api/v1/namespaces/default/pods"
    body = {"metadata": {"name": "whole"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    assert server.call("POST", pods, body)[0] == 201
    assert server.call("PUT", f"{pods}/whole", {"metadata": {"name": "whole"}, **spec})[0] == 422
    assert server.call("GET", f"{pods}/whole")[1]["spec"]["containers"][0]["name"] == "c"
