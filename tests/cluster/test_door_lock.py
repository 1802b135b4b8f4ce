"""One run at a time in a namespace, and what a run may load, asked of an embedded cluster."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autoscale.base.errors import InputError
from autoscale.cluster import lock
from autoscale.cluster.apply import fetch
from autoscale.cluster.client import Cluster
from autoscale.cluster.resources import resource_of
from autoscale.run.options import Existing
from autoscale.run.target import of_existing
from tests.conftest import eventually

CONFIG_MAP = resource_of("ConfigMap").path("default", lock.NAME)


def patch_lock(cluster: Cluster, **data: str) -> None:
    """Write into the lock what no living run would."""
    cluster.send("PATCH", CONFIG_MAP, {"data": data}, content_type="application/merge-patch+json")


def test_a_second_run_is_refused_while_the_first_lives(cluster: Cluster) -> None:
    """The second is told which run it is and how to clean up; another namespace is free; afterwards this one is too."""
    with lock.held(cluster, "default", "one"):
        with (
            pytest.raises(InputError, match=r"another run \(one, heard of") as caught,
            lock.held(cluster, "default", "two"),
        ):
            pass
        assert "autoscale clean --context embedded -n default --run one" in caught.value.fix
        assert re.search(r"holds for another (60|5\d) s", caught.value.fix)  # less only where a minute has passed
        with lock.held(cluster, "kube-system", "two"):
            pass
        found = lock.holder(cluster, "default")
        assert found is not None
        assert (found.run, found.alive) == ("one", True)
    assert lock.holder(cluster, "default") is None
    with lock.held(cluster, "default", "two"):
        pass


def test_how_long_a_lost_runs_lock_holds_is_told() -> None:
    """A minute from its last word on, and then no more."""
    assert [lock.Holder("one", age).left_s for age in (0.0, 48.0, 60.0, 90.0)] == [60.0, 12.0, 0.0, 0.0]


def test_a_run_renews_its_lock(cluster: Cluster) -> None:
    """What the lock says of its age is renewed while the run lives, whatever it said before."""
    with lock.held(cluster, "default", "one", renew_s=0.05):
        patch_lock(cluster, renewed="1000000000")
        eventually(lambda: (found := lock.holder(cluster, "default")) is not None and found.alive)


def test_a_crashed_run_is_told_from_a_living_one(cluster: Cluster) -> None:
    """A lock that was not renewed for a minute, or holds no time that was, is a crashed run's; `clean` frees the
    namespace."""
    for renewed in (f"{time.time() - lock.STALE_S - 5:.0f}", "nonsense", "²", "9" * 400):
        with lock.held(cluster, "default", "dead"):
            patch_lock(cluster, renewed=renewed)
            with pytest.raises(InputError, match="the run dead crashed") as caught:
                lock.refuse_held(cluster, "default")
            assert "--run dead" in caught.value.fix
            assert not lock.release(cluster, "default", "another")
            assert lock.release(cluster, "default", "dead")
            assert fetch(cluster, CONFIG_MAP) is None


def test_a_command_to_copy_holds_no_other_command(cluster: Cluster) -> None:
    """Whoever may write the lock may call the run anything; what is proposed to be pasted runs nothing of theirs."""
    with lock.held(cluster, "default", "one"):
        patch_lock(cluster, run="x; echo owned")
        with pytest.raises(InputError) as caught:
            lock.refuse_held(cluster, "default")
        assert "--run 'x; echo owned'" in caught.value.fix
        patch_lock(cluster, run="one")


def labelled(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    """An object with a spec."""
    return {"apiVersion": resource_of(kind).api_version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def deployment(name: str) -> dict[str, Any]:
    """A Deployment without pods."""
    container = {"name": "web", "image": "autoscale-app:dev", "command": ["true"]}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    return labelled("Deployment", name, replicas=0, selector={"matchLabels": {"app": name}}, template=template)


def hpa(name: str, target: str) -> dict[str, Any]:
    """An HPA that points at a Deployment."""
    ref = {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}
    return labelled("HorizontalPodAutoscaler", name, scaleTargetRef=ref, maxReplicas=3)


@pytest.fixture
def make(cluster: Cluster) -> Iterator[Callable[..., None]]:
    """Creates objects; what was created goes after the test."""
    paths: list[str] = []

    def create(*objects: dict[str, Any]) -> None:
        for obj in objects:
            folder = resource_of(obj["kind"]).path("default")
            cluster.send("POST", folder, obj)
            paths.append(f"{folder}/{obj['metadata']['name']}")

    yield create
    for path in paths:
        cluster.send("DELETE", path)


def service(name: str = "shop", port: int = 8080) -> dict[str, Any]:
    """A Service."""
    return labelled("Service", name, selector={"app": "shop"}, ports=[{"port": port}])


SHOP = Existing("deployment/shop", "http://shop:8080")


def test_a_target_with_one_hpa_and_a_service_fits(cluster: Cluster, make: Callable[..., None]) -> None:
    """Workload, HPA and Service are found; the URL has the Service's address, the Host header its name."""
    make(deployment("shop"), hpa("mine", "shop"), hpa("theirs", "other"), service())
    for url in (SHOP.url, "http://shop.default:8080/a", "http://shop.default.svc.cluster.local:8080"):
        found = of_existing(cluster, Existing(SHOP.target, url), "default")
        assert found.hpa["metadata"]["name"] == "mine"
        assert found.url.startswith("http://127.")
        assert found.host.startswith("shop")
        assert (found.service, found.labels, found.ours) == ("shop", "app=shop", False)


def test_no_hpa_names_where_the_others_point(cluster: Cluster, make: Callable[..., None]) -> None:
    """An HPA that scales something else does not count; the error says what it scales and how to make one."""
    make(deployment("shop"), hpa("elsewhere", "other"), service())
    with pytest.raises(InputError, match="no HPA in namespace default points at Deployment/shop") as caught:
        of_existing(cluster, SHOP, "default")
    assert "HorizontalPodAutoscaler/elsewhere: found Deployment/other" in str(caught.value)
    assert "kubectl autoscale deployment shop" in caught.value.fix


def test_two_hpas_on_one_target_are_refused(cluster: Cluster, make: Callable[..., None]) -> None:
    """They would fight over its replicas: both are named."""
    make(deployment("shop"), hpa("a", "shop"), hpa("b", "shop"), service())
    with pytest.raises(InputError, match=r"2 HPAs scale Deployment/shop \(a, b\)"):
        of_existing(cluster, SHOP, "default")


@pytest.mark.parametrize("target", ["pod/web", "deployment", "deployment/", "deployment/a/b", "web"])
def test_what_is_no_target(cluster: Cluster, target: str) -> None:
    """Only a Deployment or a StatefulSet by name is one."""
    with pytest.raises(InputError, match=f"found '{target}', wanted deployment/NAME or statefulset/NAME"):
        of_existing(cluster, Existing(target, SHOP.url), "default")


def test_a_workload_that_is_not_there(cluster: Cluster) -> None:
    """Its name and namespace are told, for a kind that this cluster does not serve too."""
    for target in ("deployment/none", "statefulset/none"):
        with pytest.raises(InputError, match=f"there is no {target} in namespace default"):
            of_existing(cluster, Existing(target, SHOP.url), "default")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.com/", "leads to no Service of the workload's namespace"),
        ("http://absent:8080", "leads to no Service of the workload's namespace"),
        ("http://shop.kube-system:8080", "leads to no Service of the workload's namespace"),
        ("http://203.0.113.7:8080", "not that of a Service"),
        ("http://www.shop.example.com", "not that of a Service"),
        ("http://user:password@shop:8080", "not that of a Service"),
        ("ftp://shop:8080", "not that of a Service"),
        ("http://shop:99999", "not one"),
        ("http://[::1", "not one"),
        ("shop", "not that of a Service"),
        ("http://shop:9999", "no such port"),
        ("http://shop", "no such port"),
    ],
)
def test_load_goes_to_a_service_of_the_cluster_only(
    cluster: Cluster, make: Callable[..., None], url: str, words: str
) -> None:
    """An address outside the cluster, a name that is no Service, a port that it does not have: each is refused."""
    make(deployment("shop"), hpa("mine", "shop"), service())
    with pytest.raises(InputError, match=words):
        of_existing(cluster, Existing(SHOP.target, url), "default")
