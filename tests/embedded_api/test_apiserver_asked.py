"""What a run asks of custom and external metrics beside the HPA, from a real API server with an adapter behind it."""

import queue
import threading
from typing import Any

import pytest

from autoscale.base.steady import SteadyClock
from autoscale.cluster.client import connect
from autoscale.cluster.metrics import questions
from autoscale.cluster.watch import Lost
from autoscale.observe.asking import Asker, asking
from autoscale.observe.convert import metric_row
from autoscale.observe.fold import Answered
from autoscale.observe.sources import Inbox
from autoscale.plane.adapter.answers import Answers
from autoscale.plane.adapter.rules import read_rules
from autoscale.plane.adapter.series import SeriesStore
from tests.embedded_api.harness import NOW, Server
from tests.embedded_api.test_apiserver_adapter import RULES, pod


def metric(kind: str, name: str, **more: Any) -> dict[str, Any]:
    """An entry of an HPA's ``spec.metrics``."""
    return {"type": kind, kind.lower(): {"metric": {"name": name}, **more}}


def adapted(server: Server) -> Answers:
    """An adapter with one pod's series, behind the server."""
    store = SeriesStore()
    server.call("POST", "/api/v1/namespaces/default/pods", pod("a"))
    store.add("a", {"pod": "a", "namespace": "default"}, [("requests_waiting", {}, 4.5)], NOW, 60.0)
    return Answers(read_rules(RULES), tuple(store.all()), NOW)


def seen(server: Server, inbox: Inbox, *metrics: dict[str, Any]) -> Any:
    """Asks again and again, as a run does."""
    cluster = connect("embedded", server.kubeconfig)
    wanted = questions(metrics)
    asker = Asker(cluster=cluster, namespace="default", labels="app=web", inbox=inbox, clock=SteadyClock())
    return asking(asker, lambda: wanted, 0.05)


def test_values_are_rows_as_the_api_gave_them(server: Server) -> None:
    """A row for each of the HPA's metrics: by pod, or whole; one that is not there has no values."""
    server.node.answered = adapted(server)
    inbox: Inbox = queue.SimpleQueue()
    kinds = metric("Pods", "requests_waiting"), metric("External", "requests_waiting"), metric("External", "other")
    with seen(server, inbox, *kinds):
        found = [inbox.get(timeout=20) for _ in range(3)]
    rows = [one.row for one in found if isinstance(one, Answered)]
    assert [(row["type"], row["name"], row["values"]) for row in rows] == [
        ("Pods", "requests_waiting", [{"object": "a", "value": "4500m", "at": NOW}]),
        ("External", "requests_waiting", [{"object": None, "value": "4500m", "at": NOW}]),
        ("External", "other", []),
    ]
    assert all(row["took_s"] >= 0 for row in rows)


def test_an_adapter_that_fails_leaves_a_gap(server: Server) -> None:
    """From the first question without an answer to the next answer, with what the API said; the run goes on asking."""
    answers, inbox, failed = adapted(server), queue.SimpleQueue[Any](), threading.Event()

    def failing() -> Answers:
        failed.set()
        raise RuntimeError("out of order")

    server.node.answers = failing  # type: ignore[method-assign]
    with seen(server, inbox, metric("Pods", "requests_waiting")):
        assert failed.wait(20)
        server.node.answers = lambda: answers  # type: ignore[method-assign]
        gap, answer = inbox.get(timeout=20), inbox.get(timeout=20)
    assert isinstance(gap, Lost)
    assert (gap.source, gap.until > gap.since) == ("metric requests_waiting", True)
    assert isinstance(answer, Answered)


def test_without_the_api_there_are_no_values(server: Server) -> None:
    """A cluster without an adapter answers that there is no such thing: rows without values, and no gap."""
    inbox: Inbox = queue.SimpleQueue()
    with seen(server, inbox, metric("Pods", "requests_waiting")):
        found = inbox.get(timeout=20)
    assert isinstance(found, Answered)
    assert found.row["values"] == []


@pytest.mark.parametrize("item", [{}, {"value": "many"}, {"value": None}, {"value": "1", "timestamp": "noon"}, 5])
def test_an_answer_of_another_form_is_none(item: Any) -> None:
    """What is no value (no quantity, no time) is refused, so that it becomes a gap and no figure."""
    with pytest.raises((KeyError, ValueError, TypeError, AttributeError)):
        metric_row("Pods", "x", [item], 0.1)


def test_questions_are_those_that_an_hpa_asks() -> None:
    """Pods, objects (with their kind's group) and external metrics, each once; resources are heard of elsewhere."""
    web = {"describedObject": {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "web"}}
    own = {"describedObject": {"apiVersion": "v1", "kind": "Service", "name": "web"}}
    asked = questions(
        [
            {"type": "Resource", "resource": {"name": "cpu"}},
            metric("Pods", "rps"),
            metric("Pods", "rps"),
            metric("Object", "hits", **web),
            metric("Object", "hits", **own),
            {"type": "External", "external": {"metric": {"name": "queue", "selector": {"matchLabels": {"q": "a"}}}}},
            {"type": "External", "external": None},
        ]
    )
    custom, external = "custom.metrics.k8s.io", "external.metrics.k8s.io"
    assert [tuple(one) for one in asked] == [
        ("Pods", "rps", custom, "pods", "*", ""),
        ("Object", "hits", custom, "ingresses.networking.k8s.io", "web", ""),
        ("Object", "hits", custom, "services", "web", ""),
        ("External", "queue", external, None, "", "q=a"),
    ]
    assert [one.place for one in asked][1] == "ingresses.networking.k8s.io/hits"
