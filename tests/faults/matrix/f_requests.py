"""A client asks the embedded API for what cannot be."""

from typing import Any

from tests.faults.asking import TAKEN, Asked
from tests.faults.fault import Fault

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
REPLICA_SETS = "/apis/apps/v1/namespaces/default/replicasets"
PODS = "/api/v1/namespaces/default/pods"
MAPS = "/api/v1/namespaces/default/configmaps"
BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
POD: dict[str, Any] = {
    "metadata": {"name": "p"},
    "spec": {"containers": [{"name": "c", "image": "i", "command": ["x"]}]},
}
MAP: dict[str, Any] = {"metadata": {"name": "m"}, "data": {"a": "b"}}
THERE = (MAPS, MAP)
JSON_PATCH = {"Content_Type": "application/json-patch+json"}


def deployment(**spec: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": POD["spec"]}
    wanted = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template, **spec}
    return {"metadata": {"name": "d"}, "spec": wanted}


def cpu(value: object) -> dict[str, Any]:
    container = {"name": "c", "image": "i", "command": ["x"], "resources": {"requests": {"cpu": value}}}
    return deployment(template={"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container]}})


FAULTS: list[Fault] = [
    Asked("99,999,999,999 replicas", "POST", DEPLOYMENTS, deployment(replicas=99999999999)),
    Asked("1.5 replicas", "POST", DEPLOYMENTS, deployment(replicas=1.5)),
    *(Asked(f"cpu {value}", "POST", DEPLOYMENTS, cpu(value)) for value in ("1e99999999", "-1", "1..2", "NaN")),
    Asked("cpu 100E, which is a quantity", "POST", DEPLOYMENTS, cpu("100E"), wanted=TAKEN),
    Asked("cpu of 1,000 digits", "POST", DEPLOYMENTS, cpu("9" * 1000)),
    Asked("cpu that is a list", "POST", DEPLOYMENTS, cpu([])),
    Asked("a ReplicaSet without template", "POST", REPLICA_SETS, {"metadata": {"name": "r"}, "spec": {"replicas": 1}}),
    Asked("a budget without spec", "POST", BUDGETS, {"metadata": {"name": "b"}}, wanted=TAKEN),
    Asked("a body that is a list", "POST", MAPS, []),
    Asked("a body that is no JSON", "POST", MAPS, b"{"),
    Asked("a body of nothing", "POST", MAPS, b""),
    Asked("a body of bytes that are no text", "POST", MAPS, b'{"metadata":{"name":"\xff"}}'),
    Asked("a body of 100,000 levels", "POST", MAPS, b"[" * 100_000),
    Asked("a body of 4 MB", "POST", MAPS, b'{"metadata":{"name":"' + b"x" * 4_000_000 + b'"}}'),
    Asked("half a surrogate pair as a name", "POST", MAPS, b'{"metadata":{"name":"\\ud800"}}'),
    Asked("a patch with a number as path", "PATCH", MAPS + "/m", [{"op": "add", "path": 7}], JSON_PATCH, first=THERE),
    Asked(
        "a patch of an unknown operation",
        "PATCH",
        MAPS + "/m",
        [{"op": "eat", "path": "/data"}],
        JSON_PATCH,
        first=THERE,
    ),
    Asked(
        "a patch behind the end of a list",
        "PATCH",
        MAPS + "/m",
        [{"op": "add", "path": "/x/9/9", "value": 1}],
        JSON_PATCH,
        first=THERE,
    ),
    Asked("a patch of an unknown kind", "PATCH", MAPS + "/m", {}, {"Content_Type": "text/x"}, first=THERE),
    Asked("an apply without a manager", "PATCH", MAPS + "/m", {}, {"Content_Type": "application/apply-patch+yaml"}),
    Asked(
        "YAML of aliases that multiply",
        "PATCH",
        MAPS + "/m?fieldManager=x",
        b"a: &a [x,x,x,x,x,x,x,x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (97 + n, 97 + n, b",".join([b"*%c" % (96 + n)] * 8)) for n in range(1, 12)),
        {"Content_Type": "application/apply-patch+yaml"},
    ),
    Asked("tailLines of nothing", "GET", PODS + "/p/log?tailLines=", first=(PODS, POD)),
    Asked("tailLines of a text", "GET", PODS + "/p/log?tailLines=all", first=(PODS, POD)),
    Asked("sinceTime of a text", "GET", PODS + "/p/log?sinceTime=yesterday", first=(PODS, POD)),
    Asked("a watch since a text", "GET", PODS + "?watch=true&resourceVersion=new"),
    Asked("a limit of a text", "GET", PODS + "?limit=all"),
    Asked("a selector that is none", "GET", PODS + "?labelSelector=a%20in%20(("),
    Asked("a field selector that is none", "GET", PODS + "?fieldSelector=%3D%3D%3D"),
    Asked("a continue token of somebody else's", "GET", PODS + "?limit=1&continue=AAAA"),
    Asked("a path of control characters", "GET", "/api/v1/namespaces/%00%1b/pods/%ff"),
    Asked(
        "a scale of a text",
        "PUT",
        DEPLOYMENTS + "/d/scale",
        {"spec": {"replicas": "many"}},
        first=(DEPLOYMENTS, deployment()),
    ),
    Asked("an eviction of nobody", "POST", PODS + "/nobody/eviction", {"metadata": {"name": "nobody"}}),
    Asked("no authority", "GET", PODS, headers={"Authorization": "Bearer nobody"}),
    Asked("a kind that there is not", "GET", "/apis/example.com/v1/things"),
    Asked("a method that there is not", "BREW", PODS),
]
