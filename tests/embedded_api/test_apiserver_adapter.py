"""custom.metrics.k8s.io and external.metrics.k8s.io over raw requests, and the rules that are refused."""

from typing import Any

import pytest

from autoscale.plane.adapter.answers import Answers
from autoscale.plane.adapter.rules import read_rules
from autoscale.plane.adapter.series import SeriesStore
from tests.embedded_api.harness import NOW, Server

RULES = """
rules:
  - seriesQuery: 'requests_waiting{pod!=""}'
    resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
    metricsQuery: 'max(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'
externalRules:
  - seriesQuery: 'requests_waiting{pod!=""}'
    resources: {overrides: {namespace: {resource: namespace}}}
    metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'
"""
CUSTOM, EXTERNAL = "/apis/custom.metrics.k8s.io", "/apis/external.metrics.k8s.io/v1beta1"


def pod(name: str) -> dict[str, Any]:
    """A pod of the app ``web``."""
    spec = {"containers": [{"name": "c", "image": "x"}]}
    return {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name, "labels": {"app": "web"}}, "spec": spec}


@pytest.fixture
def adapted(server: Server) -> Server:
    """A server whose adapter has two pods' series."""
    store = SeriesStore()
    for name, value in (("a", 3.0), ("b", 4.5)):
        server.call("POST", "/api/v1/namespaces/default/pods", pod(name))
        own = {"pod": name, "namespace": "default"}
        store.add(name, own, [("requests_waiting", {"queue": name * 2}, value)], NOW, 60.0)
    server.node.answered = Answers(read_rules(RULES), tuple(store.all()), NOW)
    return server


def test_the_groups_come_with_the_rules(server: Server) -> None:
    """Without rules neither group is there, as on a cluster without an adapter."""
    assert "custom.metrics.k8s.io" not in [one["name"] for one in server.call("GET", "/apis")[1]["groups"]]
    assert server.call("GET", f"{CUSTOM}/v1beta1")[0] == 404
    server.node.answered = Answers(read_rules(RULES), (), NOW)
    names = [one["name"] for one in server.call("GET", "/apis")[1]["groups"]]
    assert {"custom.metrics.k8s.io", "external.metrics.k8s.io"} <= set(names)


def test_discovery_lists_what_there_is(adapted: Server) -> None:
    """As `kubectl get --raw` shows it of prometheus-adapter."""
    found = adapted.call("GET", f"{CUSTOM}/v1beta1")[1]["resources"]
    assert [one["name"] for one in found] == ["namespaces/requests_waiting", "pods/requests_waiting"]
    assert [one["name"] for one in adapted.call("GET", EXTERNAL)[1]["resources"]] == ["requests_waiting"]


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("", {"a": "3", "b": "4500m"}),
        ("?labelSelector=app%3Dweb", {"a": "3", "b": "4500m"}),
        ("?labelSelector=app%3Dother", {}),
        ("?metricLabelSelector=queue%3Dbb", {"b": "4500m"}),
    ],
)
def test_pods_are_asked_together(adapted: Server, query: str, values: dict[str, str]) -> None:
    """``pods/*`` with the pods' labels and the series' labels, as the HPA controller asks."""
    path = f"{CUSTOM}/v1beta2/namespaces/default/pods/*/requests_waiting{query}"
    code, found = adapted.call("GET", path)
    assert (code, found["kind"]) == (200, "MetricValueList")
    assert {item["describedObject"]["name"]: item["value"] for item in found["items"]} == values


def test_the_older_version_has_the_name_alone(adapted: Server) -> None:
    """``v1beta1``: ``metricName``; ``v1beta2``: ``metric.name``."""
    path = "namespaces/default/pods/a/requests_waiting"
    (old,) = adapted.call("GET", f"{CUSTOM}/v1beta1/{path}")[1]["items"]
    (new,) = adapted.call("GET", f"{CUSTOM}/v1beta2/{path}")[1]["items"]
    assert old["metricName"] == new["metric"]["name"] == "requests_waiting"
    assert old["describedObject"] == {"kind": "Pod", "namespace": "default", "name": "a", "apiVersion": "/v1"}


def test_a_namespace_and_an_external_metric_are_whole(adapted: Server) -> None:
    """The greatest of the namespace by one rule, the sum by the other; of no series the list is empty, not an error."""
    (whole,) = adapted.call("GET", f"{CUSTOM}/v1beta2/namespaces/default/metrics/requests_waiting")[1]["items"]
    assert (whole["describedObject"]["kind"], whole["value"]) == ("Namespace", "4500m")
    path = f"{EXTERNAL}/namespaces/default/requests_waiting"
    (found,) = adapted.call("GET", path)[1]["items"]
    assert (found["metricName"], found["value"]) == ("requests_waiting", "7500m")
    assert adapted.call("GET", f"{path}?labelSelector=queue%3Dnone") == (
        200,
        {
            "kind": "ExternalMetricValueList",
            "apiVersion": "external.metrics.k8s.io/v1beta1",
            "metadata": {},
            "items": [],
        },
    )


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", f"{CUSTOM}/v1beta2/namespaces/default/pods/*/nothing", 404),
        ("GET", f"{CUSTOM}/v1beta2/namespaces/default/pods/nobody/requests_waiting", 404),
        ("GET", f"{CUSTOM}/v1beta2/namespaces/default/things/*/requests_waiting", 404),
        ("GET", f"{CUSTOM}/v1beta3", 404),
        ("GET", f"{CUSTOM}/v1beta2/namespaces/default/pods/*/requests_waiting?labelSelector=((", 400),
        ("POST", f"{CUSTOM}/v1beta2/namespaces/default/pods/*/requests_waiting", 405),
    ],
)
def test_what_is_not_there_is_a_status(adapted: Server, method: str, path: str, code: int) -> None:
    """An unknown metric, object, kind of object, version; a selector that is none; a write."""
    found, status = adapted.call(method, path)
    assert (found, status["kind"], status["status"]) == (code, "Status", "Failure")


def test_rules_that_cannot_be_followed_are_refused(server: Server) -> None:
    """The ConfigMap is refused with the place in its file, before an HPA waits for a metric that never comes."""
    labels = {"app.kubernetes.io/name": "prometheus-adapter"}
    config = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "adapter-config", "labels": labels}}
    path = "/api/v1/namespaces/default/configmaps"
    wrong = RULES.replace("max(", "quantile(")
    code, status = server.call("POST", path, {**config, "data": {"config.yaml": wrong}})
    assert (code, status["details"]["causes"][0]["field"]) == (422, "data[config.yaml]: rules[0].metricsQuery")
    assert server.call("POST", path, {**config, "data": {"config.yaml": RULES}})[0] == 201
    unlabelled = {**config, "metadata": {"name": "other"}, "data": {"config.yaml": wrong}}
    assert server.call("POST", path, unlabelled)[0] == 201
