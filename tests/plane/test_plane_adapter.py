"""Rules of prometheus-adapter, Prometheus' arithmetic, and HPAs that scale by what they give, under a virtual clock."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.hpa.reading.quantities import to_milli
from autoscale.kube.kinds import Object
from autoscale.plane.adapter.answers import Answers, NoMetric, quantity
from autoscale.plane.adapter.functions import increase, rate
from autoscale.plane.adapter.rules import RuleError, Rules, read_rules
from autoscale.plane.adapter.series import SeriesStore
from tests.plane.test_plane_hpa import CONFIG, hpa
from tests.plane.world import World, deployment

RULES = """
rules:
  - seriesQuery: 'http_requests_total{namespace!="",pod!=""}'
    resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}, service: {resource: services}}}
    name: {matches: "^(.*)_total$", as: "${1}_per_second"}
    metricsQuery: 'sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)'
externalRules:
  - seriesQuery: '{__name__=~"queue_.*"}'
    seriesFilters: [{isNot: "_created$"}]
    resources: {template: "<<.Resource>>"}
    metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>,state="ready"}) by (<<.GroupBy>>)'
"""


def test_the_names_of_metrics_come_from_those_of_series() -> None:
    """``matches`` and ``as`` as in the adapter: by default the first group, else the whole name."""
    rules = read_rules(RULES)
    assert rules.custom[0].metric("http_requests_total") == "http_requests_per_second"
    assert rules.custom[0].metric("http_requests") is None
    assert rules.external[0].metric("queue_length") == "queue_length"
    assert rules.longest_s == 60.0


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("sum(rate(", "topk(rate(", "rules[0].metricsQuery"),
        ("sum(rate(", "sum(deriv(", "rules[0].metricsQuery"),
        ("[1m]", "", "rules[0].metricsQuery"),
        ("{<<.LabelMatchers>>}[1m]", '{pod="a"}[1m]', "rules[0].metricsQuery"),
        ("{<<.LabelMatchers>>}[1m]", '{<<.LabelMatchers>>,pod~"a"}[1m]', "rules[0].metricsQuery"),
        ('namespace!="",pod', "namespace!=,pod", "rules[0].seriesQuery"),
        ('=~"queue_.*"', '=~"queue_(.*"', "externalRules[0].seriesQuery"),
        ("    name:", "    names:", "rules[0].names"),
        ("externalRules", "externals", "externals"),
        ('matches: "^(', 'matches: "^((', "rules[0]"),
    ],
)
def test_a_rule_that_is_not_understood_is_named(old: str, new: str, field: str) -> None:
    """Nothing of a rule file is passed over: what the embedded cluster cannot do is refused where it stands."""
    assert old in RULES
    with pytest.raises(RuleError) as error:
        read_rules(RULES.replace(old, new, 1))
    assert [where for where, _ in error.value.mistakes] == [field]


@pytest.mark.parametrize("text", ["", "- a", "rules: [", "rules: [7]"])
def test_what_is_no_rule_file_is_an_error(text: str) -> None:
    """Empty, a list, broken YAML, a number for a rule: an error with the place, never a crash."""
    with pytest.raises(RuleError):
        read_rules(text)


@given(
    steps=st.lists(st.integers(0, 1000), min_size=2, max_size=8),
    offset=st.floats(0.1, 14.9),
)
def test_a_steady_counter_has_its_rate(steps: list[int], offset: float) -> None:
    """A rate is never negative, and that of a steady counter is its slope, wherever the scrapes lie in the range."""
    samples, value = [], 10_000.0
    for i, step in enumerate(steps):
        samples.append((offset + 15.0 * i, value))
        value += step
    end = samples[-1][0] + 5.0
    found = rate(samples, 0.0, end)
    assert found is not None
    assert found >= 0
    steady = [(at, 10_000 + 20.0 * at) for at, _ in samples]
    assert rate(steady, 0.0, end) == pytest.approx(20.0)


def test_a_counter_that_began_anew_goes_on_from_zero() -> None:
    """A restart of the pod's process is no fall: 100, 130, 10, 40 grew by 70 (Prometheus' reset)."""
    samples = [(0.0, 100.0), (15.0, 130.0), (30.0, 10.0), (45.0, 40.0)]
    assert increase(samples, 0.0, 45.0) == pytest.approx(70.0)
    assert increase(samples[:1], 0.0, 45.0) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.0, "2"),
        (2.5, "2500m"),
        (0.0019, "1m"),
        (0.0009, "0"),
        (0.0, "0"),
        (float("nan"), "-9223372036854775808m"),
        (float("inf"), "-9223372036854775808m"),
        (-float("inf"), "-9223372036854775808m"),
    ],
)
def test_values_are_quantities_cut_to_thousandths(value: float, text: str) -> None:
    """As the adapter's own converter (0.12.0, run): cut off, not rounded; what is no number is the smallest one."""
    assert quantity(value) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_value_that_is_no_number_is_told_apart_by_its_api(value: float) -> None:
    """A custom metric's NaN is 0, an external one's the smallest number; the HPA reads both, and infinity, as 0."""
    store = SeriesStore()
    store.add("a", {"pod": "a", "namespace": "d"}, [("p95", {}, value)], 0.0, 300.0)
    rule: dict[str, Any] = {"seriesQuery": "p95", "resources": {"template": "<<.Resource>>"}}
    rule["metricsQuery"] = "max(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
    rules = read_rules(json.dumps({"rules": [rule], "externalRules": [rule]}))
    answers = Answers(rules, tuple(store.all()), 0.0)
    (custom,), (external,) = answers.custom("Pod", "d", ["a"], "p95"), answers.external("d", "p95")
    assert external["value"] == "-9223372036854775808m"
    assert custom["value"] == ("0" if math.isnan(value) else "-9223372036854775808m")
    assert to_milli(external["value"]) == to_milli(custom["value"]) == 0


def test_a_series_is_stale_when_its_pod_is_gone_or_says_it_no_more() -> None:
    """What was scraped a minute ago of a pod that is gone is not counted on; a pod that is there goes on."""
    store = SeriesStore()
    for pod in ("a", "b"):
        store.add(pod, {"pod": pod}, [("queue_length", {}, 3.0), ("other", {}, 1.0)], 0.0, 300.0)
    store.add("a", {"pod": "a"}, [("queue_length", {}, 4.0)], 15.0, 300.0)
    store.forget({"a"})
    assert [(one.name, one.labels, list(one.samples)) for one in store.all()] == [
        ("queue_length", {"pod": "a"}, [(0.0, 3.0), (15.0, 4.0)])
    ]


class Shop:
    """A Deployment whose pods count requests; ``each``: requests a second that each gets; ``queue``: jobs that wait."""

    def __init__(self, rules: str = RULES, **spec: Any) -> None:
        self.world = World(cpu="100")
        self.rules: Rules = read_rules(rules)
        self.series = SeriesStore()
        self.total, self.queue = 0.0, 0.0
        self.silent = False
        self.world.loop = replace(self.world.loop, config=CONFIG, answers=self.answers)
        self.world.create(deployment())
        self.world.run(5)
        self.world.create(hpa(**spec))
        self._counted: dict[str, float] = {}

    def answers(self, now: float) -> Answers:
        return Answers(self.rules, tuple(self.series.all()), now)

    def run(self, seconds: float) -> None:
        """Let time pass; all pods are scraped every five seconds."""
        self.world.run(seconds, self._tick)

    def _tick(self) -> None:
        pods = [pod for pod in self.world.all("Pod") if pod["status"]["phase"] == "Running"]
        for pod in pods:
            name = pod["metadata"]["name"]
            self._counted[name] = self._counted.get(name, 0.0) + self.total / len(pods)
        if self.world.now % 5 == 0:
            self.series.forget({pod["metadata"]["uid"] for pod in pods})
            for pod in pods:
                self._scrape(pod)

    def _scrape(self, pod: Object) -> None:
        name = pod["metadata"]["name"]
        scraped = [("http_requests_total", {}, self._counted[name])]
        if not self.silent:
            scraped += [("queue_length", {"state": "ready"}, self.queue), ("queue_length", {"state": "dead"}, 99.0)]
        own = {"pod": name, "namespace": "default", "service": "web"}
        self.series.add(pod["metadata"]["uid"], own, scraped, self.world.now, 120.0)

    def size(self) -> int:
        return int(self.world.get("Deployment", "web")["spec"]["replicas"])

    def status(self) -> Object:
        return dict(self.world.get("HorizontalPodAutoscaler", "web")["status"])


PODS = {
    "type": "Pods",
    "pods": {
        "metric": {"name": "http_requests_per_second"},
        "target": {"type": "AverageValue", "averageValue": "10"},
    },
}
EXTERNAL = {
    "type": "External",
    "external": {"metric": {"name": "queue_length"}, "target": {"type": "AverageValue", "averageValue": "5"}},
}
SERVICE = {
    "type": "Object",
    "object": {
        "describedObject": {"kind": "Service", "name": "web", "apiVersion": "v1"},
        "metric": {"name": "http_requests_per_second"},
        "target": {"type": "Value", "value": "10"},
    },
}


def test_an_hpa_scales_by_requests_per_pod() -> None:
    """60 requests a second at 10 a pod are six pods; the status shows what each pod gets."""
    shop = Shop(metrics=[PODS])
    shop.total = 60.0
    shop.run(240)
    assert shop.size() == 6
    (shown,) = shop.status()["currentMetrics"]
    assert shown["pods"]["metric"] == {"name": "http_requests_per_second"}
    assert float(shown["pods"]["current"]["averageValue"].removesuffix("m")) in (10.0, *range(9900, 10101))


def test_an_hpa_scales_by_the_length_of_a_queue() -> None:
    """Two pods say that 20 wait each: 40 in all at 5 a pod are eight pods; what is not ``ready`` is not counted."""
    shop = Shop(metrics=[EXTERNAL], maxReplicas=8)
    shop.queue = 20.0
    shop.run(60)
    assert shop.size() == 8


def test_an_hpa_scales_by_what_a_service_gets() -> None:
    """An Object metric with a ``value`` compares the whole: 30 requests a second are three times 10."""
    shop = Shop(metrics=[SERVICE])
    shop.total = 30.0
    shop.run(75)
    assert shop.size() > 4


def test_a_metric_that_nobody_has_is_told_in_the_apis_words() -> None:
    """An unknown name is a 404 of the adapter, one without series an empty list: other words."""
    other = {**PODS, "pods": {**PODS["pods"], "metric": {"name": "nothing"}}}
    shop = Shop(metrics=[other])
    shop.run(30)
    said = shop.world.events("FailedGetPodsMetric")
    api = "unable to fetch metrics from custom metrics API"
    assert said == [f"unable to get metric nothing: {api}: the server could not find the metric nothing for pods"]
    shop = Shop(metrics=[EXTERNAL])
    shop.silent = True
    shop.run(30)
    empty = "unable to get external metric default/queue_length/nil: no metrics returned from external metrics API"
    assert shop.world.events("FailedGetExternalMetric") == [empty]


def test_two_metrics_of_which_one_fails_scale_up_and_never_down() -> None:
    """Upstream's rule: while one metric is missing, the other may ask for more pods but not for less."""
    shop = Shop(metrics=[PODS, EXTERNAL])
    shop.silent = True
    shop.total = 60.0
    shop.run(240)
    grown = shop.size()
    assert grown >= 6
    shop.total = 0.0
    shop.run(300)
    assert shop.size() == grown
    shop.silent = False
    shop.run(120)
    assert shop.size() == 2


def test_without_rules_there_is_no_such_api() -> None:
    """A cluster without an adapter says so, once for each metric, as a real controller does."""
    shop = Shop(metrics=[PODS])
    shop.world.loop = replace(shop.world.loop, answers=lambda now: Answers(None, (), now))
    shop.run(30)
    api = "unable to fetch metrics from custom metrics API"
    none = "no custom metrics API (custom.metrics.k8s.io) registered"
    words = f"unable to get metric http_requests_per_second: {api}: {none}"
    assert shop.world.events("FailedGetPodsMetric") == [words]


def test_a_metric_is_found_by_the_object_it_is_about() -> None:
    """Pods of another namespace, Services of another name and an unknown kind get nothing."""
    shop = Shop(metrics=[PODS])
    shop.total = 10.0
    shop.run(60)
    answers = shop.answers(shop.world.now)
    assert answers.metrics() == [
        "namespaces/http_requests_per_second",
        "pods/http_requests_per_second",
        "services/http_requests_per_second",
    ]
    assert answers.externals() == ["queue_length"]
    assert len(answers.custom("Service", "default", ("web",), "http_requests_per_second")) == 1
    assert answers.custom("Service", "default", ("shop",), "http_requests_per_second") == []
    assert answers.custom("Service", "other", ("web",), "http_requests_per_second") == []
    with pytest.raises(NoMetric, match="for ingresses"):
        answers.custom("Ingress", "default", ("web",), "http_requests_per_second")
