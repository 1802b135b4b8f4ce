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
