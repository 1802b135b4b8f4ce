"""Metrics that are not CPU: what the HPA saw of them, the pods that they ask for, and the decisions they led to."""

from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace

from autoscale.analysis import analyse
from autoscale.analysis.hpa_metrics import asked_for, pods_asked
from autoscale.analysis.plan import PlannedRate
from autoscale.analysis.results.series import HpaMetric, Replicas
from autoscale.analysis.steps import StepSeries
from autoscale.kube.targets import targets
from autoscale.report.charts import chart_data
from tests.analysis.test_told_replay import outcomes, told
from tests.fixtures.handmade import Record

PLAN = PlannedRate((0.0, 120.0, 120.0, 240.0), (10.0, 10.0, 40.0, 40.0))


def supply(*sizes: tuple[float, float]) -> Replicas:
    """Ready and running pods over time."""
    series = StepSeries.of(sizes)
    return Replicas(desired=series, hpa_desired=series, running=series, ready=series)


def metric(kind: str, per: str, target: float, *values: tuple[float, float | None]) -> HpaMetric:
    """A metric with what was seen of it."""
    return HpaMetric(kind, "m", "", per, StepSeries.of(values), StepSeries.of([(0.0, target)]), StepSeries())


def asked(one: HpaMetric, sizes: Replicas) -> dict[float, float | None]:
    """The pods asked for, by time."""
    found = asked_for(replace(one, asks=pods_asked(one, sizes, 0.1)), PLAN, sizes.ready, 0.1)
    assert found is not None
    return dict(zip(found[0].times, found[0].values, strict=True))


def test_a_pods_metric_that_follows_the_load_gives_the_demand_before_it_is_seen() -> None:
    """Two pods at 5 each for 10 requests a second: at 8 a pod and a tenth more, 40 a second need five, from 2:00 on."""
    one = metric("Pods", "pod", 8.0, (100.0, 5.0), (230.0, 10.0))
    assert asked(one, supply((0.0, 2.0), (130.0, 4.0))) == {0.0: 2.0, 120.0: 5.0}


def test_a_queue_asks_for_what_the_hpa_saw() -> None:
    """An external average is over all pods: 20 each over 2 pods are 40, at 5 a pod and a tenth eight."""
    one = metric("External", "pod", 5.0, (60.0, 1.0), (150.0, 20.0), (165.0, None))
    assert asked(one, supply((0.0, 2.0))) == {60.0: 1.0, 150.0: 8.0, 165.0: None}


def test_a_whole_is_compared_by_its_ratio() -> None:
    """``value``: three times the target asks for three times the ready pods."""
    one = metric("Object", "all", 10.0, (60.0, 33.0))
    assert asked(one, supply((0.0, 2.0))) == {60.0: 6.0}


def test_an_average_over_new_pods_says_nothing() -> None:
    """Memory a pod, ten seconds after two pods became four: which of them were counted is not known."""
    one = metric("Resource", "request", 50.0, (60.0, 110.0), (110.0, 111.0), (180.0, 60.0))
    assert asked(one, supply((0.0, 2.0), (100.0, 4.0))) == {60.0: 4.0, 110.0: None, 180.0: 5.0}


def test_what_was_never_seen_asks_for_nothing_known() -> None:
    """No value: None, not 0 pods."""
    assert asked_for(metric("External", "pod", 5.0, (60.0, None)), PLAN, StepSeries.of([(0.0, 2.0)]), 0.1) is None


@cache
def account() -> Any:
    return told("pods-metric")


def test_a_run_on_requests_is_retraced_to_the_last_decision() -> None:
    """Also the pass at which three new pods had no value yet: the average is over two, the rule counts five."""
    assert outcomes("pods-metric") == {"agrees": 16}


def test_a_run_on_requests_has_a_demand() -> None:
    """44 requests a second at 8 a pod, within a tenth: five pods; after it two."""
    need, start = account().demand, account().load_start
    assert "http_requests_per_second is 1 times the requests a second" in need.how
    assert [need.curve.at(start + at) for at in (10, 60, 180)] == [2, 5, 2]


def test_a_metric_that_says_not_when_it_was_measured_makes_no_phase() -> None:
    """The wait until the metric showed the load is not told from the wait for the HPA: one phase, not two guesses."""
    first = account().scale_ups[0]
    assert [phase.duration_s is None for phase in first.phases[:2]] == [True, False]
    assert first.phases[1].duration_s == pytest.approx(27.7, abs=0.1)


def test_each_metric_has_a_chart() -> None:
    """What the HPA saw and its target; CPU has its own chart."""
    (chart,) = [one for one in chart_data(account(), ())["charts"] if one["id"].startswith("metric-")]
    assert chart["title"] == "http_requests_per_second as the HPA saw it, a pod"
    assert [(one["label"], max(y for y in one["y"] if y is not None)) for one in chart["series"]] == [
        ("seen", 21.63),
        ("target", 8.0),
    ]
    assert not [one for one in chart_data(told("121615-first-look"), ())["charts"] if one["id"].startswith("metric-")]


def test_an_average_over_no_pods_is_no_value() -> None:
    """At 0 pods Kubernetes 1.37 shows the smallest number there is: unknown, in the series and in the words."""
    wanted = {"metric": {"name": "queue"}, "target": {"type": "AverageValue", "averageValue": "5"}}
    shown = {"metric": {"name": "queue"}, "current": {"averageValue": "-9223372036854775808m"}}
    spec, status = [{"type": "External", "external": wanted}], [{"type": "External", "external": shown}]
    assert targets(spec, status) == "<unknown>/5 (avg)"
    record = Record().hpa(0, 0, None)
    record.body[-1]["spec"] = {**record.body[-1]["spec"], "metrics": spec}
    record.body[-1]["metrics"] = status
    (one,) = analyse(record.rows()).hpa_metrics
    assert (one.value.values, one.target.values) == ((None,), (5.0,))
