"""The phases of a run, each for itself: what ends them, what they say when it does not come."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoscale.base.errors import AutoscaleError, ClusterError, GeneratorError, Interrupted
from autoscale.cluster.client import Cluster, connect
from autoscale.cluster.logs import Line
from autoscale.cluster.watch import Change
from autoscale.hpa.reasons import cure
from autoscale.observe.fold import Fold
from autoscale.observe.scope import Scope
from autoscale.observe.sources import Broken, LoadChange
from autoscale.observe.view import View
from autoscale.record.rows.kinds import Row
from autoscale.record.writer import Writer
from autoscale.run import phases
from autoscale.run.recorder import Recorder
from tests.cluster.fake_api import kubeconfig
from tests.plane.world import job
from tests.run.conftest import Desk
from tests.run.imagined import Door

NOW = 1_795_000_000.0
CREATED = "2026-11-18T00:00:00Z"
READY = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2}
HPA_SPEC = {"minReplicas": 2, "maxReplicas": 8}
SEES = [{"type": "ScalingActive", "status": "True", "reason": "ValidMetricFound"}]
SILENT: Callable[[str], None] = lambda _: None  # noqa: E731
BLIND = [
    {"type": "AbleToScale", "status": "True", "reason": "SucceededGetScale"},
    {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric", "message": "no metrics known"},
]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """A recorder whose sources are the test, and no cluster; phases are patient for a moment only."""
    for name in ("READY_S", "METRICS_S", "FLUSH_S", "STOP_S", "START_DEADLINE_S"):
        monkeypatch.setattr(phases, name, 0.0)
    monkeypatch.setattr(phases, "REFUSED_S", 0.0)
    monkeypatch.setattr("autoscale.run.recorder.TICK_S", 0.01)
    with connect("fake", kubeconfig(tmp_path, 1)) as cluster:
        yield from recorder(tmp_path, cluster)


def recorder(folder: Path, cluster: Cluster) -> Iterator[Recorder]:
    """A recorder that writes to a file of its own."""
    scope = Scope("Deployment", "web", "web", "web", NOW)
    with Writer(folder / "record.jsonl") as writer, ExitStack() as stack:
        yield Recorder(
            cluster=cluster, namespace="default", writer=writer, fold=Fold(scope), view=View(scope), stack=stack
        )


def change(kind: str, name: str, type_: str = "MODIFIED", **fields: Any) -> Change:
    """A change of an object."""
    metadata = {"name": name, "uid": name, "generation": 1, "creationTimestamp": CREATED}
    metadata |= fields.pop("metadata", {})
    return Change(kind, type_, {"kind": kind, "metadata": metadata, **fields}, NOW)


def see(run: Recorder, *changes: Change, load: bool = False) -> None:
    """What the sources see."""
    for one in changes:
        run.view.see(one, load=load)


def workload(wanted: int = 2, **status: Any) -> Change:
    """The Deployment web, ready but for what is said."""
    return change("Deployment", "web", spec={"replicas": wanted}, status={**READY, **status})


def hpa(conditions: list[dict[str, str]]) -> Change:
    """Its HPA."""
    status = {"conditions": conditions, "desiredReplicas": 2}
    return change("HorizontalPodAutoscaler", "web", spec=HPA_SPEC, status=status)


def waiting(name: str, reason: str) -> Change:
    """A pod whose container waits."""
    container = {"name": "web", "image": "nobodys/web:9", "state": {"waiting": {"reason": reason}}}
    return change("Pod", name, status={"phase": "Pending", "containerStatuses": [container]})


def ended(name: str, kind: str, message: str = "") -> Change:
    """A Job that has ended."""
    return change("Job", name, status={"conditions": [{"type": kind, "status": "True", "message": message}]})


def written(run: Recorder) -> list[Row]:
    """Listen to the rows from now on."""
    found: list[Row] = []
    run.listeners = [*run.listeners, found.append]
    return found


def load_start(run: Recorder) -> None:
    """The load's beginning was heard."""
    run.write({"k": "mark", "name": "load-start", "at": NOW, "clk": "m", "seq": 0})


def test_ready_is_the_whole_roll_out_of_our_own(run: Recorder) -> None:
    """Ours must be on the newest revision; a workload of somebody's has its pods, of whatever revision."""
    see(run, workload())
    phases.await_ready(run, ours=True)
    see(run, workload(updatedReplicas=1))
    phases.await_ready(run, ours=False)
    with pytest.raises(ClusterError, match="not ready after"):
        phases.await_ready(run, ours=True)


def test_what_cannot_become_ready_is_not_waited_for(run: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image that cannot be pulled, or pods that may not be made, end it at once with pod, image and words."""
    monkeypatch.setattr(phases, "READY_S", 600.0)
    see(run, workload(readyReplicas=0), waiting("web-1", "ImagePullBackOff"))
    with pytest.raises(ClusterError, match="cannot become ready") as caught:
        phases.await_ready(run, ours=True)
    assert "nobodys/web:9" in str(caught.value)
    see(run, change("Pod", "web-1", "DELETED"))
    quota = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: small"}
    see(run, workload(readyReplicas=0, conditions=[quota]))
    with pytest.raises(ClusterError, match="exceeded quota: small"):
        phases.await_ready(run, ours=True)


def test_what_is_stuck_is_named_and_so_is_what_broke(run: Recorder) -> None:
    """After the deadline: the pod with its reason, and the source that cannot go on."""
    see(run, workload(readyReplicas=1), waiting("web-1", "CrashLoopBackOff"))
    run.inbox.put(Broken("pods", ClusterError("pods is forbidden")))
    run.take(0)
    with pytest.raises(ClusterError) as caught:
        phases.await_ready(run, ours=True)
    assert "Pod/web-1: found CrashLoopBackOff" in str(caught.value)
    assert "pods is forbidden" in caught.value.fix


def test_a_user_may_stop_while_nothing_is_sent(run: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the load begins a stop ends the run at once."""
    monkeypatch.setattr(phases, "READY_S", 600.0)
    run.stop.set()
    with pytest.raises(Interrupted):
        phases.await_ready(run, ours=True)


def test_a_blind_autoscaler_is_no_start(run: Recorder) -> None:
    """What the HPA itself says, and the cure of that reason; one that sees is a start."""
    see(run, workload(), hpa(BLIND), change("Pod", "a"), change("Pod", "b"))
    with pytest.raises(ClusterError, match="no metrics known") as caught:
        phases.await_start(run, 0.0, 0.0, SILENT)
    assert caught.value.fix == cure("FailedGetResourceMetric")
    see(run, hpa([]))
    with pytest.raises(ClusterError, match="it has no status yet"):
        phases.await_start(run, 0.0, 0.0, SILENT)
    see(run, hpa(SEES))
    phases.await_start(run, 0.0, 0.0, SILENT)


def test_a_size_above_the_minimum_is_waited_out(run: Recorder) -> None:
    """The workload is still larger than the start state: what shrinks it is waited for."""
    see(run, workload(3, replicas=3), hpa(SEES), *(change("Pod", name) for name in "abc"))
    run.inbox.put(workload())
    run.inbox.put(change("Pod", "c", "DELETED"))
    phases.await_start(run, 60.0, 0.0, SILENT)
    assert run.view.at_minimum()


def scaled(active: bool, **notes: str) -> Change:
    """The ScaledObject web, which goes to 0 pods while no trigger is active."""
    metadata = {"annotations": {f"autoscaling.keda.sh/{name}": value for name, value in notes.items()}}
    conditions = [{"type": "Active", "status": str(active)}]
    return change("ScaledObject", "web", metadata=metadata, spec={}, status={"conditions": conditions})


def at_keda(run: Recorder, wanted: int, *seen: Change) -> None:
    """A target of KEDA's that is ready at a size."""
    run.view.scope = replace(run.view.scope, scaled="web")
    run.view.pods.clear()
    see(run, workload(wanted, replicas=wanted, readyReplicas=wanted), *seen)
    see(run, *(change("Pod", str(number)) for number in range(wanted)))


def test_a_target_of_kedas_starts_from_nothing(run: Recorder) -> None:
    """At 0 pods at once; the last pod, which waits for the cooldown, is waited out; one that is used is a start."""
    able = {"type": "AbleToScale", "status": "True", "reason": "ReadyForNewScale"}
    status = {"conditions": [*SEES, able], "desiredReplicas": 1}
    one = change("HorizontalPodAutoscaler", "web", spec={"minReplicas": 1, "maxReplicas": 8}, status=status)
    at_keda(run, 0, scaled(active=False))
    assert (run.view.min_replicas, run.view.can_start(), run.view.at_minimum()) == (0, True, True)
    at_keda(run, 1, one, scaled(active=False))
    assert (run.view.can_start(), run.view.at_minimum()) == (False, False)
    see(run, scaled(active=True))
    assert run.view.can_start()


def test_a_paused_keda_is_a_start_as_it_stands(run: Recorder) -> None:
    """Its HPA is gone, so there is nothing to wait for, neither before nor after the load."""
    at_keda(run, 3, scaled(active=True, paused="true"))
    phases.await_start(run, 0.0, 0.0, SILENT)
    assert run.view.at_minimum()
    see(run, scaled(active=True))
    assert not run.view.can_start()


def test_a_broken_source_of_kedas_is_said_and_tried(run: Recorder) -> None:
    """Unlike a blind HPA of one's own: what its fallback does is what the run is to show."""
    said: list[str] = []
    at_keda(run, 2, scaled(active=False), hpa(BLIND))
    phases.await_start(run, 0.0, 0.0, said.append)
    assert "no metrics known" in said[0]


def test_a_load_that_ends_before_it_begins_tells_its_last_words(run: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Job that failed first is the generator's failure; pods whose image is missing are the cluster's."""
    monkeypatch.setattr(phases, "apply", lambda *_: None)
    run.fold.strangers.append("loadtest-master: cannot read the scenario")
    see(run, ended("loadtest-master", "Failed", "BackoffLimitExceeded"), load=True)
    with pytest.raises(GeneratorError, match="loadtest-master ended before the load began") as caught:
        phases.start_load(run, [], 1)
    assert "cannot read the scenario" in str(caught.value)
    see(run, waiting("loadtest-worker-0", "ImagePullBackOff"), load=True)
    with pytest.raises(ClusterError, match="the load generator cannot start"):
        phases.start_load(run, [], 1)


def test_a_worker_that_fails_at_once_does_not_hide_that_the_load_had_begun(
    run: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its Job's end is heard of before the master's log, in which the beginning stands: that log is waited for."""
    monkeypatch.setattr(phases, "apply", lambda *_: None)
    monkeypatch.setattr(phases, "REFUSED_S", 60.0)
    run.followed.add("loadtest-worker-0")
    run.read.add("loadtest-worker-0")
    see(run, ended("loadtest-worker", "Failed", "BackoffLimitExceeded"), load=True)
    begin = json.dumps({"k": "mark", "name": "load-start", "at": NOW, "clk": "m", "seq": 0})
    run.inbox.put(Line("loadtest-master-0", begin, NOW, NOW))
    phases.start_load(run, [], 1)
    assert "load-start" in run.marks


def test_a_load_that_does_not_begin_says_how_many_workers_run(run: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the deadline: one of two workers runs."""
    monkeypatch.setattr(phases, "apply", lambda *_: None)
    monkeypatch.setattr(phases, "START_DEADLINE_S", -30)
    labels = {"app.kubernetes.io/component": "worker"}
    for name, phase in (("loadtest-worker-0", "Running"), ("loadtest-worker-1", "Succeeded")):
        see(run, change("Pod", name, metadata={"labels": labels}, status={"phase": phase}), load=True)
    with pytest.raises(GeneratorError, match="1 of 2 workers run"):
        phases.start_load(run, [], 2)
    load_start(run)
    phases.start_load(run, [], 2)


def test_a_load_that_cannot_be_seen_is_not_blamed(run: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its pods cannot be listed: that no load was heard of is the cluster's failure, with what the API server said."""
    monkeypatch.setattr(phases, "apply", lambda *_: None)
    monkeypatch.setattr(phases, "START_DEADLINE_S", -30)
    run.inbox.put(Broken("pods", ClusterError("the API server sends us elsewhere")))
    run.take(0)
    with pytest.raises(ClusterError, match="as far as can be seen") as caught:
        phases.start_load(run, [], 1)
    assert "sends us elsewhere" in caught.value.fix


@pytest.mark.parametrize(
    ("worker", "error"),
    [("Complete", None), ("Failed", GeneratorError)],
)
def test_the_load_is_over_when_its_jobs_and_their_logs_are(
    run: Recorder, worker: str, error: type[AutoscaleError] | None
) -> None:
    """Its end was heard and both Jobs are complete; a worker that failed in it is told by name."""
    load_start(run)
    run.write({"k": "mark", "name": "load-end", "at": NOW + 9, "clk": "m", "seq": 1})
    see(run, ended("loadtest-master", "Complete"), ended("loadtest-worker", worker, "exit code 3"), load=True)
    found = phases.await_load(run, 10.0)
    assert (None if found is None else type(found)) is error
    assert found is None or "loadtest-worker failed during the load (Failed: exit code 3)" in found.what


def test_a_load_whose_end_is_not_heard_is_the_clusters(run: Recorder) -> None:
    """No mark and no end of the master's Job until long after the plan."""
    load_start(run)
    found = phases.await_load(run, -60.0)
    assert isinstance(found, ClusterError)
    assert "its end was not heard" in found.what


def test_holes_of_workers_are_gaps(run: Recorder) -> None:
    """From a worker's last row, or from the start where it never wrote, to the plan's end; not for one that kept on."""
    rows = written(run)
    load_start(run)
    run.totals.last_at = {0: NOW + 58.5, 1: NOW + 20.0}
    phases.count_holes(run, 3, 60.0)
    gaps = [(row["source"], row["since"], row["until"]) for row in rows if row["k"] == "gap"]
    assert gaps == [("load/1", NOW + 21.0, NOW + 60.0), ("load/2", NOW, NOW + 60.0)]


def test_no_holes_are_counted_where_the_user_ended_it(run: Recorder) -> None:
    """Nor where the load never began."""
    rows = written(run)
    phases.count_holes(run, 1, 60.0)
    load_start(run)
    run.stop.set()
    phases.count_holes(run, 1, 60.0)
    assert [row["k"] for row in rows] == ["mark"]


def test_the_tail_lasts_until_the_minimum(run: Recorder) -> None:
    """What comes in meanwhile is taken in; that it waits, and how long at most, is said."""
    see(run, workload(3, replicas=3), hpa(SEES), *(change("Pod", name) for name in "abc"))
    said: list[str] = []
    run.inbox.put(change("Pod", "c", "DELETED"))
    run.inbox.put(workload())
    assert phases.tail(run, 45.0, 0.0, said.append)
    assert said == ["Waiting for the scale-down (at most 105 s) ..."]
    assert phases.tail(run, 45.0, 0.0, said.append)
    assert len(said) == 1


def test_the_tail_ends_when_its_time_is_over_or_the_user_says_so(run: Recorder) -> None:
    """The size stays above the minimum: it is not waited for beyond the bound, nor after a stop."""
    see(run, workload(3, replicas=3), hpa(SEES))
    assert not phases.tail(run, -60.0, 0.0, lambda _: None)
    run.stop.set()
    assert not phases.tail(run, 300.0, 0.0, lambda _: None)


@pytest.mark.parametrize("gone", ["HorizontalPodAutoscaler", "Deployment"])
def test_the_tail_does_not_wait_for_what_was_deleted(run: Recorder, gone: str) -> None:
    """Without its HPA, or without the workload itself, nothing brings the size back to the minimum."""
    see(run, workload(3, replicas=3), hpa(SEES))
    see(run, change(gone, "web", "DELETED"))
    said: list[str] = []
    assert not phases.tail(run, 300.0, 0.0, said.append)
    assert not said


def test_the_end_of_the_load_is_asked_for_and_else_taken(door: Door, desk: Desk) -> None:
    """A master that nobody reaches is not waited for: its Jobs are deleted, and the moment is in the record."""
    with connect("embedded", door.kubeconfig) as cluster:
        for run in recorder(desk.folder, cluster):
            rows = written(run)
            for name in ("loadtest-master", "loadtest-worker"):
                door.create(job(name))
                see(run, change("Job", name, status={"active": 1}), load=True)
            labels = {"app.kubernetes.io/component": "master"}
            running = {"spec": {"containers": [{"name": "master"}]}, "status": {"phase": "Running"}}
            pod = change("Pod", "loadtest-master-0", metadata={"labels": labels}, **running)
            see(run, pod, load=True)
            phases.end_load(run)
            assert ("POST", "/api/v1/namespaces/default/pods/loadtest-master-0:8089/proxy/stop") in door.api.asked
            assert door.names("Job") == []
            assert [row["name"] for row in rows if row["k"] == "mark"] == ["interrupted"]


def test_a_load_that_is_over_needs_no_end(door: Door, desk: Desk) -> None:
    """The master's Job ended in the same moment: nothing is deleted."""
    with connect("embedded", door.kubeconfig) as cluster:
        for run in recorder(desk.folder, cluster):
            run.inbox.put(LoadChange(ended("loadtest-master", "Complete")))
            run.take(0)
            phases.end_load(run)
            assert not [method for method, _ in door.api.asked if method == "DELETE"]
