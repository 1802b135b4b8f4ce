"""Where a run takes place: what is deployed, refused, left alone and removed (against an imagined cluster)."""

import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoscale.base.errors import AutoscaleError, ClusterError, InputError, Interrupted
from autoscale.cluster import contexts, lock
from autoscale.cluster.apply import made_by_runs, run_labels
from autoscale.cluster.client import connect
from autoscale.kube.kinds import Object
from autoscale.run.opening import opened
from autoscale.run.options import Existing, RunOptions
from autoscale.run.rights import made_kinds
from autoscale.run.site import UNHEARD, clear, deployed, out_folder, unheard_of_nodes
from autoscale.run.target import base_folder
from tests.conftest import eventually
from tests.plane.world import deployment, job, service
from tests.run.conftest import Desk
from tests.run.imagined import Door

KINDS = ("Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Job", "ConfigMap")
HPA = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "shop", "namespace": "default"},
    "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"}, "maxReplicas": 4},
}


def there(door: Door) -> dict[str, list[str]]:
    """What is in the namespace, by kind."""
    return {kind: names for kind in KINDS if (names := door.names(kind))}


def somebodys(door: Door, desk: Desk, **changes: Any) -> RunOptions:
    """Options for the imagined cluster as one of somebody's, allowed to receive load."""
    kubeconfig = door.named("shop")
    contexts.allow(contexts.find("shop", kubeconfig))
    return desk.options(context="shop", kubeconfig=str(kubeconfig), **changes)


def of_a_run(obj: Object) -> Object:
    """An object that an earlier run has made."""
    obj["metadata"]["labels"] = run_labels("r0")
    return obj


def finish(door: Door, name: str) -> None:
    """End a Job's pods well, and wait until the Job says so."""
    door.inside(lambda cluster: setattr(cluster, "outcome", lambda _: 0))
    eventually(lambda: door.status("Job", name).get("succeeded") and not door.status("Job", name).get("active"))


def test_the_service_is_brought_along_and_taken_away(door: Door, desk: Desk) -> None:
    """Service, workload and HPA stand while the namespace is held; of the load generator nothing is made yet, though
    the API server has looked at it; afterwards nothing is left."""
    with deployed(desk.options(), desk.scenario, "r1") as site:
        service_ip = site.target.url.removeprefix("http://").partition(":")[0]
        assert service_ip.startswith("127.99.")
        assert there(door) == {
            "Deployment": ["web"],
            "Service": ["web"],
            "HorizontalPodAutoscaler": ["web"],
            "PodDisruptionBudget": ["web"],
            "ConfigMap": [lock.NAME],
        }
        assert (site.target.ours, site.unseen, site.left) == (True, [], [])
        assert {obj["kind"] for obj in site.load} >= {"Job", "ConfigMap", "Service"}
    assert there(door) == {}
    assert site.left == []


def test_a_run_that_is_ended_before_it_deploys_makes_nothing(door: Door, desk: Desk) -> None:
    """Ctrl-C while the cluster is opened: no object is made, no lock is taken."""
    stop = threading.Event()
    stop.set()
    with pytest.raises(Interrupted), deployed(desk.options(), desk.scenario, "r1", stop):
        pass
    assert there(door) == {}


def test_a_kept_service_stays_and_the_cure_is_said(door: Door, desk: Desk) -> None:
    """With --keep only the lock goes; on somebody's cluster the line that removes it is named."""
    options = somebodys(door, desk, keep=True)
    with deployed(options, desk.scenario, "r1"):
        pass
    assert there(door)["Deployment"] == ["web"]
    assert "ConfigMap" not in there(door)
    assert desk.said[0] == "The service stays (--keep); `autoscale clean --context shop -n default` removes it."


def test_a_service_that_is_there_is_loaded_as_it_is(door: Door, desk: Desk) -> None:
    """Workload, Service and HPA of somebody's are recorded and not touched; the path of the URL becomes the request."""
    door.create(deployment("shop"), service("shop"), HPA)
    options = somebodys(door, desk, existing=Existing("deployment/shop", "http://shop/cart"))
    with deployed(options, desk.scenario, "r1") as site:
        assert [obj["kind"] for obj in site.objects] == ["Deployment", "Service", "HorizontalPodAutoscaler"]
        assert (site.target.ours, site.target.url, site.target.host) == (False, "http://127.99.0.10:80", "shop")
        assert [request.path for request in site.scenario.requests] == ["/cart"]
    assert there(door) == {"Deployment": ["shop"], "Service": ["shop"], "HorizontalPodAutoscaler": ["shop"]}
    changed = [path for method, path in door.api.asked if method in ("PATCH", "PUT", "DELETE") and "shop" in path]
    assert changed == []


@pytest.mark.parametrize(
    ("denied", "unserved", "unseen"),
    [
        (set(), "", []),
        ({"watch nodes"}, "", ["nodes"]),
        (set(), "/nodes", ["nodes"]),
    ],
    ids=["all", "denied", "not served"],
)
def test_what_a_run_does_without(door: Door, desk: Desk, denied: set[str], unserved: str, unseen: list[str]) -> None:
    """An optional kind that may not be watched, or that the cluster does not have, goes unseen and is named."""
    door.api.denied = denied
    door.api.refuses = lambda _, path: 404 if unserved and path.endswith(unserved) else None
    with deployed(desk.options(), desk.scenario, "r1") as site:
        assert site.unseen == unseen


@pytest.mark.parametrize(
    ("namespace", "denied", "unheard"),
    [
        ("shop", {"list events"}, True),
        ("shop", {"watch events"}, True),
        ("shop", set(), False),
        ("default", {"list events"}, False),
    ],
)
def test_events_about_nodes_that_may_not_be_read_are_named(
    door: Door, namespace: str, denied: set[str], unheard: bool
) -> None:
    """They lie in another namespace than the run's; where nodes are not seen at all, that alone is said."""
    door.api.denied = denied
    with connect("embedded", door.kubeconfig) as cluster:
        assert unheard_of_nodes(cluster, namespace, []) == ([UNHEARD] if unheard else [])
        assert unheard_of_nodes(cluster, namespace, ["nodes"]) == []


def test_a_permission_that_lacks_is_told_before_anything_is_made(door: Door, desk: Desk) -> None:
    """The right that is missing is named, with the Role that has it."""
    door.api.denied = {"watch pods"}
    with pytest.raises(ClusterError, match="lacks permissions") as caught, deployed(desk.options(), desk.scenario, "r"):
        pass
    assert [problem.where for problem in caught.value.problems] == ["pods"]
    assert "kind: Role" in caught.value.fix
    assert not [method for method, path in door.api.asked if method != "GET" and "review" not in path]


def test_the_load_of_an_earlier_run_is_not_overtaken(door: Door, desk: Desk) -> None:
    """While a kept run's Job sends, another is refused by that Job's name; once it is over, it is replaced."""
    door.create(of_a_run(job("loadtest-worker")))
    eventually(lambda: door.status("Job", "loadtest-worker").get("active"))
    with pytest.raises(InputError, match="Job/loadtest-worker is active"), deployed(desk.options(), desk.scenario, "r"):
        pass
    assert door.names("Job") == ["loadtest-worker"]
    finish(door, "loadtest-worker")
    with deployed(desk.options(), desk.scenario, "r1"):
        assert door.names("Job") == []


def test_an_error_on_the_way_leaves_nothing(door: Door, desk: Desk) -> None:
    """A limit that the HPA may exceed shows once the HPA is known; an error of the run itself comes out as it was."""
    with (
        pytest.raises(InputError, match="more pods than the scenario allows"),
        deployed(desk.options(overrides=("limits.pods=3",)), desk.scenario_with("limits.pods=3"), "r1"),
    ):
        pass
    assert there(door) == {}
    with pytest.raises(ZeroDivisionError), deployed(desk.options(), desk.scenario, "r2"):
        raise ZeroDivisionError
    assert there(door) == {}


def test_what_cannot_be_removed_is_told_and_hides_no_error(door: Door, desk: Desk) -> None:
    """The API server refuses to delete: the reason is kept and said with the later cure; the run's error comes out."""
    options = somebodys(door, desk)
    with ExitStack() as stack:
        site = stack.enter_context(deployed(options, desk.scenario, "r1"))
        door.api.refuses = lambda method, _: 403 if method == "DELETE" else None
        broken = ZeroDivisionError()
        assert stack.__exit__(ZeroDivisionError, broken, None) is False
    assert len(site.left) == 1
    assert desk.said[-2].startswith("Not everything could be removed: ")
    assert desk.said[-1] == "Later: autoscale clean --context shop -n default"


def test_a_dead_cluster_has_taken_everything_with_it(door: Door, desk: Desk) -> None:
    """Nothing is asked of it, and nothing is said to be left."""
    left: list[ClusterError] = []
    with opened(desk.options(), desk.scenario) as place:
        door.die()
        asked = len(door.api.asked)
        clear(place, "default", "r1", made_kinds(base_folder("embedded")), desk.said.append, left)
    assert (len(door.api.asked), left) == (asked, [])
    assert not any("Remov" in line for line in desk.said)


def test_a_namespace_without_traces_says_nothing_of_removing(door: Door, desk: Desk) -> None:
    """Where a run was refused before it made anything, no removal is announced."""
    with opened(desk.options(), desk.scenario) as place:
        assert made_by_runs(place.cluster, "default") == []
        clear(place, "default", "r1", made_kinds(base_folder("embedded")), desk.said.append, [])
    assert not any("Remov" in line for line in desk.said)


def test_every_run_has_a_folder_of_its_own(tmp_path: Path) -> None:
    """Runs of one second are counted; a place that cannot be written names the option."""
    options = RunOptions("short", out=tmp_path / "runs")
    assert [out_folder(options, "short", "20261128-1") for _ in range(3)] == [
        "20261128-1-short",
        "20261128-1-short-2",
        "20261128-1-short-3",
    ]
    (tmp_path / "file").write_text("")
    with pytest.raises(AutoscaleError, match="cannot make the folder") as caught:
        out_folder(replace(options, out=tmp_path / "file"), "short", "1")
    assert "--out" in caught.value.fix
