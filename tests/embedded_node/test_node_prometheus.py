"""The scraper of the embedded cluster against a pod's real admin port."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Counter

from app.admin import AdminServer
from autoscale.embedded.prometheus import Prometheus, address, samples
from autoscale.kube.kinds import Object
from autoscale.plane.store import Create, Delete, Store, UpdateStatus

NOW = 1_795_000_000.0
RULES = """
rules:
  - seriesQuery: 'jobs_total{pod!=""}'
    resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}, service: {resource: service}}}
    metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'
"""


@contextlib.contextmanager
def serving(registry: CollectorRegistry) -> Iterator[AdminServer]:
    """An app's admin port with these metrics."""
    server = AdminServer(("127.0.0.1", 0), registry, threading.Event())
    server.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def admin() -> Iterator[AdminServer]:
    """An app's admin port with one counter at 7."""
    registry = CollectorRegistry()
    Counter("jobs", "Jobs done.", registry=registry).inc(7)
    with serving(registry) as server:
        yield server


async def until_scraped(prometheus: Prometheus) -> None:
    """Let it scrape until it has any series."""
    task = asyncio.create_task(prometheus.run())
    async with asyncio.timeout(60):
        while not list(prometheus.series.all()):
            await asyncio.sleep(0.01)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def pod(name: str, port: int, scrape: str = "true") -> Object:
    """A pod that asks to be scraped."""
    annotations = {"prometheus.io/scrape": scrape, "prometheus.io/port": str(port)}
    metadata = {"name": name, "namespace": "default", "labels": {"app": "web"}, "annotations": annotations}
    spec = {"containers": [{"name": "c", "ports": [{"containerPort": 1}]}]}
    return {"kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": spec}


def shop(port: int) -> Store:
    """A store of rules, a Service, and three pods: one that answers, one that does not, one that is not asked."""
    store = Store()
    labels = {"app.kubernetes.io/name": "prometheus-adapter"}
    metadata = {"name": "adapter-config", "namespace": "default", "labels": labels}
    store.apply(Create({"kind": "ConfigMap", "metadata": metadata, "data": {"config.yaml": RULES}}), NOW)
    service = {
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"selector": {"app": "web"}},
    }
    store.apply(Create(service), NOW)
    for one in (pod("a", port), pod("deaf", 1), pod("unasked", port, "false")):
        made = store.apply(Create(one), NOW)
        assert made is not None
        store.apply(UpdateStatus({**made, "status": {"phase": "Running", "podIP": "127.0.0.1"}}), NOW)
    return store


def test_pods_that_say_so_are_scraped_and_forgotten_when_they_are_gone(admin: AdminServer) -> None:
    """One value for the pod that answers; it goes with the pod, and everything with the rules."""
    store = shop(admin.server_address[1])
    prometheus = Prometheus(store.objects, 0.02)

    async def follow() -> None:
        task = asyncio.create_task(prometheus.run())
        try:
            while not list(prometheus.series.all()):
                await asyncio.sleep(0.01)
            answers = prometheus.answers(max(at for one in prometheus.series.all() for at, _ in one.samples))
            assert answers.metrics() == ["namespaces/jobs_total", "pods/jobs_total", "services/jobs_total"]
            names = ("a", "deaf", "unasked")
            (value,) = answers.custom("Pod", "default", names, "jobs_total")
            assert (value["describedObject"]["name"], value["value"]) == ("a", "7")
            store.apply(Delete("Pod", "default", "a", grace_s=0), NOW)
            while list(prometheus.series.all()):
                await asyncio.sleep(0.01)
            store.apply(Delete("ConfigMap", "default", "adapter-config"), NOW)
            assert prometheus.answers(NOW).rules is None
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    asyncio.run(asyncio.wait_for(follow(), 60))


def test_without_annotations_the_first_port_and_the_usual_path_are_taken() -> None:
    """``prometheus.io/port`` and ``/path`` come before."""
    one = {**pod("a", 9), "status": {"podIP": "10.0.0.1"}}
    assert address(one) == "http://10.0.0.1:9/metrics"
    one["metadata"]["annotations"] = {"prometheus.io/path": "stats"}
    assert address(one) == "http://10.0.0.1:1/stats"


@pytest.mark.parametrize("name", ["nginx_ingress_controller_requests", "http_requests_total"])
def test_a_counter_keeps_the_name_that_the_pod_gives_it(name: str) -> None:
    """With `_total` or without, by its type or not: Prometheus renames nothing, and the rules ask by that name."""
    assert list(samples(f"# HELP {name} R.\n# TYPE {name} counter\n{name} 4\n")) == [(name, {}, 4.0)]


def test_a_label_with_a_hash_is_no_comment() -> None:
    """Only lines that begin with one are."""
    assert list(samples('a{path="/#/x"} 1\n  # TYPE a counter\n')) == [("a", {"path": "/#/x"}, 1.0)]


def test_metrics_of_many_packets_are_read_to_their_end() -> None:
    """A pod with 5,000 series: the last is as good as the first."""
    registry = CollectorRegistry()
    jobs = Counter("jobs", "Jobs done.", ["queue"], registry=registry)
    for queue in range(5_000):
        jobs.labels(queue=str(queue)).inc()
    with serving(registry) as server:
        prometheus = Prometheus(shop(server.server_address[1]).objects, 0.02)
        asyncio.run(until_scraped(prometheus))
    assert len([one for one in prometheus.series.all() if one.name == "jobs_total"]) == 5_000


def test_what_is_no_exposition_is_a_value_error() -> None:
    """A page of HTML on the port is told, not taken."""
    assert list(samples('# HELP a b\na{x="1"} 2\n')) == [("a", {"x": "1"}, 2.0)]
    with pytest.raises(ValueError, match=r"html|could not"):
        list(samples("<html> a b c </html>"))
