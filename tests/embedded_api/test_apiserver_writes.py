"""Writes: validation, patches, server-side apply, subresources, dry runs, deletion, and the three classes of fields."""

import re
from typing import Any

import pytest

from autoscale.plane.store import Create, Update, UpdateStatus
from tests.embedded_api.harness import Server

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"


def apply(server: Server, body: dict[str, Any], manager: str, query: str = "") -> tuple[int, Any]:
    path = f"{DEPLOYMENTS}/{body['metadata']['name']}?fieldManager={manager}{query}"
    return server.call("PATCH", path, body, Content_Type=APPLY)


def test_unknown_fields_are_named(server: Server, deployment: dict[str, Any]) -> None:
    """Strict refuses them by name; otherwise they are dropped with a warning; Ignore says nothing."""
    deployment["spec"]["replicaz"] = 3
    code, status = server.call("POST", f"{DEPLOYMENTS}?fieldValidation=Strict", deployment)
    assert (code, status["reason"]) == (400, "BadRequest")
    assert 'strict decoding error: unknown field "spec.replicaz"' in status["message"]
    code, made = server.call("POST", f"{DEPLOYMENTS}?dryRun=All", deployment)
    assert (code, "replicaz" in made["spec"]) == (201, False)
    assert server.warnings == ['299 - "unknown field \\"spec.replicaz\\""']
    server.call("POST", f"{DEPLOYMENTS}?fieldValidation=Ignore", deployment)
    assert server.warnings == []


def test_values_of_the_wrong_type_are_named(server: Server, deployment: dict[str, Any]) -> None:
    """Every wrong value is named with its path, all at once."""
    deployment["spec"]["replicas"] = "2"
    deployment["spec"]["template"]["spec"]["containers"][0]["command"] = "true"
    code, status = server.call("POST", DEPLOYMENTS, deployment)
    assert code == 400
    assert "spec.replicas: found '2', wanted a whole number" in status["message"]
    assert "containers[0].command: found 'true', wanted a list of string" in status["message"]


def test_contradictions_are_invalid_with_their_causes(server: Server, deployment: dict[str, Any]) -> None:
    """422 names each field: a selector that does not match, a probe's port that is not there, requests over limits."""
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["readinessProbe"] = {"httpGet": {"port": "admin"}}
    container["resources"] = {"requests": {"cpu": "2"}, "limits": {"cpu": "500m"}}
    deployment["spec"]["selector"] = {"matchLabels": {"app": "other"}}
    code, status = server.call("POST", DEPLOYMENTS, deployment)
    assert (code, status["reason"]) == (422, "Invalid")
    at = "spec.template.spec.containers[0]"
    assert {cause["field"] for cause in status["details"]["causes"]} == {
        "spec.template.metadata.labels",
        f"{at}.resources.requests",
        f"{at}.readinessProbe.httpGet.port",
    }


def test_what_the_cluster_does_not_have_is_refused_by_name(server: Server, deployment: dict[str, Any]) -> None:
    """A volume that would be missing is refused; an empty folder is there, but has no limit, which a warning says."""
    spec = deployment["spec"]["template"]["spec"]
    spec["volumes"] = [{"name": "v", "hostPath": {"path": "/"}}]
    code, status = server.call("POST", DEPLOYMENTS, deployment)
    assert (code, status["details"]["causes"][0]["field"]) == (422, "spec.template.spec.volumes[0].hostPath")
    spec["volumes"] = [{"name": "v", "emptyDir": {"sizeLimit": "1Gi"}}]
    assert server.call("POST", DEPLOYMENTS, deployment)[0] == 201
    assert "accepted but not enforced" in server.warnings[0]
    assert "spec.template.spec.volumes[0].emptyDir" in server.warnings[0]
    assert server.call("GET", "/accepted")[1]["items"] == [
        {
            "kind": "Deployment",
            "namespace": "default",
            "name": "web",
            "fields": ["spec.template.spec.volumes[0].emptyDir.sizeLimit"],
        }
    ]


def test_a_plain_deployment_needs_no_warning(server: Server, deployment: dict[str, Any]) -> None:
    """Defaults are not mistaken for wishes."""
    server.call("POST", DEPLOYMENTS, deployment)
    assert server.warnings == []
    assert server.call("GET", "/accepted")[1]["items"] == []


def test_a_dry_run_changes_nothing(server: Server, deployment: dict[str, Any]) -> None:
    """The answer is what would be; the store stays as it is."""
    before = server.store.version
    code, made = server.call("POST", f"{DEPLOYMENTS}?dryRun=All", deployment)
    assert (code, made["spec"]["replicas"]) == (201, 2)
    assert server.store.version == before
    server.call("POST", DEPLOYMENTS, deployment)
    server.call("PATCH", f"{DEPLOYMENTS}/web?dryRun=All", {"spec": {"replicas": 9}}, Content_Type=MERGE)
    server.call("DELETE", f"{DEPLOYMENTS}/web?dryRun=All")
    assert server.call("GET", f"{DEPLOYMENTS}/web")[1]["spec"]["replicas"] == 2


def test_a_stale_put_is_a_conflict(server: Server, deployment: dict[str, Any]) -> None:
    """PUT with an old resourceVersion is refused; with the current one it is taken and the generation rises."""
    made = server.call("POST", DEPLOYMENTS, deployment)[1]
    newer = {**made, "spec": {**made["spec"], "replicas": 3}}
    code, second = server.call("PUT", f"{DEPLOYMENTS}/web", newer)
    assert (code, second["metadata"]["generation"]) == (200, 2)
    code, status = server.call("PUT", f"{DEPLOYMENTS}/web", {**newer, "spec": made["spec"]})
    assert (code, status["reason"]) == (409, "Conflict")


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        (MERGE, {"spec": {"replicas": 7}, "metadata": {"labels": {"new": "1", "app": None}}}),
        (STRATEGIC, {"spec": {"replicas": 7}, "metadata": {"labels": {"new": "1", "app": None}}}),
        (
            JSON_PATCH,
            [
                {"op": "replace", "path": "/spec/replicas", "value": 7},
                {"op": "add", "path": "/metadata/labels/new", "value": "1"},
                {"op": "remove", "path": "/metadata/labels/app"},
            ],
        ),
    ],
)
def test_the_three_patches_mean_the_same(server: Server, deployment: dict[str, Any], kind: str, patch: Any) -> None:
    """Merge, strategic merge and JSON patch set, add and remove."""
    server.call("POST", DEPLOYMENTS, deployment)
    code, done = server.call("PATCH", f"{DEPLOYMENTS}/web", patch, Content_Type=kind)
    assert (code, done["spec"]["replicas"], done["metadata"]["labels"]) == (200, 7, {"new": "1"})


def test_a_strategic_patch_merges_containers_by_name(server: Server, deployment: dict[str, Any]) -> None:
    """A container is changed by its name and keeps the rest; a merge patch replaces the whole list."""
    server.call("POST", DEPLOYMENTS, deployment)
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "autoscale-app:two"}]}}}}
    done = server.call("PATCH", f"{DEPLOYMENTS}/web", patch, Content_Type=STRATEGIC)[1]
    container = done["spec"]["template"]["spec"]["containers"][0]
    assert (container["image"], container["command"]) == ("autoscale-app:two", ["true"])
    done = server.call("PATCH", f"{DEPLOYMENTS}/web", patch, Content_Type=MERGE)[1]
    assert "command" not in done["spec"]["template"]["spec"]["containers"][0]


def test_another_patch_type_is_refused(server: Server, deployment: dict[str, Any]) -> None:
    """415 names the patch types that there are."""
    server.call("POST", DEPLOYMENTS, deployment)
    code, status = server.call("PATCH", f"{DEPLOYMENTS}/web", {}, Content_Type="application/xml")
    assert (code, MERGE in status["message"]) == (415, True)


def test_apply_twice_is_apply_once(server: Server, deployment: dict[str, Any]) -> None:
    """The second apply of the same is no change at all; and YAML is taken as well as JSON."""
    code, first = apply(server, deployment, "one")
    assert code == 201
    code, second = apply(server, deployment, "one")
    assert (code, second) == (200, first)


def test_apply_removes_what_is_no_longer_stated(server: Server, deployment: dict[str, Any]) -> None:
    """A field or list item that its manager leaves out goes; what another manager added stays."""
    deployment["metadata"]["labels"]["gone"] = "soon"
    sidecar = {"name": "side", "image": "autoscale-app:dev", "command": ["true"]}
    deployment["spec"]["template"]["spec"]["containers"].append(sidecar)
    apply(server, deployment, "one")
    server.call("PATCH", f"{DEPLOYMENTS}/web", {"metadata": {"labels": {"theirs": "x"}}}, Content_Type=MERGE)
    del deployment["metadata"]["labels"]["gone"]
    deployment["spec"]["template"]["spec"]["containers"].pop()
    done = apply(server, deployment, "one")[1]
    assert done["metadata"]["labels"] == {"app": "web", "theirs": "x"}
    assert [one["name"] for one in done["spec"]["template"]["spec"]["containers"]] == ["web"]


def test_conflicts_are_listed_by_their_managers(server: Server, deployment: dict[str, Any]) -> None:
    """As upstream's ``getConflictMessage``: of one who updates it is said since when."""
    apply(server, deployment, "one")
    server.call("PATCH", f"{DEPLOYMENTS}/web?fieldManager=zoe", {"spec": {"paused": True}}, Content_Type=MERGE)
    deployment["spec"] |= {"replicas": 5, "paused": False}
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "other"
    message = apply(server, deployment, "two")[1]["message"]
    head, *lines = message.split("\n")
    assert head == 'Apply failed with 3 conflicts: conflicts with "one":'
    assert sorted(lines[:2]) == ["- .spec.replicas", '- .spec.template.spec.containers[name="web"].image']
    assert re.fullmatch(r'conflicts with "zoe" using apps/v1 at \d{4}-\S+Z:', lines[2])
    assert lines[3:] == ["- .spec.paused"]


@pytest.mark.parametrize(
    ("method", "query", "said"),
    [
        ("POST", "dryRun=Some", 'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]'),
        ("PUT", "fieldValidation=Loud", 'UpdateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value'),
        ("PATCH", f"fieldManager={'x' * 129}", 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Too long'),
    ],
)
def test_options_that_cannot_be_are_refused(
    server: Server, deployment: dict[str, Any], method: str, query: str, said: str
) -> None:
    """422 in upstream's words; what is left empty is no option."""
    server.call("POST", DEPLOYMENTS, deployment)
    path = DEPLOYMENTS if method == "POST" else f"{DEPLOYMENTS}/web"
    kind = MERGE if method == "PATCH" else "application/json"
    code, status = server.call(method, f"{path}?{query}", deployment, Content_Type=kind)
    assert (code, said in status["message"]) == (422, True)
    assert server.call(method, f"{path}?{query.partition('=')[0]}=", deployment, Content_Type=kind)[0] in (200, 409)


def test_a_body_of_no_known_type_is_told_which_there_are(server: Server) -> None:
    """415 with the list; what says nothing of its type is JSON."""
    path, body = "/api/v1/namespaces/default/configmaps", {"metadata": {"name": "a"}}
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        code, status = server.call("POST", path, body, Content_Type=kind)
        assert (code, status["reason"]) == (415, "UnsupportedMediaType")
        assert "application/json, application/yaml, application/vnd.kubernetes.protobuf" in status["message"]
    assert server.call("POST", path, body, Content_Type="application/json;charset=utf-8")[0] == 201


def test_apply_conflicts_with_another_manager(server: Server, deployment: dict[str, Any]) -> None:
    """Another value for another manager's field is a conflict that names both; force takes it; the same value does not
    conflict."""
    apply(server, deployment, "one")
    theirs = {**deployment, "spec": {**deployment["spec"], "replicas": 5}}
    code, status = apply(server, theirs, "two")
    assert (code, status["reason"]) == (409, "Conflict")
    assert status["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "one"', "field": ".spec.replicas"}
    ]
    assert status["message"] == 'Apply failed with 1 conflict: conflict with "one": .spec.replicas'
    assert apply(server, deployment, "two")[0] == 200
    code, done = apply(server, theirs, "two", "&force=true")
    assert (code, done["spec"]["replicas"]) == (200, 5)


def test_the_autoscaler_owns_the_replicas_it_set(server: Server, deployment: dict[str, Any]) -> None:
    """Applying a manifest with replicas against a running autoscaler conflicts, as it does on a real cluster."""
    made = apply(server, deployment, "one")[1]
    server.apply(Update({**made, "spec": {**made["spec"], "replicas": 4}}))
    code, status = apply(server, deployment, "one")
    assert code == 409
    assert "kube-controller-manager" in status["message"]
    del deployment["spec"]["replicas"]
    code, done = apply(server, deployment, "one")
    assert (code, done["spec"]["replicas"]) == (200, 4)


def test_scale_reads_and_writes_replicas(server: Server, deployment: dict[str, Any]) -> None:
    """GET, PUT and PATCH of scale; the owner of the replicas is told apart by its subresource."""
    server.call("POST", DEPLOYMENTS, deployment)
    scale = server.call("GET", f"{DEPLOYMENTS}/web/scale")[1]
    assert (scale["kind"], scale["spec"], scale["status"]["selector"]) == ("Scale", {"replicas": 2}, "app=web")
    scale["spec"]["replicas"] = 3
    code, done = server.call("PUT", f"{DEPLOYMENTS}/web/scale?fieldManager=me", scale)
    assert (code, done["spec"]["replicas"]) == (200, 3)
    assert server.call("PUT", f"{DEPLOYMENTS}/web/scale", scale)[1]["reason"] == "Conflict", "the version is old now"
    server.call("PATCH", f"{DEPLOYMENTS}/web/scale", {"spec": {"replicas": 1}}, Content_Type=MERGE)
    stored = server.call("GET", f"{DEPLOYMENTS}/web")[1]
    assert stored["spec"]["replicas"] == 1
    assert {"me", "Python-urllib"} & {
        one["manager"] for one in stored["metadata"]["managedFields"] if one.get("subresource") == "scale"
    }
    assert server.call("PUT", f"{DEPLOYMENTS}/web/scale", {"spec": {"replicas": -1}})[0] == 422


def test_status_and_spec_are_written_apart(server: Server, deployment: dict[str, Any]) -> None:
    """A PUT keeps the status; a write to the status subresource keeps the spec."""
    made = server.call("POST", DEPLOYMENTS, {**deployment, "status": {"replicas": 9}})[1]
    assert made["status"] == {}
    patch = {"spec": {"replicas": 9}, "status": {"replicas": 2}}
    done = server.call("PATCH", f"{DEPLOYMENTS}/web/status", patch, Content_Type=MERGE)[1]
    assert (done["spec"]["replicas"], done["status"]) == (2, {"replicas": 2})
    done = server.call("PUT", f"{DEPLOYMENTS}/web", {**done, "status": {"replicas": 5}})[1]
    assert done["status"] == {"replicas": 2}


def test_namespaces_hold_their_objects_apart(server: Server, deployment: dict[str, Any]) -> None:
    """A namespace that is not there is refused; the same name may be in two."""
    assert server.call("POST", DEPLOYMENTS.replace("default", "nowhere"), deployment)[1]["details"]["name"] == "nowhere"
    for namespace in ("default", "other"):
        assert server.call("POST", DEPLOYMENTS.replace("default", namespace), deployment)[0] == 201
    assert len(server.call("GET", "/apis/apps/v1/deployments")[1]["items"]) == 2
    assert len(server.call("GET", DEPLOYMENTS)[1]["items"]) == 1


def test_services_get_addresses_of_their_cluster(server: Server) -> None:
    """Each Service has its own address in 127/8 and keeps it; one that is taken or foreign is refused."""
    path, addresses = "/api/v1/namespaces/default/services", set()
    for name in "abc":
        made = server.call("POST", path, {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}]}})[1]
        assert made["spec"]["clusterIP"].startswith("127.")
        assert made["spec"]["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
        addresses.add(made["spec"]["clusterIP"])
    assert len(addresses) == 3
    done = server.call("PUT", f"{path}/c", {"metadata": {"name": "c"}, "spec": {"ports": [{"port": 81}]}})[1]
    assert done["spec"]["clusterIP"] == made["spec"]["clusterIP"]
    for taken in (made["spec"]["clusterIP"], "10.0.0.1"):
        body = {"metadata": {"name": "d"}, "spec": {"clusterIP": taken, "ports": [{"port": 80}]}}
        assert server.call("POST", path, body)[0] == 422
    body = {"metadata": {"name": "d"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}}
    assert server.call("POST", path, body)[1]["details"]["causes"][0]["field"] == "spec.type"


def test_jobs_know_their_pods_by_a_selector(server: Server) -> None:
    """A Job's selector and its template's labels carry its uid; its labels are its template's."""
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "autoscale-app", "command": ["true"]}]}
    job = {"metadata": {"name": "j"}, "spec": {"template": {"spec": pod}}}
    made = server.call("POST", "/apis/batch/v1/namespaces/default/jobs", job)[1]
    uid = made["metadata"]["uid"]
    assert made["spec"]["selector"]["matchLabels"] == {"batch.kubernetes.io/controller-uid": uid}
    assert made["spec"]["template"]["metadata"]["labels"]["batch.kubernetes.io/controller-uid"] == uid
    assert (made["spec"]["completions"], made["spec"]["parallelism"]) == (1, 1)
    pod["restartPolicy"] = "Always"
    job["metadata"]["name"] = "k"
    assert server.call("POST", "/apis/batch/v1/namespaces/default/jobs", job)[0] == 422


def test_deleting_a_job_without_a_policy_leaves_its_pods(server: Server) -> None:
    """As upstream: with a warning, the pods lose their owner; with Background they keep it for the collector."""
    pods = "/api/v1/namespaces/default/pods"
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i", "command": ["true"]}]}}
    for policy, owners in (("", 0), ("?propagationPolicy=Background", 1)):
        job = {"metadata": {"name": "j"}, "spec": {"template": template}}
        made = server.call("POST", "/apis/batch/v1/namespaces/default/jobs", job)[1]
        owner = {"apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": made["metadata"]["uid"]}
        server.apply(Create({"kind": "Pod", "metadata": {"name": "p", "ownerReferences": [owner]}, **template}))
        server.call("DELETE", f"/apis/batch/v1/namespaces/default/jobs/j{policy}")
        assert ("child pods are preserved" in "".join(server.warnings)) == (not owners)
        pod = server.call("GET", f"{pods}/p")[1]
        assert len(pod["metadata"].get("ownerReferences", [])) == owners
        server.call("DELETE", f"{pods}/p")


def test_pods_end_with_grace(server: Server) -> None:
    """DELETE of a running pod answers with the pod and its deletionTimestamp; grace 0 removes it; eviction says why."""
    body = {"spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i", "command": ["true"]}]}}
    pods = "/api/v1/namespaces/default/pods"
    server.call("POST", pods, {**body, "metadata": {"name": "a"}})
    pod = server.call("DELETE", f"{pods}/a?gracePeriodSeconds=12")[1]
    assert (pod["kind"], pod["metadata"]["deletionGracePeriodSeconds"]) == ("Pod", 12)
    assert server.call("DELETE", f"{pods}/a", {"gracePeriodSeconds": 0})[1]["kind"] == "Pod"
    assert server.call("GET", f"{pods}/a")[0] == 404
    server.call("POST", pods, {**body, "metadata": {"name": "b"}})
    assert server.call("POST", f"{pods}/b/eviction", {"metadata": {"name": "b"}})[0] == 201
    evicted = server.call("GET", f"{pods}/b")[1]
    assert "deletionTimestamp" in evicted["metadata"]
    (why,) = (one for one in evicted["status"]["conditions"] if one["type"] == "DisruptionTarget")
    assert (why["status"], why["reason"]) == ("True", "EvictionByEvictionAPI")


def test_a_collection_is_deleted_by_selector(server: Server, deployment: dict[str, Any]) -> None:
    """deletecollection removes what is selected and nothing else."""
    for name in ("a", "b"):
        server.call("POST", DEPLOYMENTS, {**deployment, "metadata": {"name": name, "labels": {"name": name}}})
    assert server.call("DELETE", f"{DEPLOYMENTS}?labelSelector=name%3Da")[0] == 200
    assert [one["metadata"]["name"] for one in server.call("GET", DEPLOYMENTS)[1]["items"]] == ["b"]


def test_what_must_not_change_does_not(server: Server, deployment: dict[str, Any]) -> None:
    """A Deployment's selector and a pod's command are immutable; a pod's image may change."""
    server.call("POST", DEPLOYMENTS, deployment)
    patch = {"spec": {"selector": {"matchLabels": {"b": "c"}}, "template": {"metadata": {"labels": {"b": "c"}}}}}
    status = server.call("PATCH", f"{DEPLOYMENTS}/web", patch, Content_Type=MERGE)[1]
    assert "spec.selector" in {cause["field"] for cause in status["details"]["causes"]}
    pod = {"metadata": {"name": "p"}, "spec": deployment["spec"]["template"]["spec"]}
    server.call("POST", "/api/v1/namespaces/default/pods", pod)
    for field, value, code in (("image", "autoscale-app:two", 200), ("command", ["false"], 422)):
        patch = {"spec": {"containers": [{"name": "web", field: value}]}}
        assert server.call("PATCH", "/api/v1/namespaces/default/pods/p", patch, Content_Type=STRATEGIC)[0] == code


def test_an_hpa_is_checked_by_the_rule_itself(server: Server) -> None:
    """Every mistake of an HPA is a cause; a right one gets the defaults of its behaviour."""
    path = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    wrong = {"scaleTargetRef": target, "minReplicas": 5, "maxReplicas": 3}
    code, status = server.call("POST", path, {"metadata": {"name": "web"}, "spec": wrong})
    assert (code, status["reason"]) == (422, "Invalid")
    assert any("maxReplicas" in cause["field"] for cause in status["details"]["causes"])
    right = {"scaleTargetRef": target, "maxReplicas": 3, "behavior": {"scaleDown": {"selectPolicy": "Min"}}}
    code, made = server.call("POST", path, {"metadata": {"name": "web"}, "spec": right})
    assert (code, made["spec"]["minReplicas"]) == (201, 1)
    assert made["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 80
    assert made["spec"]["behavior"]["scaleDown"]["selectPolicy"] == "Min"
    assert made["spec"]["behavior"]["scaleUp"]["stabilizationWindowSeconds"] == 0
    assert made["status"] == {"currentMetrics": None, "desiredReplicas": 0}


def test_a_finished_status_of_a_pod_lets_it_go_at_once(server: Server) -> None:
    """A pod that has succeeded needs no grace."""
    made = server.apply(
        Create({"kind": "Pod", "metadata": {"name": "p"}, "spec": {"nodeName": "n", "containers": [{"name": "c"}]}})
    )
    server.apply(UpdateStatus({**made, "status": {"phase": "Succeeded"}}))
    server.call("DELETE", "/api/v1/namespaces/default/pods/p")
    assert server.call("GET", "/api/v1/namespaces/default/pods/p")[0] == 404


def test_a_quota_refuses_what_does_not_fit_and_nothing_is_half_done(server: Server) -> None:
    """403: of two ConfigMaps the second does not fit a quota of one; once the first has gone it does."""
    quota = {"kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": {"hard": {"count/configmaps": "1"}}}
    assert server.call("POST", "/api/v1/namespaces/default/resourcequotas", quota)[0] == 201
    maps = "/api/v1/namespaces/default/configmaps"
    assert server.call("POST", maps, {"metadata": {"name": "a"}})[0] == 201
    code, status = server.call("POST", maps, {"metadata": {"name": "b"}})
    assert (code, status["reason"]) == (403, "Forbidden")
    why = "exceeded quota: few, requested: count/configmaps=1, used: count/configmaps=1, limited: count/configmaps=1"
    assert status["message"] == f'configmaps "b" is forbidden: {why}'
    assert server.call("GET", f"{maps}/b")[0] == 404
    assert server.call("POST", "/api/v1/namespaces/other/configmaps", {"metadata": {"name": "b"}})[0] == 201
    server.call("DELETE", f"{maps}/a")
    assert server.call("POST", maps, {"metadata": {"name": "b"}})[0] == 201


def test_what_is_empty_counts_as_absent(server: Server, deployment: dict[str, Any]) -> None:
    """Clients with typed models send empty lists, maps and nulls of every field; one entry is refused."""
    spec = deployment["spec"]["template"]["spec"]
    spec["ephemeralContainers"], spec["nodeSelector"], spec["overhead"] = [], {}, {}
    spec["resourceClaims"] = spec["hostUsers"] = spec["containers"][0]["volumeDevices"] = None
    assert server.call("POST", DEPLOYMENTS, deployment)[0] == 201
    assert not server.warnings
    spec["overhead"] = {"cpu": "1"}
    code, status = server.call("PUT", f"{DEPLOYMENTS}/web", deployment)
    assert (code, "spec.template.spec.overhead: Forbidden" in status["message"]) == (422, True)


def test_string_data_is_written_into_data(server: Server) -> None:
    """Plain text wins over what stands in ``data``, by every way of writing, and cannot be read back."""
    path = "/api/v1/namespaces/default/secrets"
    secret = {"metadata": {"name": "x"}, "data": {"a": "AA==", "b": "AQ=="}, "stringData": {"a": "é"}}
    code, made = server.call("POST", path, secret)
    assert (code, made["data"], "stringData" in made) == (201, {"a": "w6k=", "b": "AQ=="}, False)
    made = server.call("PATCH", f"{path}/x", {"stringData": {"c": "c"}}, Content_Type=MERGE)[1]
    assert (made["data"], "stringData" in made) == ({"a": "w6k=", "b": "AQ==", "c": "Yw=="}, False)
    stated = {"apiVersion": "v1", "kind": "Secret", **secret, "stringData": {"b": "b"}}
    made = server.call("PATCH", f"{path}/x?fieldManager=me&force=true", stated, Content_Type=APPLY)[1]
    assert made["data"] == {"a": "AA==", "b": "Yg==", "c": "Yw=="}


def test_a_target_port_of_zero_is_none(server: Server) -> None:
    """Go's JSON and protobuf have a 0 where no targetPort was set: the port itself is meant."""
    body = {"metadata": {"name": "x"}, "spec": {"ports": [{"port": 80, "targetPort": 0}]}}
    made = server.call("POST", "/api/v1/namespaces/default/services", body)[1]
    assert made["spec"]["ports"][0]["targetPort"] == 80


def test_impersonation_is_refused_by_name(server: Server) -> None:
    """``kubectl --as``: the header is named, and nothing is done in the token's own name instead."""
    code, status = server.call("GET", "/api/v1/namespaces/default/pods", Impersonate_User="bob")
    assert (code, status["reason"]) == (403, "Forbidden")
    assert "Impersonate-User: bob" in status["message"]


LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"


def test_of_two_that_take_a_lease_one_gets_it(server: Server) -> None:
    """As leader election does it: both have read the same version, the later write is a conflict and changes nothing;
    who reads again may renew."""
    lease = {"metadata": {"name": "leader"}, "spec": {"holderIdentity": "", "leaseDurationSeconds": 15}}
    code, read = server.call("POST", LEASES, lease)
    assert code == 201
    code, taken = server.call("PUT", f"{LEASES}/leader", held_by(read, "a"))
    assert (code, taken["spec"]["holderIdentity"]) == (200, "a")
    code, status = server.call("PUT", f"{LEASES}/leader", held_by(read, "b"))
    assert (code, status["reason"]) == (409, "Conflict")
    assert "the object has been modified" in status["message"]
    assert server.call("GET", f"{LEASES}/leader")[1] == taken
    code, renewed = server.call("PUT", f"{LEASES}/leader", held_by(taken, "a", renewTime="2026-11-29T08:00:00.000000Z"))
    assert (code, renewed["spec"]["renewTime"]) == (200, "2026-11-29T08:00:00.000000Z")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2026-11-29T10:00:00.123456Z", "2026-11-29T10:00:00.123456Z"),
        ("2026-11-29T12:00:00.123456+02:00", "2026-11-29T10:00:00.123456Z"),
        ("2026-11-29T10:00:00Z", None),
        ("2026-11-29T10:00:00.123Z", None),
        ("2026-11-29T10:00:00.123456789Z", None),
        ("2026-11-29T10:00:00.123456", None),
    ],
)
def test_a_lease_is_renewed_at_a_time_with_six_decimals(server: Server, text: str, kept: str | None) -> None:
    """As Go's MicroTime: JavaScript's milliseconds, Python's whole seconds are refused; the zone becomes UTC."""
    code, answer = server.call("POST", LEASES, {"metadata": {"name": "leader"}, "spec": {"renewTime": text}})
    if kept is None:
        assert code == 400
        assert "six decimals" in answer["message"]
    else:
        assert (code, answer["spec"]["renewTime"]) == (201, kept)


def held_by(lease: dict[str, Any], holder: str, **spec: Any) -> dict[str, Any]:
    """A lease that was read, with a holder."""
    return {**lease, "spec": {**lease["spec"], "holderIdentity": holder, **spec}}


def stated(**fields: Any) -> dict[str, Any]:
    """What one applies to the Deployment ``web``."""
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, **fields}


def mine(value: str) -> dict[str, Any]:
    """A status with one condition of one's own."""
    return {"conditions": [{"type": "Mine", "status": value}]}


def apply_part(server: Server, part: str, body: Any, manager: str, query: str = "") -> tuple[int, Any]:
    return server.call("PATCH", f"{DEPLOYMENTS}/web/{part}?fieldManager={manager}{query}", body, Content_Type=APPLY)


def owners(server: Server, part: str) -> dict[str, Any]:
    """Who has applied what of a subresource."""
    entries = server.call("GET", f"{DEPLOYMENTS}/web")[1]["metadata"]["managedFields"]
    return {one["manager"]: one["fieldsV1"] for one in entries if one.get("subresource") == part}


def test_the_status_alone_is_applied(server: Server, deployment: dict[str, Any]) -> None:
    """As upstream (1.35): conditions of others stay, a spec beside it is passed over, its owner outlives other writes;
    another's value is a conflict unless forced; what is no longer stated goes."""
    made = server.call("POST", DEPLOYMENTS, deployment)[1]
    theirs = {"type": "Available", "status": "True"}
    server.apply(UpdateStatus({**made, "status": {"replicas": 2, "conditions": [theirs]}}))
    code, done = apply_part(server, "status", stated(spec={"replicas": 9}, status=mine("True")), "a")
    assert (code, done["spec"]["replicas"], done["status"]["replicas"]) == (200, 2, 2)
    assert {one["type"] for one in done["status"]["conditions"]} == {"Available", "Mine"}
    item = {'k:{"type":"Mine"}': {".": {}, "f:status": {}, "f:type": {}}}
    server.call("PATCH", f"{DEPLOYMENTS}/web", {"spec": {"replicas": 3}}, Content_Type=MERGE)
    assert owners(server, "status") == {"a": {"f:status": {"f:conditions": item}}}
    code, status = apply_part(server, "status", stated(status=mine("False")), "b")
    assert (code, status["reason"]) == (409, "Conflict")
    assert 'conflict with "a" with subresource "status"' in status["message"]
    assert apply_part(server, "status", stated(status=mine("False")), "b", "&force=true")[0] == 200
    code, left = apply_part(server, "status", stated(), "b")
    assert (code, left["status"]["replicas"]) == (200, 2)
    code, left = apply_part(server, "status", stated(), "a")
    assert (code, left["status"]) == (200, {"replicas": 2, "conditions": [theirs]})
    assert owners(server, "status") == {}


def test_a_status_is_applied_to_what_is_there(server: Server) -> None:
    """404 where nothing is, and nothing is made; 422 where nobody says who applies."""
    assert apply_part(server, "status", stated(status=mine("True")), "a")[0] == 404
    assert server.call("GET", DEPLOYMENTS)[1]["items"] == []
    path = f"{DEPLOYMENTS}/web/status"
    assert server.call("PATCH", path, stated(), Content_Type=APPLY)[0] == 422


def test_a_scale_is_applied(server: Server, deployment: dict[str, Any]) -> None:
    """As upstream (1.35): a Scale is taken and owns the replicas, a Deployment is no Scale."""
    server.call("POST", DEPLOYMENTS, deployment)
    scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web"}, "spec": {"replicas": 5}}
    code, status = apply_part(server, "scale", scale, "a")
    assert (code, status["reason"], status["details"]["causes"][0]["field"]) == (409, "Conflict", ".spec.replicas")
    code, done = apply_part(server, "scale", scale, "a", "&force=true")
    assert (code, done["kind"], done["spec"]["replicas"]) == (200, "Scale", 5)
    assert owners(server, "scale") == {"a": {"f:spec": {"f:replicas": {}}}}
    assert server.call("GET", f"{DEPLOYMENTS}/web")[1]["spec"]["replicas"] == 5
    code, status = apply_part(server, "scale", stated(spec={"replicas": 1}), "a", "&force=true")
    assert (code, status["message"]) == (400, "invalid object type: apps/v1, Kind=Deployment")
    assert apply_part(server, "scale", {**scale, "spec": {"replicas": -1}}, "a", "&force=true")[0] == 422
