"""Typed clients send protobuf: what is stored is what JSON would have stored, or the same refusal."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from autoscale.kube.kinds import RESOURCES
from autoscale.kube.resource import Resource
from autoscale.kube.schema import Field, type_of
from tests.embedded_api.harness import Server
from tests.embedded_api.protobuf_writer import PROTOBUF, encoded

CREATED = [one for one in RESOURCES.values() if "create" in one.verbs and "." not in one.group.removesuffix(".k8s.io")]
CONTAINER = {"name": "web", "image": "app", "ports": [{"containerPort": 80}], "resources": {"limits": {"cpu": "1"}}}
SELECTOR = {"matchLabels": {"app": "web"}}
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [CONTAINER]}}
RIGHT: dict[str, dict[str, Any]] = {
    "Pod": {"spec": TEMPLATE["spec"]},
    "Deployment": {"spec": {"selector": SELECTOR, "template": TEMPLATE, "replicas": 0}},
    "ReplicaSet": {"spec": {"selector": SELECTOR, "template": TEMPLATE}},
    "StatefulSet": {"spec": {"selector": SELECTOR, "template": TEMPLATE, "serviceName": "web"}},
    "DaemonSet": {"spec": {"selector": SELECTOR, "template": TEMPLATE}},
    "Job": {"spec": {"template": {"spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}}},
    "Service": {
        "spec": {"clusterIP": "None", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]}
    },
    "HorizontalPodAutoscaler": {
        "spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}
    },
    "PodDisruptionBudget": {"spec": {"minAvailable": "50%", "selector": SELECTOR}},
    "EndpointSlice": {"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}]},
    "Lease": {"spec": {"holderIdentity": "me", "renewTime": "2026-01-01T00:00:00.000000Z"}},
    "Secret": {"data": {"a": "AAECAw=="}, "type": "Opaque"},
    "Event": {"involvedObject": {"kind": "Pod", "name": "x"}, "lastTimestamp": "2026-01-01T00:00:00Z", "count": 1},
    "Role": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
    "RoleBinding": {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "x"}},
}
OTHER = {
    *("caBundle", "data", "binaryData"),  # bytes: a string there
    *("kind", "apiVersion", "managedFields"),
    "workloadRef",  # an alpha field of 0.35 alone
}
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.sampled_from(["a", "web", "é", "10.0.0.1", "Never"]),
    "int32": st.integers(1, 2**31 - 1),
    "int64": st.integers(1, 2**63 - 1),
    "boolean": st.just(True),
    "Quantity": st.sampled_from(["1", "250m", "64Mi"]),
    "IntOrString": st.sampled_from([1, 8080, "http", "25%"]),
    "Time": st.just("2026-01-31T12:00:00Z"),
    "MicroTime": st.just("2026-01-31T12:00:00.250000Z"),
}


def values(type_name: str, depth: int) -> st.SearchStrategy[Any]:
    """Values of a type, none of them zero: Go's JSON leaves those out."""
    type_ = type_of(type_name)
    if type_ is None:
        return SCALARS.get(type_name, st.just({"a": 1}))
    kept = {name: one for name, one in type_.fields.items() if depth and _plain(name, one)}
    return st.fixed_dictionaries({}, optional={name: fields(one, depth - 1) for name, one in kept.items()})


def _plain(name: str, field: Field) -> bool:
    return name not in OTHER and field.type not in ("any", "number")


def fields(field: Field, depth: int) -> st.SearchStrategy[Any]:
    one = values(field.type, depth)
    if field.shape == "list":
        return st.lists(one, min_size=1, max_size=2)
    return st.dictionaries(st.sampled_from(["a", "cpu"]), one, min_size=1) if field.shape == "map" else one


def objects(resource: Resource) -> st.SearchStrategy[dict[str, Any]]:
    """An object that is right, with labels, or with any one other field of its own."""
    right = {"apiVersion": resource.api_version, "kind": resource.kind, **RIGHT.get(resource.kind, {})}
    labels = st.fixed_dictionaries({"name": st.just("x")}, optional={"labels": st.just({"a": "b"})})
    plain = labels.map(lambda metadata: {**right, "metadata": metadata})
    type_ = type_of(resource.kind)
    own = {name: one for name, one in type_.fields.items() if _plain(name, one)} if type_ else {}
    own.pop("metadata", None)
    if not own:
        return plain
    other = st.sampled_from(sorted(own)).flatmap(lambda name: fields(own[name], 2).map(lambda value: {name: value}))
    return st.one_of(plain, st.builds(lambda base, more: {**base, **more}, plain, other))


def told(server: Server, path: str, body: bytes, kind: str) -> tuple[int, Any]:
    """What is stored, without what differs from one request to the next; or the causes, in any order."""
    code, found = server.call("POST", path, body, Content_Type=kind)
    if code >= 400:
        return code, sorted(map(str, found.get("details", {}).get("causes", [found["message"]])))
    uid = found.get("metadata", {}).get("uid", "no uid")
    found = json.loads(json.dumps(found).replace(uid, "UID"))
    for name in ("creationTimestamp", "managedFields", "resourceVersion"):
        found.get("metadata", {}).pop(name, None)
    return code, found


@pytest.mark.parametrize("resource", CREATED, ids=lambda one: one.qualified)
def test_both_ways_store_the_same(server: Server, resource: Resource) -> None:
    """Every kind that is served: the object that protobuf makes is the object that JSON makes, or is refused alike."""
    path = resource.path("default" if resource.namespaced else None) + "?dryRun=All&fieldValidation=Ignore"
    taken = []

    @settings(
        max_examples=10,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
    @given(obj=objects(resource))
    def both_ways(obj: dict[str, Any]) -> None:
        found = told(server, path, json.dumps(obj).encode(), "application/json")
        assert told(server, path, encoded(obj), PROTOBUF) == found
        taken.append(found[0])

    both_ways()
    assert 201 in taken or resource.kind not in RIGHT


def test_updates_scales_evictions_and_deletions(server: Server, deployment: dict[str, Any]) -> None:
    """What clients send beside new objects: PUT, Scale, Eviction, DeleteOptions with a precondition."""
    path = "/apis/apps/v1/namespaces/default/deployments"
    assert server.call("POST", path, encoded(deployment), Content_Type=PROTOBUF)[0] == 201
    deployment["spec"]["replicas"] = 0
    assert server.call("PUT", f"{path}/web", encoded(deployment), Content_Type=PROTOBUF)[1]["spec"]["replicas"] == 0
    scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web"}, "spec": {"replicas": 3}}
    code, scaled = server.call("PUT", f"{path}/web/scale", encoded(scale), Content_Type=PROTOBUF)
    assert (code, scaled["spec"]) == (200, {"replicas": 3})
    options = {"apiVersion": "apps/v1", "kind": "DeleteOptions", "preconditions": {"uid": "other"}}
    assert server.call("DELETE", f"{path}/web", encoded(options), Content_Type=PROTOBUF)[0] == 409
    options["preconditions"] = {"uid": scaled["metadata"]["uid"]}
    assert server.call("DELETE", f"{path}/web", encoded(options), Content_Type=PROTOBUF)[0] == 200
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": TEMPLATE["spec"]}
    server.call("POST", "/api/v1/namespaces/default/pods", encoded(pod), Content_Type=PROTOBUF)
    evict = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "x"}}
    evicted = server.call("POST", "/api/v1/namespaces/default/pods/x/eviction", encoded(evict), Content_Type=PROTOBUF)
    assert evicted[0] == 201


def test_what_is_no_protobuf_is_a_status(server: Server) -> None:
    """JSON, half a message and another kind under protobuf's content type; a patch, which has none."""
    path = "/api/v1/namespaces/default/configmaps"
    whole = encoded({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": "b"}})
    for body, word in (
        (b"{}", "unrecognized"),
        (whole[:-3], "unrecognized"),
        (b"k8s\0\x12\x02\x0a\x7f", "ConfigMap in"),
    ):
        code, status = server.call("POST", path, body, Content_Type=PROTOBUF)
        assert (code, status["reason"]) == (400, "BadRequest")
        assert word in status["message"]
    code, status = server.call("POST", "/api/v1/namespaces/default/secrets", whole, Content_Type=PROTOBUF)
    assert (code, "the kind in the data" in status["message"]) == (400, True)
    assert server.call("POST", path, whole, Content_Type=PROTOBUF)[0] == 201
    assert server.call("PATCH", f"{path}/x", whole, Content_Type=PROTOBUF)[0] == 415
