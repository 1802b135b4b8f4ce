"""A workload that KEDA scales: its ScaledObject is found beside the HPA that it makes, or without one."""

from dataclasses import replace
from typing import Any, cast

import pytest

from autoscale.analysis import analyse
from autoscale.base.errors import InputError
from autoscale.cluster.client import Cluster
from autoscale.cluster.failures import Refused
from autoscale.kube.kinds import Object
from autoscale.run.scalers import scalers
from autoscale.run.target import brought, hidden
from loadtest import models
from tests.findings.test_findings_rules import run
from tests.run.test_run_parts import TARGET

WEB = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
SERVICE = {"kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 8080}]}}


class Lists:
    """A cluster that has these objects, by kind; a number refuses."""

    def __init__(
        self,
        hpas: list[Object],
        scaled: list[Object] | int,
        groups: tuple[str, ...] = (),
        vpas: list[Object] | None = None,
    ) -> None:
        lists = scaled if vpas is None else vpas
        self.of = {"horizontalpodautoscalers": hpas, "scaledobjects": scaled, "verticalpodautoscalers": lists}
        self.groups = groups

    def list(self, path: str, **_: Any) -> Object:
        """The objects of a kind."""
        found = self.of[path.rsplit("/", 1)[1]]
        if isinstance(found, int):
            raise Refused("no", found, {}, problems=(), fix="")
        return {"items": found}

    def get(self, path: str) -> Object:
        """A group of the API."""
        if path.removeprefix("/apis/") not in self.groups:
            raise Refused("no", 404, {}, problems=(), fix="")
        return {"kind": "APIGroup"}


def hpa(owner: str | None = None) -> Object:
    """KEDA's HPA, or somebody's."""
    owners = [{"kind": "ScaledObject", "name": owner}] if owner else []
    return {
        "metadata": {"name": "keda-hpa-web", "uid": "h", "ownerReferences": owners},
        "spec": {"scaleTargetRef": WEB},
    }


def scaled(**status: Any) -> Object:
    """A ScaledObject of the Deployment web, which is what it means where it names no kind."""
    spec = {"scaleTargetRef": {"name": "web"}, "maxReplicaCount": 6, "cooldownPeriod": 60}
    return {"kind": "ScaledObject", "metadata": {"name": "web", "uid": "s"}, "spec": spec, "status": status}


def found(hpas: list[Object], objects: list[Object] | int) -> tuple[Object, Object | None]:
    """What scales deployment/web."""
    return scalers(cast("Cluster", Lists(hpas, objects)), "Deployment", "web", "shop")


def test_the_hpa_and_the_scaled_object_that_makes_it() -> None:
    """Both are found by the workload that they point at; other workloads' are nobody's."""
    assert found([hpa("web")], [scaled()]) == (hpa("web"), scaled())
    other = {**scaled(), "spec": {"scaleTargetRef": {"kind": "StatefulSet", "name": "web"}}}
    assert found([hpa()], [other]) == (hpa(), None)


def test_a_paused_one_has_no_hpa() -> None:
    """Its HPA is given as KEDA would make it, without uid: it is in no cluster."""
    missing, _ = found([], [scaled(hpaName="keda-hpa-mine")])
    assert (missing["metadata"]["name"], missing["spec"]["minReplicas"], missing["spec"]["maxReplicas"]) == (
        "keda-hpa-mine",
        1,
        6,
    )
    assert "uid" not in missing["metadata"]


@pytest.mark.parametrize("code", [403, 404])
def test_what_may_not_be_read_is_known_by_its_hpa(code: int) -> None:
    """The HPA names its owner; without one there is no KEDA."""
    assert found([hpa("web")], code)[1] == {"kind": "ScaledObject", "metadata": {"name": "web"}}
    assert found([hpa()], code)[1] is None


@pytest.mark.parametrize(
    ("code", "groups", "named", "unseen"),
    [
        (404, (), True, ["scaledobjects"]),
        (404, ("keda.sh",), False, ["scaledobjects"]),
        (403, ("keda.sh",), False, ["scaledobjects"]),
        (404, ("autoscaling.k8s.io",), False, ["verticalpodautoscalers"]),
        (403, ("autoscaling.k8s.io",), False, ["verticalpodautoscalers"]),
        (404, (), False, []),
        (403, (), False, []),
    ],
    ids=["named by its HPA", "KEDA's version", "KEDA's Role", "VPA's version", "VPA's Role", "neither", "not there"],
)
def test_an_autoscaler_of_an_unknown_version_or_that_may_not_be_read_is_named(
    code: int, groups: tuple[str, ...], named: bool, unseen: list[str]
) -> None:
    """The cluster has the group, or an HPA names a ScaledObject, but it is served in another version or may not be
    listed: what cannot be seen is named, and the run goes on."""
    cluster = cast("Cluster", Lists([hpa("web")], code, groups))
    target = replace(TARGET, scaled={"kind": "ScaledObject", "metadata": {"name": "web"}} if named else None)
    assert hidden(cluster, [target]) == unseen


def test_what_can_be_read_is_not_hidden() -> None:
    """Lists that answer, empty or not, hide nothing."""
    cluster = cast("Cluster", Lists([hpa("web")], [scaled()], ("keda.sh", "autoscaling.k8s.io"), vpas=[]))
    assert hidden(cluster, [replace(TARGET, scaled=scaled())]) == []


def test_what_was_not_recorded_is_told() -> None:
    """The report's notes name the kinds, and say nothing where all were seen."""
    record = run()
    assert not [note for note in analyse(record.rows()).notes if note.startswith("Not recorded")]
    record.header["environment"] = {**record.header["environment"], "unseen": ["scaledobjects"]}
    assert any("scaledobjects" in note for note in analyse(record.rows()).notes if note.startswith("Not recorded"))


def test_manifests_may_bring_a_scaled_object_in_place_of_an_hpa() -> None:
    """What it scales is what is loaded; without either there is nothing to test."""
    assert brought([scaled(), SERVICE], models.Target()).target == "deployment/web"
    with pytest.raises(InputError, match="nothing that could be loaded"):
        brought([SERVICE], models.Target())
