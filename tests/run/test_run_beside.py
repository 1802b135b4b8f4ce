"""Several services in one run: rows say whose they are, and which services those are."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoscale.cluster.client import connect
from autoscale.cluster.watch import Change
from autoscale.observe.fold import Fold, Samples
from autoscale.observe.scope import Scope
from autoscale.observe.view import View
from autoscale.record.writer import Writer
from autoscale.run.recorder import Beside, Recorder
from autoscale.run.target import beside
from loadtest.models import Target
from tests.cluster.fake_api import kubeconfig
from tests.run.test_run_parts import TARGET
from tests.run.test_run_phases import NOW, change


def scope(name: str) -> Scope:
    """A Deployment with HPA and Service of its name."""
    return Scope("Deployment", name, name, name, NOW, labels=f"app={name}")


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Recorder]:
    """A recorder of front with cart beside it, whose sources are the test."""
    other = Beside("cart", Fold(scope("cart")), View(scope("cart")))
    with (
        connect("fake", kubeconfig(tmp_path, 1)) as cluster,
        Writer(tmp_path / "record.jsonl") as writer,
        ExitStack() as stack,
    ):
        fold, view = Fold(scope("front")), View(scope("front"))
        yield Recorder(cluster, "default", writer, fold, view, stack, beside=[other])


def pod(name: str, app: str) -> Change:
    """A pod of an app."""
    return change("Pod", name, metadata={"labels": {"app": app}}, spec={}, status={"phase": "Running"})


def heard(run: Recorder, *items: Any) -> list[dict[str, Any]]:
    """The rows that become of these."""
    rows: list[dict[str, Any]] = []
    run.listeners = [lambda row: rows.append(dict(row))]
    for item in items:
        run.inbox.put(item)
    run.take(0)
    return rows


def test_each_row_says_of_which_service_it_is(run: Recorder) -> None:
    """The target's rows say nothing, the other's its name; a pod of neither is nobody's, and no row comes twice."""
    sample = {"containers": [], "timestamp": "2026-11-18T00:00:00Z", "window": "15s"}
    samples = Samples([{"metadata": {"name": name}, **sample} for name in ("front-1", "cart-1", "load-1")], NOW)
    rows = heard(
        run,
        pod("front-1", "front"),
        pod("cart-1", "cart"),
        pod("load-1", "load"),
        samples,
        change("Deployment", "cart", spec={"replicas": 2}, status={}),
        change("HorizontalPodAutoscaler", "cart", spec={"maxReplicas": 3}, status={}),
    )
    told = [(row["k"], row.get("name") or row.get("pod_uid"), row.get("of")) for row in rows]
    assert told == [
        ("pod", "front-1", None),
        ("pod", "cart-1", "cart"),
        ("usage", "front-1", None),
        ("usage", "cart-1", "cart"),
        ("workload", "cart", "cart"),
        ("hpa", "cart", "cart"),
    ]
    assert [sorted(view.pods) for view in run.views] == [["front-1"], ["cart-1"]]


class Shop:
    """A cluster's answers, as far as targets are looked up."""

    def __init__(self) -> None:
        names = ("front", "cart", "back")
        self.workloads = {name: self._workload(name) for name in names}
        self.hpas = [self._hpa(name) for name in names]

    def _workload(self, name: str) -> dict[str, Any]:
        labels = {"app": name}
        template = {"metadata": {"labels": labels}}
        return {"metadata": {"name": name}, "spec": {"selector": {"matchLabels": labels}, "template": template}}

    def _hpa(self, name: str) -> dict[str, Any]:
        spec = {"scaleTargetRef": {"kind": "Deployment", "name": name}, "maxReplicas": 3}
        return {"kind": "HorizontalPodAutoscaler", "metadata": {"name": f"{name}-hpa"}, "spec": spec}

    def get(self, path: str, **_: Any) -> dict[str, Any]:
        return self.workloads[path.rsplit("/", 1)[1]]

    def list(self, path: str, **query: Any) -> dict[str, Any]:
        kind = path.rsplit("/", 1)[1]
        service = {"metadata": {"name": "cart-svc"}, "spec": {"selector": {"app": "cart"}}}
        selected = [self.workloads["back"]] if query.get("labelSelector") == "tier=last" else []
        known = {"services": [service], "horizontalpodautoscalers": self.hpas, "deployments": selected}
        return {"items": known.get(kind, [])}


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Target(), []),
        (Target(also=["deployment/cart", "deployment/front"]), ["cart"]),
        (Target(selector="tier=last"), ["back"]),
        (Target(also=["deployment/back"], selector="tier=last"), ["back"]),
        (Target(manifests="."), ["cart", "back"]),
    ],
)
def test_others_are_listed_selected_or_brought_along(wanted: Target, names: list[str]) -> None:
    """Each once and never the target itself, with its own HPA and the Service that leads to its pods."""
    shop: Any = Shop()
    target = replace(TARGET, name="front")
    found = beside(shop, target, wanted, shop.hpas)
    assert [one.name for one in found] == names
    assert all(one.hpa["metadata"]["name"] == f"{one.name}-hpa" for one in found)
    assert [one.service for one in found if one.name == "cart"] == ["cart-svc"] * names.count("cart")
