"""``--dry-run``: what is printed, what the exit code says, and that nothing is made (against an imagined cluster)."""

import json

import pytest
import yaml

from autoscale.base.errors import InputError
from autoscale.base.exits import ExitCode
from autoscale.cluster import lock
from autoscale.cluster.client import connect
from autoscale.run.dry import dry
from autoscale.run.options import Existing
from autoscale.run.rights import of_node_events
from tests.plane.world import deployment, job, service
from tests.run.conftest import Desk
from tests.run.imagined import Door
from tests.run.test_run_site import HPA, finish, of_a_run, somebodys, there


def test_it_prints_what_would_be_and_makes_nothing(door: Door, desk: Desk) -> None:
    """Every object, also of the load generator, as YAML without what could be secret; every permission; code 0."""
    lines: list[str] = []
    assert dry(desk.options(), lines.append) == ExitCode.PASS
    text = "\n".join(lines)
    listing = text.partition("filled in then)\n")[2].partition("\n\nThe API server takes")[0]
    kinds = [obj["kind"] for obj in yaml.safe_load_all(listing)]
    assert {"Deployment", "Service", "HorizontalPodAutoscaler", "Job", "ConfigMap"} <= set(kinds)
    assert f"takes all {len(kinds)} objects (dry run). Nothing was made." in text
    assert "(redacted)" in listing
    assert "  yes  pods: get, list, watch" in lines
    assert there(door) == {}


@pytest.mark.parametrize(
    ("denied", "code", "line"),
    [
        ("list nodes", ExitCode.PASS, "  yes  nodes: list, watch  list is forbidden (done without)"),
        ("list pods", ExitCode.CLUSTER_FAILED, "  NO   pods: get, list, watch  list is forbidden"),
    ],
    ids=["optional", "needed"],
)
def test_a_permission_that_lacks(door: Door, desk: Desk, denied: str, code: ExitCode, line: str) -> None:
    """One that a run does without is marked so; one that it needs makes the exit code 3. The rest is still tried."""
    door.api.denied = {denied}
    lines: list[str] = []
    assert dry(desk.options(), lines.append) == code
    assert line in lines
    assert any("Nothing was made." in text for text in lines)


def test_permissions_that_cannot_be_asked_for_are_no_refusal(door: Door, desk: Desk) -> None:
    """An API server that answers no review: said, and the objects are tried all the same."""
    door.api.refuses = lambda _, path: 403 if path.endswith("reviews") else None
    lines: list[str] = []
    assert dry(desk.options(), lines.append) == ExitCode.PASS
    assert lines[0].startswith("# Permissions could not be asked for: ")


def test_a_job_that_is_over_would_be_replaced(door: Door, desk: Desk) -> None:
    """A kept run's Job cannot be changed: the new one is tried beside it, the old one stays."""
    door.create(of_a_run(job("loadtest-master")))
    finish(door, "loadtest-master")
    lines: list[str] = []
    assert dry(desk.options(), lines.append) == ExitCode.PASS
    assert "\nJob/loadtest-master of an earlier run is over and would be replaced." in lines
    assert door.names("Job") == ["loadtest-master"]


def test_of_a_service_that_is_there_only_the_load_is_shown(door: Door, desk: Desk) -> None:
    """Its own objects would not be applied; what is not there is told as a run would tell it."""
    door.create(deployment("shop"), service("shop"), HPA)
    options = somebodys(door, desk, existing=Existing("deployment/shop", "http://shop/cart"))
    lines: list[str] = []
    assert dry(options, lines.append) == ExitCode.PASS
    assert "kind: Deployment" not in "\n".join(lines)
    assert "kind: Job" in "\n".join(lines)
    with pytest.raises(InputError, match="there is no deployment/none"):
        dry(somebodys(door, desk, existing=Existing("deployment/none", "http://shop")), lines.append)


@pytest.mark.parametrize(
    "beside", ['target.also=["statefulset/db"]', 'target.selector="team=a"'], ids=["named", "selected"]
)
def test_the_kinds_of_what_is_recorded_beside_are_permissions_too(door: Door, desk: Desk, beside: str) -> None:
    """A StatefulSet beside a Deployment is read and watched, however the scenario names it; alone it is not."""
    db = {
        **deployment("db", serviceName="db"),
        "kind": "StatefulSet",
    }
    db["metadata"]["labels"] = {"team": "a"}
    reference = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db"}
    hpa = {
        **HPA,
        "metadata": {"name": "db", "namespace": "default"},
        "spec": {**HPA["spec"], "scaleTargetRef": reference},
    }
    door.create(deployment("shop"), service("shop"), HPA, db, hpa)
    said: dict[str, list[str]] = {}
    for overrides in ((), (beside,)):
        lines = said.setdefault(overrides[0] if overrides else "", [])
        options = somebodys(door, desk, existing=Existing("deployment/shop", "http://shop/cart"), overrides=overrides)
        assert dry(options, lines.append) == ExitCode.PASS
    assert [line for line in said[beside] if "statefulsets.apps: get, list, watch" in line]
    assert not [line for line in said[""] if "statefulsets.apps" in line]


def test_events_about_nodes_are_read_where_they_are() -> None:
    """In the namespace `default`, which is a permission of its own for a run in another one."""
    assert [str(one) for one in of_node_events("shop")] == ["list events", "watch events"]
    assert of_node_events("default") == ()


def test_what_would_refuse_a_run_refuses_the_dry_run(door: Door, desk: Desk) -> None:
    """A held namespace, a limit that the HPA may exceed."""
    with (
        connect("embedded", door.kubeconfig) as cluster,
        lock.held(cluster, "default", "other"),
        pytest.raises(InputError, match="another run"),
    ):
        dry(desk.options(), lambda _: None)
    with pytest.raises(InputError, match="more pods than the scenario allows"):
        dry(desk.options(overrides=("limits.pods=3",)), lambda _: None)


def test_the_warnings_of_the_api_server_are_shown(door: Door, desk: Desk) -> None:
    """A field that the cluster takes and does not enforce is said, with its object."""
    lines: list[str] = []
    patch = [{"kind": "Deployment", "name": "web", "patch": {"spec": {"template": {"spec": {"hostPID": True}}}}}]
    assert dry(desk.options(overrides=(f"patches={json.dumps(patch)}",)), lines.append) == ExitCode.PASS
    assert [line for line in lines if line.startswith("Warning: Deployment/web: ") and "hostPID" in line]
