"""One run from scenario to report, and several from one deployment (against an imagined cluster)."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from autoscale.base.errors import AutoscaleError, InputError
from autoscale.base.exits import ExitCode
from autoscale.base.times import format_time
from autoscale.cluster import lock
from autoscale.cluster.apply import delete
from autoscale.cluster.client import connect
from autoscale.record.rows.kinds import Row
from autoscale.report.gather import gather
from autoscale.run.dry import dry
from autoscale.run.execute import execute, once, repeat
from autoscale.run.options import Result
from tests.run.conftest import Desk
from tests.run.imagined import RATE, SECONDS, Door


def read(result: Result) -> list[dict[str, Any]]:
    """The rows of a run's record."""
    return [json.loads(line) for line in result.record.read_text().splitlines()]


def on(kind: str, act: Callable[[], object]) -> Callable[[Row], None]:
    """A listener that does something at a row of a kind."""
    return lambda row: act() if row["k"] == kind else None  # type: ignore[return-value]


def test_a_run_leaves_a_record_a_report_and_nothing_else(door: Door, desk: Desk) -> None:
    """Every phase is gone through once; each source has its rows; load and totals agree; the verdict is the code."""
    heard: list[Row] = []
    result = execute(desk.options(), [heard.append])
    rows = read(result)
    assert (result.exit_code, result.error, rows[-1]["reason"]) == (ExitCode.PASS, None, "done")
    assert {"header", "clock", "pod", "workload", "hpa", "usage", "node", "mark", "load", "end"} <= {
        row["k"] for row in rows
    }
    assert [row["seq"] for row in rows if row["k"] == "load"] == list(range(SECONDS))
    assert rows[-1]["totals"]["answered"] == result.totals["answered"] == SECONDS * RATE
    assert [row["k"] for row in heard] == [row["k"] for row in rows]
    assert result.report is not None
    assert result.report.read_text().startswith("<!doctype html>")
    assert "1 of 1 objectives held" in result.summary
    assert [line.split(" ", 1)[0] for line in desk.said] == [
        "Using",
        "Deploying",
        "Waiting",
        "Waiting",
        "Starting",
        "Removing",
    ]
    assert [name for kind in ("Deployment", "Service", "Job", "ConfigMap", "Pod") for name in door.names(kind)] == []


def test_runs_from_one_deployment(door: Door, desk: Desk) -> None:
    """Each has its record and its folder; the service is made once and stands until the last has been told of."""
    there: list[list[str]] = []
    results = repeat(desk.options(on_result=lambda _: there.append(door.names("Deployment"))), 2)
    assert [result.exit_code for result in results] == [ExitCode.PASS, ExitCode.PASS]
    assert there == [["web"], ["web"]]
    first, second = (read(result) for result in results)
    assert desk.runs() == sorted([first[0]["run"], second[0]["run"]])
    assert len([line for line in desk.said if line.startswith("Deploying")]) == 1
    assert "Run 2 of 2" in desk.said
    assert sum(method == "PATCH" and path.endswith("/deployments/web") for method, path in door.api.asked) == 1


def test_stop_ends_the_load_and_the_report_is_written(door: Door, desk: Desk) -> None:
    """Stopped while the load goes on: its master cannot be asked, so its Jobs go; no further run begins."""
    door.cluster.going = True
    stop = threading.Event()
    results = repeat(desk.options(), 3, [on("load", stop.set)], stop)
    assert [result.exit_code for result in results] == [ExitCode.INTERRUPTED]
    rows = read(results[0])
    assert rows[-1]["reason"] == "interrupted"
    assert "interrupted" in [row["name"] for row in rows if row["k"] == "mark"]
    assert results[0].report is not None
    assert ("DELETE", "/apis/batch/v1/namespaces/default/jobs/loadtest-master") in door.api.asked
    assert door.names("Job") == []


def test_stop_before_the_load_sends_none(door: Door, desk: Desk) -> None:
    """Stopped as the record begins: a short, readable record, no Job made, and no failure."""
    stop = threading.Event()
    result = execute(desk.options(), [on("header", stop.set)], stop)
    rows = read(result)
    assert (result.exit_code, result.error, rows[-1]["reason"]) == (ExitCode.INTERRUPTED, None, "interrupted")
    assert not [path for method, path in door.api.asked if method == "PATCH" and "/jobs/" in path and "?" in path]
    assert [row for row in rows if row["k"] == "load"] == []


def test_ctrl_c_at_once_still_ends_the_record(door: Door, desk: Desk) -> None:
    """The second Ctrl-C comes as an exception: it goes on, with the record ended and everything removed."""

    keys = iter([KeyboardInterrupt()])

    def interrupt() -> None:
        for key in keys:
            raise key

    with pytest.raises(KeyboardInterrupt):
        execute(desk.options(), [on("load", interrupt)])
    (record,) = (desk.folder / "runs").glob("*/record.jsonl")
    assert json.loads(record.read_text().splitlines()[-1])["reason"] == "interrupted"
    assert door.names("Deployment") == door.names("Job") == []


def test_a_run_that_is_refused_leaves_no_folder(door: Door, desk: Desk) -> None:
    """Nothing was recorded, so nothing is left; what holds the namespace stays."""
    with connect("embedded", door.kubeconfig) as cluster, lock.held(cluster, "default", "other"):
        with pytest.raises(InputError, match="another run"):
            execute(desk.options())
        assert door.names("ConfigMap") == [lock.NAME]
    assert desk.runs() == []


@pytest.mark.parametrize(("spec", "said"), [({"maxReplica": 3}, "spec.maxReplica"), ({"maxReplicas": "many"}, "many")])
def test_a_patch_with_a_mistake_is_refused_and_not_ignored(
    door: Door, desk: Desk, spec: dict[str, Any], said: str
) -> None:
    """As `kubectl apply` does: a field that is not known or of another type is bad input, in a run and a dry run."""
    patches = json.dumps([{"kind": "HorizontalPodAutoscaler", "name": "web", "patch": {"spec": spec}}])
    options = desk.options(overrides=(f"patches={patches}",))
    for refused in (lambda: execute(options), lambda: dry(options, lambda _: None)):
        with pytest.raises(InputError, match=said):
            refused()
    assert desk.runs() == door.names("Deployment") == []


@pytest.mark.parametrize(
    ("silent", "said"),
    [(True, "ended before the load began"), (False, "failed during the load")],
    ids=["before", "during"],
)
def test_a_generator_that_fails_is_no_verdict_on_the_service(door: Door, desk: Desk, silent: bool, said: str) -> None:
    """Exit code 4, the record ends as failed, and the report is still written."""
    door.cluster.silent, door.cluster.code = silent, 3
    result = execute(desk.options())
    assert result.exit_code == ExitCode.GENERATOR_FAILED
    assert said in str(result.error)
    assert read(result)[-1]["reason"] == "failed"
    (mark,) = (row for row in read(result) if row["k"] == "mark" and row["name"] == "failed")
    assert (said in mark["reason"], "\n" in mark["reason"]) == (True, False)  # not what load pods said: it is passed on
    assert result.report is not None
    assert door.names("Job") == []


def test_a_cluster_that_dies_ends_the_run(door: Door, desk: Desk) -> None:
    """The embedded cluster ends under the load: exit code 3, what was heard until then is in the record."""
    door.cluster.going = True
    result = execute(desk.options(), [on("load", lambda: door.lock >= 0 and door.die())])
    assert (result.exit_code, read(result)[-1]["reason"]) == (ExitCode.CLUSTER_FAILED, "failed")
    assert "has died" in str(result.error)
    assert [row["seq"] for row in read(result) if row["k"] == "load"][:1] == [0]


def test_an_hpa_that_is_deleted_under_the_load_is_no_pass(door: Door, desk: Desk) -> None:
    """Somebody deletes it while the load goes on: its row says so, the verdict is unknown, and the report says why."""
    door.cluster.going = True

    def listen(row: Row) -> None:
        if row["k"] == "load" and row["seq"] == 0:
            with connect("embedded", door.kubeconfig) as cluster:
                assert delete(cluster, "HorizontalPodAutoscaler", "default", "web")
        elif row["k"] == "hpa" and row.get("removed"):
            door.cluster.going = False

    result = execute(desk.options(), [listen])
    assert result.exit_code == ExitCode.UNKNOWN
    assert [row["name"] for row in read(result) if row["k"] == "hpa" and row.get("removed")] == ["web"]
    account = gather(result.record)
    assert [(one.kind, one.words) for one in account.analysis.interventions] == [
        ("hpa deleted", "the HPA web was deleted")
    ]
    assert "F30" in [finding.id for finding in account.findings]
    assert "the HPA web was deleted during the load" in result.summary


def test_a_service_that_is_deleted_under_the_load_is_no_pass(door: Door, desk: Desk) -> None:
    """As an HPA: its row says so, the verdict is unknown, and the report says why; that it was there is no news."""
    door.cluster.going = True

    def listen(row: Row) -> None:
        if row["k"] == "load" and row["seq"] == 0:
            with connect("embedded", door.kubeconfig) as cluster:
                assert delete(cluster, "Service", "default", "web")
        elif row["k"] == "service" and row.get("removed"):
            door.cluster.going = False

    result = execute(desk.options(), [listen])
    assert result.exit_code == ExitCode.UNKNOWN
    told = [(row["name"], row.get("removed", False)) for row in read(result) if row["k"] == "service"]
    assert told == [("web", False), ("web", True)]
    account = gather(result.record)
    assert [(one.kind, one.words) for one in account.analysis.interventions] == [
        ("service deleted", "the Service web was deleted")
    ]
    assert "F30" in [finding.id for finding in account.findings]
    assert "the Service web was deleted during the load" in result.summary


def said_of_node(door: Door, namespace: str) -> None:
    """An event about the node."""
    now = door.inside(lambda cluster: format_time(cluster.now))
    meta, about = {"name": "n1.down", "namespace": namespace}, {"kind": "Node", "name": "n1", "uid": "n"}
    event = {"apiVersion": "v1", "kind": "Event", "metadata": meta, "involvedObject": about, "type": "Normal"}
    said = {"reason": "ScaleDown", "message": "so it goes", "firstTimestamp": now, "lastTimestamp": now}
    door.create({**event, **said})


@pytest.mark.parametrize("namespace", ["default", "shop"])
def test_what_is_said_of_nodes_is_heard_beside_the_runs_own_events(
    door: Door, desk: Desk, monkeypatch: pytest.MonkeyPatch, namespace: str
) -> None:
    """Events about nodes lie in one namespace (here the run's own, or another), and each is written down once."""
    monkeypatch.setattr("autoscale.run.execute.NODE_EVENTS", namespace)
    door.cluster.going = True

    def listen(row: Row) -> None:
        if row["k"] == "load" and row["seq"] == 0:
            said_of_node(door, namespace)
        elif row["k"] == "event" and row["object"] == "Node/n1":
            door.cluster.going = False

    rows = read(execute(desk.options(), [listen]))
    assert [row["reason"] for row in rows if row["k"] == "event" and row["object"] == "Node/n1"] == ["ScaleDown"]


def test_a_pass_that_leaves_pods_running_is_none(door: Door, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """All objectives held, but the service could not be removed: the code is the cluster's, the reason is told."""

    def passed(*given: Any) -> Result:
        return replace(once(*given), exit_code=ExitCode.PASS)  # a busy machine's run may be unknown

    monkeypatch.setattr("autoscale.run.execute.once", passed)

    def keeps(method: str, path: str) -> int | None:
        return 403 if method == "DELETE" and "/deployments" in path else None

    door.api.refuses = keeps
    result = execute(desk.options())
    assert "1 of 1 objectives held" in result.summary
    assert result.exit_code == ExitCode.CLUSTER_FAILED
    assert isinstance(result.error, AutoscaleError)
    assert desk.said[-1].startswith("Later: autoscale clean")
