"""``doctor`` and ``clean`` on a cluster that answers (an imagined one, in this process)."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autoscale.cluster import lock
from autoscale.cluster.apply import run_labels
from autoscale.cluster.client import connect
from autoscale.embedded.launch.folder import folder_of
from autoscale.embedded.settings import quick
from autoscale.kube.kinds import Object
from autoscale.run import doctor
from tests.cli.conftest import Done
from tests.conftest import need
from tests.plane.world import deployment, service
from tests.run.imagined import Door, imagined

Autoscale = Callable[..., Done]


@pytest.fixture
def door(autoscale: Autoscale) -> Iterator[Door]:
    """A running cluster, as somebody's and as the embedded one."""
    need(sys.platform == "linux", "the embedded cluster needs Linux")
    with imagined(folder_of("embedded"), quick()) as running:
        yield running


@pytest.fixture
def shop(door: Door, autoscale: Autoscale) -> tuple[str | Path, ...]:
    """The options that lead to it as somebody's cluster, allowed to receive load."""
    words = ("--context", "shop", "--kubeconfig", door.named("shop"))
    assert autoscale("contexts", "allow", "shop", *words[2:]).code == 0
    return words


def of_run(obj: Object, run: str) -> Object:
    """An object that a run has made."""
    obj["metadata"]["labels"] = run_labels(run)
    return obj


def test_the_doctor_finds_a_good_cluster_good(
    door: Door, shop: tuple[str | Path, ...], autoscale: Autoscale, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0; with a right that a run needs taken away 3, and that right is named."""
    monkeypatch.setattr(doctor, "WEB_PORT", 0)
    well = autoscale("doctor", *shop)
    assert well.code == 0, well.out
    door.api.denied = {"watch pods"}
    ill = autoscale("doctor", *shop)
    assert (ill.code, "pods" in ill.out) == (3, True)


def test_clean_removes_what_runs_made_and_nothing_else(
    door: Door, shop: tuple[str | Path, ...], autoscale: Autoscale
) -> None:
    """With --run that run's alone; then every run's; what no run made stays."""
    door.create(of_run(deployment("one"), "r1"), of_run(deployment("two"), "r2"), deployment("mine"), service("mine"))
    first = autoscale("clean", *shop, "--run", "r1")
    assert (first.code, first.out.splitlines()[0]) == (0, "removed Deployment/one")
    assert door.names("Deployment") == ["mine", "two"]
    rest = autoscale("clean", *shop)
    assert "removed Deployment/two" in rest.out
    assert "Nothing of ours is left in namespace default of shop. What no run made stays" in rest.out
    assert (door.names("Deployment"), door.names("Service")) == (["mine"], ["mine"])


def test_clean_leaves_a_run_that_goes_on_alone(door: Door, shop: tuple[str | Path, ...], autoscale: Autoscale) -> None:
    """2 while a run holds the namespace; by its name it is removed, lock and all."""
    door.create(of_run(deployment("one"), "r1"))
    with connect("embedded", door.kubeconfig) as cluster, lock.held(cluster, "default", "r1"):
        refused = autoscale("clean", *shop)
        assert (refused.code, "another run (r1" in refused.err) == (2, True)
        assert door.names("Deployment") == ["one"]
        assert autoscale("clean", *shop, "--run", "r1").code == 0
        assert (door.names("Deployment"), door.names("ConfigMap")) == ([], [])


def test_what_clean_may_not_remove_is_3(door: Door, shop: tuple[str | Path, ...], autoscale: Autoscale) -> None:
    """The API server's own words, and the object is still there."""
    door.create(of_run(deployment("one"), "r1"))
    door.api.refuses = lambda method, _: 403 if method == "DELETE" else None
    done = autoscale("clean", *shop)
    assert (done.code, "Traceback" in done.err) == (3, False)
    assert door.names("Deployment") == ["one"]
