"""The pure parts of a run: what is decided, filled in, shown and kept out of the record."""

import json
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from autoscale.base.errors import InputError
from autoscale.base.exits import ExitCode
from autoscale.base.outlets import Outlet
from autoscale.cli.run import existing, worst
from autoscale.cluster.client import connect
from autoscale.cluster.watch import Change
from autoscale.kube.selectors import selector_text
from autoscale.observe.scope import Scope
from autoscale.observe.view import View
from autoscale.record.totals import Totals
from autoscale.run.loadjobs import container_of, load_objects, other_paths, with_path
from autoscale.run.open_cluster import namespace_of
from autoscale.run.options import RunOptions
from autoscale.run.own_cluster import stop_command
from autoscale.run.phases import load_error
from autoscale.run.prepare import limit_pods, resolve
from autoscale.run.progress import Progress, Screen
from autoscale.run.redact import redact_object
from autoscale.run.scalers import behaviour_window
from autoscale.run.target import Target
from loadtest.models import Limits, Resolved

HPA = {"metadata": {"name": "web"}, "spec": {"minReplicas": 2, "maxReplicas": 8, "scaleTargetRef": {}}}
TARGET = Target(
    kind="Deployment",
    name="web",
    namespace="shop",
    labels="a=b",
    selector={"a": "b"},
    hpa=HPA,
    url="http://192.0.2.7:80",
    host="web.shop",
    service="web",
    ours=True,
)


@pytest.fixture
def scenario() -> Resolved:
    """The built-in scenario ``smoke``, resolved."""
    return resolve(RunOptions("smoke"))


def test_a_scenario_and_its_objectives_are_checked_before_anything() -> None:
    """A misspelt key and a misspelt stage in an objective are InputErrors of a run that has started nothing."""
    with pytest.raises(InputError, match="Did you mean workers"):
        resolve(RunOptions("smoke", overrides=("load.wrkers=2",)))
    with pytest.raises(InputError, match="peek"):
        resolve(RunOptions("smoke", overrides=("objectives=[p95 < 1s during peek]",)))
    with pytest.raises(InputError, match="no scenario"):
        resolve(RunOptions("smokee"))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("target.manifests=nowhere", "no kustomization.yaml"),
        ("patches=[{kind: HorizontalPodAutoscaler, name: webb, patch: {}}]", "patches.0.: found .* webb"),
        ("patches=[{kind: HorizontalPodAutoscaler, name: web, patch: {spec: null}}]", "spec.scaleTargetRef"),
        ("patches=[{kind: Service, name: web, patch: {spec: {ports: null}}}]", "Service/web: spec.ports"),
        (
            "patches=[{kind: HorizontalPodAutoscaler, name: web, patch: {spec: {scaleTargetRef: {kind: Rollout}}}}]",
            "rollout/web",
        ),
        ("target={workload: deployment/web}", "target.url"),
        ("target={workload: pod/web, url: 'http://web/'}", "pod/web"),
        ("target={workload: deployment/web, url: 'ftp://web/'}", "ftp://web/"),
        ("limits.pods=3", "spec.maxReplicas: found 8, wanted at most 3"),
    ],
)
def test_a_target_that_no_cluster_could_make_one_is_refused_without_any(override: str, said: str) -> None:
    """Manifests, patches, workload and URL are looked at before an embedded cluster is started for them."""
    with pytest.raises(InputError) as caught:
        resolve(RunOptions("smoke", overrides=(override,)))
    assert re.search(said, str(caught.value))


def test_the_limit_of_pods_holds_for_the_autoscaler(scenario: Resolved) -> None:
    """An HPA that may go beyond the scenario's limit is refused; one that may just reach it is not."""
    limited = scenario.model_copy(update={"limits": Limits(pods=7)})
    with pytest.raises(InputError, match="maxReplicas"):
        limit_pods(limited, HPA)
    limit_pods(scenario.model_copy(update={"limits": Limits(pods=8)}), HPA)


def test_the_load_jobs_are_filled_in(scenario: Resolved) -> None:
    """URL, Host, number of workers and the scenario itself reach the pods; both Jobs end by themselves one day."""
    scenario = scenario.model_copy(update={"load": scenario.load.model_copy(update={"workers": 3})})
    objects = {f"{obj['kind']}/{obj['metadata']['name']}": obj for obj in load_objects(scenario, TARGET, {"run": "r"})}
    assert json.loads(objects["ConfigMap/loadtest-scenario"]["data"]["scenario.json"])["name"] == "smoke"
    worker = objects["Job/loadtest-worker"]["spec"]
    assert (worker["completions"], worker["parallelism"]) == (3, 3)
    env = {entry["name"]: entry.get("value") for entry in worker["template"]["spec"]["containers"][0]["env"]}
    assert (env["LOADTEST_URL"], env["LOADTEST_HOST"], env["LOADTEST_WORKERS"]) == (
        "http://192.0.2.7:80",
        "web.shop",
        "3",
    )
    master = objects["Job/loadtest-master"]["spec"]["template"]["spec"]["containers"][0]["env"]
    [token] = [entry["value"] for entry in master if entry["name"] == "LOADTEST_TOKEN"]
    assert len(token) >= 20
    assert token not in json.dumps([redact_object(obj) for obj in objects.values()])
    for job in ("master", "worker"):
        # the container that is asked for its log, whatever else an admission webhook may put into the pod
        template = objects[f"Job/loadtest-{job}"]["spec"]["template"]
        assert [container["name"] for container in template["spec"]["containers"]] == [container_of(template)] == [job]
        assert objects[f"Job/loadtest-{job}"]["spec"]["activeDeadlineSeconds"] > scenario.duration_s
        assert objects[f"Job/loadtest-{job}"]["metadata"]["namespace"] == "shop"
    assert {obj["metadata"]["labels"]["run"] for obj in objects.values()} == {"r"}


def test_the_path_of_the_url_becomes_the_request(scenario: Resolved) -> None:
    """``--url`` with a path asks for that path; without one the scenario's requests stay."""
    assert [r.path for r in with_path(scenario, "http://web.shop/a/b?c=1").requests] == ["/a/b?c=1"]
    assert with_path(scenario, "http://web.shop/") is scenario
    assert with_path(scenario, "http://web.shop") is scenario


def test_who_gives_no_path_is_told_what_is_asked_for(scenario: Resolved) -> None:
    """Built-in scenarios ask for a path of the project's own app, which another service may not have."""
    for url in ("http://web.shop/", "http://web.shop"):
        assert "asks for /work?cpu_ms=10, as the scenario has it, not for /" in (other_paths(scenario, url) or "")
    assert other_paths(scenario, "http://web.shop/a") is None
    root = scenario.model_copy(update={"requests": [scenario.requests[0].model_copy(update={"path": "/"})]})
    assert other_paths(root, "http://web.shop/") is None


def test_target_and_url_belong_together() -> None:
    """Either option alone is an error that names the other."""
    assert existing(None, None) is None
    with pytest.raises(InputError, match="--url"):
        existing("deployment/web", None)
    with pytest.raises(InputError, match="--target"):
        existing(None, "http://web")


def test_selectors_as_query_parameters() -> None:
    """Every operator of a LabelSelector, as the API reads it."""
    rules = [
        {"key": "a", "operator": "In", "values": ["x", "y"]},
        {"key": "b", "operator": "NotIn", "values": ["z"]},
        {"key": "c", "operator": "Exists"},
        {"key": "d", "operator": "DoesNotExist"},
    ]
    assert selector_text({"matchLabels": {"app": "web"}, "matchExpressions": rules}) == (
        "a in (x,y),app=web,b notin (z),c,!d"
    )


def test_the_scale_down_window() -> None:
    """The HPA's own window counts before the controller's; where neither is known, upstream's 300 s."""
    own = {"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}}
    assert [behaviour_window(own, 5.0), behaviour_window(HPA, 5.0), behaviour_window(HPA, None)] == [0.0, 5.0, 300.0]


def change(kind: str, name: str, type_: str = "MODIFIED", **fields: Any) -> Change:
    """A change of an object."""
    return Change(kind, type_, {"metadata": {"name": name, "uid": name}, **fields}, 0.0)


def test_the_minimum_is_reached_when_the_last_pod_has_gone() -> None:
    """Two wanted, two there and two pods is the start state; a third pod that still ends is not."""
    view = View(Scope("Deployment", "web", "web", "web", 0.0))
    view.see(change("HorizontalPodAutoscaler", "web", spec=HPA["spec"]))
    view.see(change("Deployment", "web", spec={"replicas": 2}, status={"replicas": 2}))
    for name in ("a", "b", "c"):
        view.see(change("Pod", name))
    assert not view.at_minimum()
    view.see(change("Pod", "c", "DELETED"))
    assert view.at_minimum()
    view.see(change("Deployment", "other", spec={"replicas": 9}))
    assert view.at_minimum()
    view.see(change("Pod", "evicted", status={"phase": "Failed"}))
    assert view.at_minimum()
    view.see(change("Pod", "starting", status={"phase": "Pending"}))
    assert not view.at_minimum()


EXTERNAL = {"minReplicas": 1, "maxReplicas": 9, "metrics": [{"type": "External"}]}


def condition(kind: str, status: str, reason: str) -> dict[str, str]:
    """One condition of an HPA."""
    return {"type": kind, "status": status, "reason": reason}


def standing(size: int, ready: int, hpa: dict[str, Any], minimum: int = 1) -> View:
    """A workload with so many pods, so many of them ready, under an HPA with this status."""
    view = View(Scope("Deployment", "web", "web", "web", 0.0))
    view.see(change("HorizontalPodAutoscaler", "web", spec={**EXTERNAL, "minReplicas": minimum}, status=hpa))
    view.see(change("Deployment", "web", spec={"replicas": size}, status={"replicas": size, "readyReplicas": ready}))
    for number in range(size):
        view.see(change("Pod", f"p{number}"))
    return view


ACTIVE = condition("ScalingActive", "True", "ValidMetricFound")
FAILING = condition("ScalingActive", "False", "FailedGetExternalMetric")
STEADY = condition("AbleToScale", "True", "ReadyForNewScale")
HELD = condition("AbleToScale", "True", "ScaleDownStabilized")


@pytest.mark.parametrize(
    ("view", "starts"),
    [
        pytest.param(
            standing(0, 0, {"conditions": [condition("ScalingActive", "False", "ScalingDisabled")]}),
            True,
            id="at zero the cold start is what is measured",
        ),
        pytest.param(
            standing(2, 2, {"desiredReplicas": 2, "conditions": [ACTIVE, STEADY]}),
            True,
            id="held above the minimum by its own metric",
        ),
        pytest.param(
            standing(2, 2, {"desiredReplicas": 2, "conditions": [ACTIVE, HELD]}),
            False,
            id="held by the window alone: it will shrink",
        ),
        pytest.param(standing(2, 2, {"desiredReplicas": 4, "conditions": [ACTIVE, STEADY]}), False, id="on its way"),
        pytest.param(standing(50, 50, {"desiredReplicas": 50, "conditions": [ACTIVE]}, 50), True, id="50 of 50 ready"),
        pytest.param(standing(50, 49, {"desiredReplicas": 50, "conditions": [ACTIVE]}, 50), False, id="49 of 50 ready"),
    ],
)
def test_where_a_load_may_begin(view: View, starts: bool) -> None:
    """At zero, at the size its metric asks for, or at the minimum with all of it ready."""
    assert view.can_start() is starts


@pytest.mark.parametrize(
    ("status", "sees"),
    [
        ({"conditions": [ACTIVE]}, True),
        ({"conditions": [FAILING], "currentMetrics": [{"type": "Resource"}, {"type": ""}]}, True),
        ({"conditions": [FAILING], "currentMetrics": [{"type": ""}]}, False),
        ({}, False),
    ],
)
def test_an_hpa_with_one_value_can_be_run(status: dict[str, Any], sees: bool) -> None:
    """Of two metrics one fails: it scales up and never down, which is a run and no refusal."""
    assert standing(2, 2, status).hpa_sees() is sees


def test_a_job_has_ended_when_its_condition_says_so() -> None:
    """Complete and Failed are told apart; a Job without a true condition still runs."""
    view = View(Scope("Deployment", "web", "web", "web", 0.0))
    conditions = [{"type": "Failed", "status": "True", "message": "BackoffLimitExceeded"}]
    view.see(change("Job", "loadtest-master", status={"conditions": conditions}), load=True)
    view.see(change("Job", "loadtest-worker", status={"active": 1}), load=True)
    assert view.job_ended("loadtest-master") == "Failed: BackoffLimitExceeded"
    assert view.job_ended("loadtest-worker") is None


def test_load_pods_that_do_not_fit_are_the_clusters_failure() -> None:
    """A pod that was not scheduled, or not made, ends the run with code 3 and the scheduler's words; one that ran and
    failed is the load generator's, code 4."""
    view = View(Scope("Deployment", "web", "web", "web", 0.0))
    view.see(change("Pod", "loadtest-worker-0", status={"phase": "Failed"}), load=True)
    own = load_error(view, "it failed", ["its last words"])
    assert (own.exit_code, "its last words" in str(own)) == (ExitCode.GENERATOR_FAILED, True)
    condition = {"type": "PodScheduled", "status": "False", "message": "Insufficient cpu"}
    view.see(change("Pod", "loadtest-worker-1", status={"phase": "Pending", "conditions": [condition]}), load=True)
    found = load_error(view, "it failed", [])
    assert (found.exit_code, "Insufficient cpu" in str(found)) == (ExitCode.CLUSTER_FAILED, True)


def test_load_pods_that_fitted_too_late_are_the_clusters_failure() -> None:
    """The other workers gave up waiting for one that found no node, which made room for it: as it is said it runs. One
    that waited, ran and failed is the load generator's; so is a failure of a load that had begun."""

    def seen(phase: str) -> View:
        view = View(Scope("Deployment", "web", "web", "web", 0.0))
        view.see(change("Pod", "loadtest-worker-0", status={"phase": "Failed"}), load=True)
        view.see(change("Pod", "loadtest-worker-1", status={"phase": phase}), load=True)
        pod = {"kind": "Pod", "name": "loadtest-worker-1", "uid": "loadtest-worker-1"}
        told = {"reason": "FailedScheduling", "message": "0/1 nodes are available: 1 Insufficient cpu."}
        view.see(change("Event", "e", involvedObject=pod, **told), load=True)
        return view

    found = load_error(seen("Running"), "it did not begin", [])
    assert found.exit_code == ExitCode.CLUSTER_FAILED
    assert "Pod/loadtest-worker-1: found waited for a node: 0/1 nodes are available: 1 Insufficient cpu." in str(found)
    assert load_error(seen("Failed"), "it did not begin", []).exit_code == ExitCode.GENERATOR_FAILED
    assert load_error(seen("Running"), "it failed", [], began=True).exit_code == ExitCode.GENERATOR_FAILED


def test_the_namespace_is_the_command_lines_then_the_scenarios_then_the_contexts(
    scenario: Resolved, tmp_path: Path
) -> None:
    """Each where the one before it says nothing."""
    config = {
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "contexts"}}],
        "current-context": "c",
    }
    (tmp_path / "config").write_text(json.dumps(config))
    named = scenario.model_copy(update={"target": scenario.target.model_copy(update={"namespace": "scenarios"})})
    with connect("c", tmp_path / "config") as cluster:
        assert namespace_of(RunOptions("smoke"), scenario, cluster) == "contexts"
        assert namespace_of(RunOptions("smoke"), named, cluster) == "scenarios"
        assert namespace_of(RunOptions("smoke", namespace="lines"), named, cluster) == "lines"


def load_row(at: float, **changes: Any) -> dict[str, Any]:
    """A load row with ten answers of about 99 ms."""
    row = {"k": "load", "shard": 0, "at": at, "planned": 12, "sent": 11, "answered": 10, "dropped": 1,
           "failed": {"timeout": 1}, "response": {"0": {"349": 10}}}  # fmt: skip
    return row | changes


def test_totals_are_sums_and_unknown_counts_nothing() -> None:
    """Rows add up by cause; an unknown number adds nothing and is not zero answers."""
    totals = Totals()
    for row in (load_row(1.0), load_row(2.0, sent=None), {"k": "gap"}):
        totals.add(row)
    told = totals.to_json()
    assert (told["planned"], told["sent"], told["answered"], told["failed"], told["gaps"]) == (
        24,
        11,
        20,
        {"timeout": 2},
        1,
    )


def test_the_line_of_progress() -> None:
    """Stage, time left, rate and p95 of the last seconds, failures and pods stand in one line."""
    progress = Progress()
    progress.add({"k": "header", "scenario": {"duration_s": 100.0}, "target": {"name": "web"}})
    progress.add({"k": "workload", "name": "web", "ready": 2})
    progress.add({"k": "hpa", "desired": 4})
    assert progress.line(0.0) == "pods 2 ready, 4 desired"
    progress.add({"k": "mark", "name": "load-start", "t": 1000.0})
    progress.add({"k": "mark", "name": "stage", "stage": "peak", "t": 1000.0})
    for at in (1000.0, 1001.0):
        progress.add(load_row(at))
    assert progress.line(1010.0) == "peak, 1:30 left | 10 req/s | p95 99 ms | 2 failed | pods 2 ready, 4 desired"
    progress.add({"k": "end"})
    assert progress.line(1200.0) == "cleaning up"


ACTIVE, DISABLED = ("True", "ValidMetricFound"), ("False", "ScalingDisabled")
FAILED = ("False", "FailedGetResourceMetric")


@pytest.mark.parametrize(
    ("active", "current", "last_scale", "told"),
    [
        pytest.param(FAILED, 2, None, "unknown", id="no metrics yet"),
        pytest.param(FAILED, 2, 900.0, "unknown", id="made bigger by hand from 0, without metrics"),
        pytest.param(None, 0, None, "unknown", id="no target found"),
        pytest.param(FAILED, 0, 900.0, "0", id="it went to 0 itself"),
        pytest.param(ACTIVE, 1, None, "0", id="its metrics say 0"),
        pytest.param(DISABLED, 0, None, "0", id="left alone at 0"),
    ],
)
def test_the_0_of_an_hpa_without_metrics_is_no_wish(
    active: tuple[str, str] | None, current: int, last_scale: float | None, told: str
) -> None:
    """The API has 0 there for what was never decided; a 0 that was decided is told as 0."""
    progress = Progress(ready=2)
    status = {"status": active[0], "reason": active[1]} if active else None
    conditions = {"ScalingActive": status} if status else {"AbleToScale": {"status": "False"}}
    progress.add({"k": "hpa", "desired": 0, "current": current, "last_scale": last_scale, "conditions": conditions})
    assert progress.line(0.0) == f"pods 2 ready, {told} desired"


def test_nothing_is_said_to_go_on_once_the_runs_are_over() -> None:
    """While the page stays for whoever looks at it, the line does not speak of cleaning up, which is done."""
    progress = Progress()
    screen = Screen(Console(file=StringIO()), progress, Outlet(StringIO()))
    screen.add({"k": "end"})
    assert progress.line(0.0) == "cleaning up"
    screen.rest()
    assert progress.line(0.0) == ""


def test_the_worst_of_several_runs_counts() -> None:
    """As `judge` has it: a failed objective counts before what is unknown, that before a pass; a broken cluster before
    all."""
    codes = [ExitCode.PASS, ExitCode.OBJECTIVE_FAILED, ExitCode.PASS]
    assert worst(codes) == ExitCode.OBJECTIVE_FAILED
    assert worst([*codes, ExitCode.UNKNOWN]) == ExitCode.OBJECTIVE_FAILED
    assert worst([ExitCode.PASS, ExitCode.UNKNOWN]) == ExitCode.UNKNOWN
    assert worst([*codes, ExitCode.CLUSTER_FAILED]) == ExitCode.CLUSTER_FAILED


def test_a_target_names_its_pods_only_where_it_is_ours() -> None:
    """A foreign app's answers may not carry the header: unknown, not no."""
    assert TARGET.header()["names_pods"] is True
    assert replace(TARGET, ours=False).header()["names_pods"] is None


def test_events_of_before_the_run_and_of_others_explain_nothing() -> None:
    """Only an event since the run began, about an object of that name or made from it, is looked at."""
    view = View(Scope("Deployment", "web", "web", "web", 1_000_000_000.0))
    for name, about, at in (
        ("a", "web-5d4c", "2026-11-23T06:00:00Z"),
        ("b", "web-5d4c", "2001-01-01T00:00:00Z"),
        ("c", "webshop", "2026-11-23T06:00:00Z"),
    ):
        view.see(change("Event", name, involvedObject={"name": about}, lastTimestamp=at))
    assert [event["metadata"]["name"] for event in view.about("web")] == ["a"]


def test_the_command_that_ends_a_kept_cluster_names_it() -> None:
    """The usual one needs no name, another run's own does."""
    assert (stop_command("embedded"), stop_command("run-7")) == (
        "autoscale cluster stop",
        "autoscale cluster stop --name run-7",
    )
