"""Kinds in a second form: autoscaling/v1 autoscalers and events.k8s.io Events are the stored ones, converted."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from autoscale.kube.forms import FORMS
from autoscale.plane.store import Emit, UpdateStatus
from tests.embedded_api.harness import Kubectl, Server

V1 = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
V2 = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
HPA = FORMS["autoscaling/v1", "HorizontalPodAutoscaler"]


def v1(percent: int = 60) -> dict[str, Any]:
    """An autoscaler as old manifests have it."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"maxReplicas": 5, "scaleTargetRef": target, "targetCPUUtilizationPercentage": percent}
    return {
        "apiVersion": "autoscaling/v1",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": spec,
    }


def test_an_autoscaler_of_v1_is_one_of_v2(server: Server) -> None:
    """Written as v1 it is read as v2, and the other way round; a patch of v1 changes what v2 shows."""
    code, made = server.call("POST", V1, v1())
    assert (code, made["apiVersion"], made["spec"]["targetCPUUtilizationPercentage"]) == (201, "autoscaling/v1", 60)
    (metric,) = server.call("GET", f"{V2}/web")[1]["spec"]["metrics"]
    target = {"type": "Utilization", "averageUtilization": 60}
    assert metric == {"type": "Resource", "resource": {"name": "cpu", "target": target}}
    patch = {"spec": {"targetCPUUtilizationPercentage": 75}}
    assert server.call("PATCH", f"{V1}/web", patch, Content_Type="application/merge-patch+json")[0] == 200
    stored = server.call("GET", f"{V2}/web")[1]
    assert stored["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 75
    code, listed = server.call("GET", V1)
    assert (listed["apiVersion"], listed["items"][0]["spec"]["targetCPUUtilizationPercentage"]) == (
        "autoscaling/v1",
        75,
    )


def test_what_v1_has_no_field_for_is_kept_in_annotations(server: Server) -> None:
    """A PUT of what was read as v1 loses no metric, no behaviour and no condition."""
    rich = v1() | {"apiVersion": "autoscaling/v2"}
    del rich["spec"]["targetCPUUtilizationPercentage"]
    rich["spec"] |= {
        "metrics": [metric("Pods", "pods", {"type": "AverageValue", "averageValue": "5"}, metric={"name": "rps"})],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 60}},
    }
    assert server.call("POST", V2, rich)[0] == 201
    before = server.call("GET", f"{V2}/web")[1]
    condition = {"type": "AbleToScale", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    server.apply(UpdateStatus({**before, "status": {**before["status"], "conditions": [condition]}}))
    shown = server.call("GET", f"{V1}/web")[1]
    notes = shown["metadata"]["annotations"]
    assert json.loads(notes["autoscaling.alpha.kubernetes.io/metrics"]) == [
        {"type": "Pods", "pods": {"metricName": "rps", "targetAverageValue": "5"}}
    ]
    assert json.loads(notes["autoscaling.alpha.kubernetes.io/conditions"]) == [condition]
    shown["spec"]["maxReplicas"] = 7
    assert server.call("PUT", f"{V1}/web", shown)[0] == 200
    after = server.call("GET", f"{V2}/web")[1]
    assert after["spec"] == {**before["spec"], "maxReplicas": 7}
    assert "annotations" not in after["metadata"]


def test_unknown_fields_are_judged_by_the_form_that_was_sent(server: Server) -> None:
    """v1 has no ``metrics``; v2 has no ``targetCPUUtilizationPercentage``."""
    wrong = v1()
    wrong["spec"]["metrics"] = []
    code, status = server.call("POST", f"{V1}?fieldValidation=Strict", wrong)
    assert code == 400
    assert 'unknown field "spec.metrics"' in status["message"]


def metric(kind: str, source: str, target: dict[str, Any], **about: Any) -> dict[str, Any]:
    """A metric of autoscaling/v2."""
    return {"type": kind, source: {**about, "target": target}}


UTILIZATION, AVERAGE = {"type": "Utilization", "averageUtilization": 70}, {"type": "AverageValue", "averageValue": "2"}
VALUE = {"type": "Value", "value": "9"}
SERVICE = {"kind": "Service", "name": "s"}
LABELLED = {"name": "q", "selector": {"matchLabels": {"a": "b"}}}
METRICS = st.one_of(
    st.sampled_from([UTILIZATION, AVERAGE]).map(lambda one: metric("Resource", "resource", one, name="cpu")),
    st.sampled_from([UTILIZATION, AVERAGE]).map(lambda one: metric("Resource", "resource", one, name="memory")),
    st.just(metric("Pods", "pods", AVERAGE, metric=LABELLED)),
    st.sampled_from([VALUE, AVERAGE]).map(lambda one: metric("External", "external", one, metric=LABELLED)),
    st.sampled_from([VALUE, AVERAGE]).map(
        lambda one: metric("Object", "object", one, metric={"name": "r"}, describedObject=SERVICE)
    ),
)


def as_text(metrics: list[dict[str, Any]]) -> list[str]:
    """The metrics without their order."""
    return sorted(json.dumps(one, sort_keys=True) for one in metrics)


@given(st.lists(METRICS, min_size=1, max_size=4))
def test_there_and_back_is_the_same_but_for_the_order(metrics: list[dict[str, Any]]) -> None:
    """Whatever v2 has survives the way through v1; a second target of CPU utilization does not, as upstream."""
    once, seen = [], False
    for one in metrics:
        is_cpu = one == metric("Resource", "resource", UTILIZATION, name="cpu")
        if not (is_cpu and seen):
            once.append(one)
        seen = seen or is_cpu
    obj = {"metadata": {"name": "web"}, "spec": {"maxReplicas": 3, "metrics": once}, "status": {}}
    back = HPA.inward(HPA.outward(obj))
    assert as_text(back["spec"]["metrics"]) == as_text(once)


def test_events_are_there_in_both_forms(server: Server, deployment: dict[str, Any]) -> None:
    """events.k8s.io names the object ``regarding`` and the text ``note``; it selects by its own names."""
    _, made = server.call("POST", "/apis/apps/v1/namespaces/default/deployments", deployment)
    server.apply(Emit(made, "Normal", "Grown", "from 1 to 2", "somebody"))
    path = "/apis/events.k8s.io/v1/namespaces/default/events"
    (event,) = server.call("GET", f"{path}?fieldSelector=regarding.name=web,reportingController=somebody")[1]["items"]
    assert (event["apiVersion"], event["note"]) == ("events.k8s.io/v1", "from 1 to 2")
    assert event["regarding"]["kind"] == "Deployment"
    assert event["deprecatedCount"] == 1
    assert server.call("GET", f"{path}?fieldSelector=regarding.name=other")[1]["items"] == []
    said = {"note": "hello", "reason": "Said", "type": "Normal", "action": "Saying"}
    who = {"reportingController": "me", "reportingInstance": "me-1", "eventTime": "2026-01-01T00:00:00.000000Z"}
    new = {"metadata": {"name": "mine"}, "regarding": event["regarding"], **said, **who}
    assert server.call("POST", path, new)[0] == 201
    stored = server.call("GET", "/api/v1/namespaces/default/events/mine")[1]
    assert (stored["message"], stored["involvedObject"]["name"]) == ("hello", "web")


def test_kubectl_sees_both_versions(server: Server, kubectl: Kubectl) -> None:
    """By its full name kubectl gets v1, `kubectl get hpa` v2; what one may do is listed."""
    server.call("POST", V1, v1())
    assert "targetCPUUtilizationPercentage: 60" in kubectl(
        "get", "horizontalpodautoscalers.v1.autoscaling", "web", "-o", "yaml"
    )
    assert "averageUtilization: 60" in kubectl("get", "hpa", "web", "-o", "yaml")
    groups = {one["name"]: one for one in server.call("GET", "/apis")[1]["groups"]}
    assert groups["autoscaling"]["preferredVersion"]["version"] == "v2"
    assert [one["version"] for one in groups["autoscaling"]["versions"]] == ["v2", "v1"]
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": "default"},
    }
    code, answer = server.call("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", review)
    assert (code, answer["status"]["incomplete"]) == (201, False)
    assert answer["status"]["resourceRules"] == [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]
