"""CustomResourceDefinitions: what they define is served, checked, pruned, defaulted, watched and deleted."""

import copy
import json
from typing import Any

import pytest

from autoscale.hpa.config import Config
from autoscale.plane.loop import Loop
from tests.embedded_api.harness import NOW, Kubectl, Server
from tests.embedded_api.protobuf_writer import PROTOBUF, encoded

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
TABS = "/apis/stable.example.com/v1/namespaces/default/crontabs"
SPEC = {
    "type": "object",
    "required": ["cronSpec"],
    "properties": {
        "cronSpec": {"type": "string", "pattern": r"^(\d+|\*)(/\d+)?(\s+(\d+|\*)(/\d+)?){4}$"},
        "image": {"type": "string", "default": "busybox"},
        "replicas": {"type": "integer", "minimum": 1, "maximum": 10, "default": 1},
        "size": {"type": "string", "enum": ["small", "large"]},
        "port": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "ports": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "number": {"type": "integer", "default": 80}},
            },
        },
    },
}
STATUS = {"type": "object", "properties": {"replicas": {"type": "integer"}, "selector": {"type": "string"}}}
SCHEMA = {"type": "object", "properties": {"spec": SPEC, "status": STATUS}}
SCALE = {
    "specReplicasPath": ".spec.replicas",
    "statusReplicasPath": ".status.replicas",
    "labelSelectorPath": ".status.selector",
}
COLUMNS = [
    {"name": "Spec", "type": "string", "jsonPath": ".spec.cronSpec"},
    {"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas"},
    {"name": "First", "type": "integer", "priority": 1, "jsonPath": '.spec.ports[?(@.name=="a")].number'},
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
]
VERSION = {
    "name": "v1",
    "served": True,
    "storage": True,
    "schema": {"openAPIV3Schema": SCHEMA},
    "subresources": {"status": {}, "scale": SCALE},
    "additionalPrinterColumns": COLUMNS,
}
NAMES = {"plural": "crontabs", "kind": "CronTab", "shortNames": ["ct"]}
DEFINITION: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "crontabs.stable.example.com"},
    "spec": {"group": "stable.example.com", "scope": "Namespaced", "names": NAMES, "versions": [VERSION]},
}


def tab(**spec: Any) -> dict[str, Any]:
    """A CronTab."""
    return {
        "apiVersion": "stable.example.com/v1",
        "kind": "CronTab",
        "metadata": {"name": "mine"},
        "spec": {"cronSpec": "* * * * */5", **spec},
    }


def settle(server: Server) -> None:
    """Let the controllers run until none of them has anything to write."""
    assert server.inside(lambda: Loop(server.store, Config()).run(NOW))


@pytest.fixture
def defined(server: Server) -> Server:
    """A server whose CronTabs are defined."""
    assert server.call("POST", CRDS, DEFINITION)[0] == 201
    settle(server)
    return server


def test_what_is_defined_is_served_once_it_is_established(server: Server) -> None:
    """Until then it is not there; discovery and the document for `explain` have it afterwards."""
    code, made = server.call("POST", CRDS, DEFINITION)
    assert (code, made["spec"]["names"]["listKind"], made["spec"]["names"]["singular"]) == (
        201,
        "CronTabList",
        "crontab",
    )
    assert server.call("GET", TABS)[0] == 404
    settle(server)
    status = server.call("GET", f"{CRDS}/crontabs.stable.example.com")[1]["status"]
    assert [(one["type"], one["status"]) for one in status["conditions"]] == [
        ("NamesAccepted", "True"),
        ("Established", "True"),
    ]
    assert status["storedVersions"] == ["v1"]
    assert server.call("GET", TABS)[1]["kind"] == "CronTabList"
    listed = server.call("GET", "/apis/stable.example.com/v1")[1]["resources"]
    assert [one["name"] for one in listed] == ["crontabs", "crontabs/status", "crontabs/scale"]
    assert "stable.example.com" in [one["name"] for one in server.call("GET", "/apis")[1]["groups"]]
    path = server.call("GET", "/openapi/v3")[1]["paths"]["apis/stable.example.com/v1"]["serverRelativeURL"]
    assert "com.example.stable.v1.CronTab" in server.call("GET", path)[1]["components"]["schemas"]


def test_objects_are_pruned_and_get_defaults(defined: Server) -> None:
    """Unknown fields go (with a warning, or strictly refused), defaults come, what is left open stays."""
    given = tab(unknown=1, free={"x": {"y": 1}}, ports=[{"name": "a", "z": 1}])
    code, made = defined.call("POST", TABS, given)
    assert code == 201
    assert made["spec"] == {
        "cronSpec": "* * * * */5",
        "free": {"x": {"y": 1}},
        "ports": [{"name": "a", "number": 80}],
        "image": "busybox",
        "replicas": 1,
    }
    assert made["metadata"]["generation"] == 1
    assert [one.split('"')[1] for one in defined.warnings] == ["unknown field \\", "unknown field \\"]
    code, refused = defined.call("POST", f"{TABS}?fieldValidation=Strict", given)
    assert code == 400
    fields = 'unknown field "spec.unknown", unknown field "spec.ports[0].z"'
    assert refused["message"].endswith(f"cannot be handled as a CronTab: strict decoding error: {fields}") or sorted(
        refused["message"].partition("error: ")[2].split(", ")
    ) == sorted(fields.split(", "))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"cronSpec": 5},
         'spec.cronSpec: Invalid value: "integer": spec.cronSpec in body must be of type string: "integer"'),
        ({"replicas": 11},
         "spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10"),
        ({"replicas": 0},
         "spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1"),
        ({"size": "big"}, 'spec.size: Unsupported value: "big": supported values: "small", "large"'),
        ({"port": 1.5},
         'spec.port: Invalid value: "number": spec.port in body must be of type integer,string: "number"'),
        ({"ports": [{}]}, "spec.ports[0].name: Required value"),
        ({"ports": [{"name": "a"}, {"name": "a"}]}, 'spec.ports[1]: Duplicate value: {"name":"a"}'),
        ({"image": None, "cronSpec": "x"},
         "spec.cronSpec: Invalid value: \"x\": spec.cronSpec in body should match '^"),
    ],
)  # fmt: skip
def test_what_the_schema_does_not_allow_is_refused_in_upstreams_words(
    defined: Server, spec: dict[str, Any], said: str
) -> None:
    """422 with the cause; nothing is stored."""
    code, status = defined.call("POST", TABS, tab(**spec))
    assert (code, status["reason"]) == (422, "Invalid")
    assert status["message"].startswith(f'CronTab.stable.example.com "mine" is invalid: {said}')
    assert defined.call("GET", f"{TABS}/mine")[0] == 404


def test_the_status_and_the_replicas_are_subresources(defined: Server) -> None:
    """A write to the object leaves the status as it is, one to the status the rest; the Scale goes by paths."""
    made = defined.call("POST", TABS, {**tab(replicas=3), "status": {"replicas": 9}})[1]
    assert "status" not in made
    state = {"replicas": 2, "selector": "app=mine"}
    body = {**made, "spec": {**made["spec"], "replicas": 7}, "status": state}
    done = defined.call("PUT", f"{TABS}/mine/status", body)[1]
    assert (done["spec"]["replicas"], done["status"], done["metadata"]["generation"]) == (3, state, 1)
    scale = defined.call("GET", f"{TABS}/mine/scale")[1]
    assert (scale["spec"], scale["status"]) == ({"replicas": 3}, state)
    patch = {"Content-Type": "application/merge-patch+json"}
    assert defined.call("PATCH", f"{TABS}/mine/scale", {"spec": {"replicas": 5}}, **patch)[1]["spec"]["replicas"] == 5
    after = defined.call("GET", f"{TABS}/mine")[1]
    assert (after["spec"]["replicas"], after["status"], after["metadata"]["generation"]) == (5, state, 2)
    assert defined.call("PATCH", f"{TABS}/mine", {"spec": {"replicas": -1}}, **patch)[0] == 422


def test_server_side_apply_merges_lists_by_their_keys(defined: Server) -> None:
    """Two managers each state a port; who states the other's value is told of the conflict."""
    patch = {"Content-Type": "application/apply-patch+yaml"}
    path = f"{TABS}/mine?fieldManager="
    assert defined.call("PATCH", f"{path}one", tab(ports=[{"name": "a", "number": 1}]), **patch)[0] == 201
    other = {**tab(), "spec": {"ports": [{"name": "b", "number": 2}]}}
    both = defined.call("PATCH", f"{path}two", other, **patch)[1]
    assert [(one["name"], one["number"]) for one in both["spec"]["ports"]] == [("b", 2), ("a", 1)]
    other["spec"]["ports"] = [{"name": "a", "number": 3}]
    code, status = defined.call("PATCH", f"{path}two", other, **patch)
    assert (code, status["details"]["causes"][0]["field"]) == (409, '.spec.ports[name="a"].number')


def test_an_hpa_scales_what_has_a_scale_subresource(defined: Server) -> None:
    """As upstream's does: it reads and writes the replicas by the definition's paths."""
    defined.call("POST", TABS, tab(replicas=2))
    target = {"apiVersion": "stable.example.com/v1", "kind": "CronTab", "name": "mine"}
    hpa = {"metadata": {"name": "mine"}, "spec": {"minReplicas": 4, "maxReplicas": 6, "scaleTargetRef": target}}
    path = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
    assert defined.call("POST", path, hpa)[0] == 201
    loop = Loop(defined.store, Config())
    defined.inside(lambda: loop.run(NOW))
    defined.inside(lambda: loop.run(NOW + 15))
    assert defined.call("GET", f"{TABS}/mine")[1]["spec"]["replicas"] == 4


def test_a_quota_counts_custom_objects(defined: Server) -> None:
    """By NAME.GROUP; one too many is refused in upstream's words, and what goes is given back."""
    name, quotas = "count/crontabs.stable.example.com", "/api/v1/namespaces/default/resourcequotas"
    for quota, hard in (("few", {name: "1"}), ("other", {"count/crontabs.apps": "0"})):
        assert defined.call("POST", quotas, {"metadata": {"name": quota}, "spec": {"hard": hard}})[0] == 201
    assert defined.call("POST", TABS, tab())[0] == 201
    other = {**tab(), "metadata": {"name": "other"}}
    code, status = defined.call("POST", TABS, other)
    told = f"exceeded quota: few, requested: {name}=1, used: {name}=1, limited: {name}=1"
    assert (code, status["reason"]) == (403, "Forbidden")
    assert status["message"] == f'crontabs.stable.example.com "other" is forbidden: {told}'
    settle(defined)
    assert defined.call("GET", f"{quotas}/few")[1]["status"]["used"] == {name: "1"}
    defined.call("DELETE", f"{TABS}/mine")
    settle(defined)
    assert defined.call("GET", f"{quotas}/few")[1]["status"]["used"] == {name: "0"}
    assert defined.call("POST", TABS, other)[0] == 201


def test_a_definition_goes_with_its_objects_and_owners_take_what_they_own(defined: Server) -> None:
    """What belongs to a custom object goes with it; then the kind is no longer served."""
    uid = defined.call("POST", TABS, tab())[1]["metadata"]["uid"]
    owner = {"apiVersion": "stable.example.com/v1", "kind": "CronTab", "name": "mine", "uid": uid}
    configs = "/api/v1/namespaces/default/configmaps"
    defined.call("POST", configs, {"metadata": {"name": "owned", "ownerReferences": [owner]}})
    settle(defined)
    assert defined.call("GET", f"{configs}/owned")[0] == 200
    code, left = defined.call("DELETE", f"{CRDS}/crontabs.stable.example.com")
    assert (code, left["metadata"]["finalizers"]) == (200, ["customresourcecleanup.apiextensions.k8s.io"])
    settle(defined)
    assert defined.call("GET", TABS)[0] == 404
    assert defined.call("GET", f"{CRDS}/crontabs.stable.example.com")[0] == 404
    assert defined.call("GET", f"{configs}/owned")[0] == 404


def test_versions_are_served_side_by_side(server: Server) -> None:
    """Without webhooks versions differ in their name alone; the stable one is preferred."""
    beta = {**VERSION, "name": "v1beta1", "storage": False}
    server.call("POST", CRDS, {**DEFINITION, "spec": {**DEFINITION["spec"], "versions": [beta, VERSION]}})
    settle(server)
    group = server.call("GET", "/apis/stable.example.com")[1]
    assert (group["preferredVersion"]["version"], len(group["versions"])) == ("v1", 2)
    old = TABS.replace("/v1/", "/v1beta1/")
    made = server.call("POST", old, {**tab(), "apiVersion": "stable.example.com/v1beta1"})[1]
    assert made["apiVersion"] == "stable.example.com/v1beta1"
    assert server.call("GET", f"{TABS}/mine")[1]["apiVersion"] == "stable.example.com/v1"
    assert server.call("GET", old)[1]["items"][0]["apiVersion"] == "stable.example.com/v1beta1"


def schema(**change: Any) -> dict[str, Any]:
    """A definition whose spec's schema has these fields."""
    made = copy.deepcopy(DEFINITION)
    made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"] |= change
    return made


def changed(**change: Any) -> dict[str, Any]:
    """A definition whose spec has these fields."""
    return {**DEFINITION, "spec": {**DEFINITION["spec"], **change}}


AT = "spec.validation.openAPIV3Schema.properties[spec].properties"


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        (changed(group="example.com"),
         'metadata.name: Invalid value: "crontabs.stable.example.com": must be spec.names.pl'),
        (changed(versions=[]),
         "spec.versions: Invalid value: []: must have exactly one version marked as storage version"),
        (changed(versions=[{**VERSION, "schema": {}}]), "spec.validation.openAPIV3Schema: Required value"),
        (changed(scope="Galaxy"), 'spec.scope: Unsupported value: "Galaxy": supported values: "Cluster", "Namespaced"'),
        (schema(a={}), f"{AT}[a].type: Required value: must not be empty for specified object fields"),
        (schema(a={"type": "int"}), f'{AT}[a].type: Unsupported value: "int": supported values: "array", "boolean", '),
        (schema(a={"type": "array"}), f"{AT}[a].items: Required value: must be specified"),
        (schema(a={"type": "string", "pattern": "("}), f'{AT}[a].pattern: Invalid value: "(": must be a valid regular'),
        (schema(a={"$ref": "#/x", "type": "object"}), f"{AT}[a].$ref: Forbidden: $ref is not supported"),
        (schema(a={"type": "integer", "default": "x"}),
         f'{AT}[a].default: Invalid value: "string":  in body must be of type integer: "string"'),
        (schema(a={"type": "object", "oneOf": [{"properties": {"b": {}}}]}),
         f"{AT}[a].properties[b]: Required value: because it is defined in {AT}[a].oneOf[0].properties[b]"),
        (schema(a={"type": "string", "anyOf": [{"type": "string"}]}),
         f"{AT}[a].anyOf[0].type: Forbidden: must be empty to be structural"),
        (changed(versions=[{**VERSION, "subresources": {"scale": {**SCALE, "specReplicasPath": ".a"}}}]),
         'spec.subresources.scale.specReplicasPath: Invalid value: ".a": should be a json path under .spec'),
        (changed(conversion={"strategy": "Webhook"}),
         "spec.conversion.strategy: Forbidden: not supported by the embedded cluster"),
    ],
)  # fmt: skip
def test_definitions_that_cannot_be_are_refused_in_upstreams_words(
    server: Server, definition: dict[str, Any], said: str
) -> None:
    """422 with the cause, at the path where upstream reports it; nothing is defined."""
    code, status = server.call("POST", CRDS, definition)
    assert (code, status["reason"]) == (422, "Invalid")
    texts = [f"{one['field']}: {one['message']}" for one in status["details"]["causes"]]
    assert any(text.startswith(said) for text in texts), texts
    assert server.call("GET", CRDS)[1]["items"] == []


def test_patterns_are_gos(server: Server) -> None:
    """As the Prometheus operator's definitions have them: a flag in the middle, and an end that is the text's."""
    server.call("POST", CRDS, schema(schedule={"type": "string", "pattern": "^(?i)(abort|warn)?$"}))
    settle(server)
    assert server.call("POST", TABS, tab(schedule="Abort"))[0] == 201
    for other in ("abort\n", "none"):
        assert "should match '^(?i)(abort|warn)?$'" in server.call("POST", TABS, tab(schedule=other))[1]["message"]


def test_a_definition_in_protobuf_is_the_one_in_json(server: Server) -> None:
    """Typed clients of Go send definitions so, and their objects, which have no message, as JSON."""
    path = f"{CRDS}?dryRun=All"
    as_json = server.call("POST", path, DEFINITION)[1]["spec"]
    assert server.call("POST", path, encoded(DEFINITION), Content_Type=PROTOBUF)[1]["spec"] == as_json
    server.call("POST", CRDS, DEFINITION)
    settle(server)
    body = encoded({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}})
    code, status = server.call("POST", TABS, body.replace(b"ConfigMap", b"CronTab"), Content_Type=PROTOBUF)
    assert code in (400, 415), status


def test_rules_in_cel_are_accepted_with_a_warning(server: Server) -> None:
    """They are not evaluated here, which is said where they are written."""
    rules = [{"rule": "self.replicas <= 5"}]
    assert server.call("POST", CRDS, schema(a={"type": "object", "x-kubernetes-validations": rules}))[0] == 201
    assert "accepted but not enforced" in server.warnings[0]
    assert "x-kubernetes-validations" in server.warnings[0]


def test_kubectl_lists_explains_and_deletes_what_is_defined(defined: Server, kubectl: Kubectl) -> None:
    """By its short name, with the definition's columns, by the schema's words; the kind is found without a restart."""
    kubectl("apply", "-f", "-", stdin=json.dumps(tab(ports=[{"name": "a"}])))
    lines = kubectl("get", "ct", "-o", "wide").splitlines()
    assert lines[0].split() == ["NAME", "SPEC", "REPLICAS", "FIRST", "AGE"]
    assert lines[1].split()[:8] == ["mine", "*", "*", "*", "*", "*/5", "1", "80"]
    assert "replicas" in kubectl("explain", "crontabs.spec")
    assert kubectl("scale", "ct/mine", "--replicas=4") == "crontab.stable.example.com/mine scaled\n"
    assert kubectl("get", "ct", "mine", "-o", "jsonpath={.spec.replicas}") == "4"
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(tab(replicas=2)))
    assert "deleted" in kubectl("delete", "ct", "mine")
    refused = kubectl("apply", "-f", "-", stdin=json.dumps(tab(replicas=99)), fails=True)
    assert "should be less than or equal to 10" in refused
