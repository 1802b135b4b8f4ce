"""A StatefulSet behind a headless Service, a quota, a Role of one namespace and an API server that goes away."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from autoscale.base.exits import ExitCode
from autoscale.base.resources import manifests
from tests.conftest import eventually
from tests.local_cluster import lifecycle, places
from tests.local_cluster.client import Kubectl

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("with_images")]
ROOT = Path(__file__).resolve().parents[2]
SCENARIO = """
name: trouble
load: {plan: [{name: only, duration: 30s, rate: 10}]}
requests: [{name: work, path: "/work?cpu_ms=10", timeout: 5s}]
objectives: [errors < 1%]
"""
# On a machine that is busy with other things the generator may be the limit, and the run says so.
WHOLE = {ExitCode.PASS, ExitCode.INVALID}


def command(tmp_path: Path, namespace: str, *words: str, kubeconfig: Path | None = None) -> list[str]:
    """The scenario in a namespace of the local cluster."""
    (tmp_path / "trouble.yaml").write_text(SCENARIO)
    line = [sys.executable, "-c", "from autoscale.cli import main; main()", "run", f"{tmp_path}/trouble.yaml"]
    line += ["--context", "local", "--kubeconfig", str(kubeconfig or places.state().kubeconfig), "-n", namespace]
    return [*line, "--out", f"{tmp_path}/runs", "--no-web", *words]


@contextmanager
def started(line: list[str]) -> Iterator["subprocess.Popen[str]"]:
    """A run that goes on beside the test; it does not outlive it."""
    pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(line, cwd=ROOT, text=True, **pipes) as going:
        try:
            yield going
        finally:
            going.terminate()


def run(tmp_path: Path, namespace: str, *words: str, kubeconfig: Path | None = None) -> tuple[int, str]:
    """Run the scenario to its end; exit code and what was said."""
    with started(command(tmp_path, namespace, *words, kubeconfig=kubeconfig)) as going:
        said, _ = going.communicate(timeout=400)
    return going.returncode, said


def rows(tmp_path: Path) -> list[dict[str, Any]]:
    """The rows of the one record."""
    (record,) = (tmp_path / "runs").glob("*/record.jsonl")
    return [json.loads(line) for line in record.read_text().splitlines()]


def ours(kubectl: Kubectl, namespace: str) -> list[str]:
    """What runs have left."""
    kinds = "deployments,jobs,services,hpa,configmaps,serviceaccounts,poddisruptionbudgets"
    items = kubectl.json("get", kinds, "-n", namespace, "-l", "autoscale-loadtest/owner")["items"]
    return [f"{item['kind']}/{item['metadata']['name']}" for item in items]


def stateful(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The example of scaling by pods as a StatefulSet of two containers behind a headless Service."""
    workload, service, hpa = objects
    workload["kind"] = hpa["spec"]["scaleTargetRef"]["kind"] = "StatefulSet"
    workload["spec"] |= {"serviceName": "by-pods", "podManagementPolicy": "Parallel"}
    idle = {"command": ["python", "-c", "import signal; signal.pause()"], "resources": {"requests": {"cpu": "10m"}}}
    containers = workload["spec"]["template"]["spec"]["containers"]
    containers.append({"name": "idle", **{key: containers[0][key] for key in ("image", "imagePullPolicy")}, **idle})
    workload["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 2
    service["spec"] |= {"clusterIP": "None", "ports": [{"name": "http", "port": 8080}]}
    return [workload, service, hpa]


def test_a_stateful_set_behind_a_headless_service(kubectl: Kubectl, namespace: str, tmp_path: Path) -> None:
    """Loaded by its Service's name, scaled by its HPA, recorded with both containers of each pod; nothing of it is
    changed, nothing of ours stays."""
    example = manifests() / "examples" / "scale-by-pods" / "app.yaml"
    for obj in stateful(list(yaml.safe_load_all(example.read_text()))):
        kubectl.run("apply", "-n", namespace, "-f", "-", text=json.dumps(obj))
    code, said = run(tmp_path, namespace, "--target", "statefulset/by-pods", "--url", "http://by-pods:8080")
    assert code in WHOLE, said
    found = rows(tmp_path)
    assert found[0]["target"]["url"] == "http://by-pods:8080"
    assert found[0]["target"]["kind"] == "StatefulSet"
    assert {row["kind"] for row in found if row["k"] == "workload"} == {"StatefulSet"}
    # A pod that ends may have been measured between the ends of its two containers.
    assert max(len(row["containers"]) for row in found if row["k"] == "usage") == 2
    assert max(row["desired"] or 0 for row in found if row["k"] == "hpa") > 1
    assert found[-1]["totals"]["answered"] > 250
    assert ours(kubectl, namespace) == []


QUOTA = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"}}


@pytest.mark.parametrize(
    ("cpu", "about"), [("100m", "found FailedCreate: pods"), ("450m", "Job/loadtest-worker: found FailedCreate")]
)
def test_a_quota_is_told_before_any_load(
    kubectl: Kubectl, namespace: str, tmp_path: Path, cpu: str, about: str
) -> None:
    """Too little for the service, or for the load generator: the API server's words, no load, nothing stays."""
    kubectl.run("apply", "-n", namespace, "-f", "-", text=json.dumps(QUOTA | {"spec": {"hard": {"requests.cpu": cpu}}}))
    code, said = run(tmp_path, namespace)
    assert code == ExitCode.CLUSTER_FAILED, said
    assert about in said
    assert "exceeded quota: small" in said
    assert not [row for row in rows(tmp_path) if row["k"] == "load"]
    assert ours(kubectl, namespace) == []


def limited(kubectl: Kubectl, namespace: str, folder: Path) -> Path:
    """A kubeconfig of a ServiceAccount that may do nothing yet."""
    kubectl.run("create", "serviceaccount", "limited", "-n", namespace)
    config = yaml.safe_load(places.state().kubeconfig.read_text())
    config["users"][0]["user"] = {"token": kubectl.run("create", "token", "limited", "-n", namespace).strip()}
    (folder / "limited").write_text(yaml.safe_dump(config))
    return folder / "limited"


def test_the_role_that_is_asked_for_is_enough(kubectl: Kubectl, namespace: str, tmp_path: Path) -> None:
    """Without rights: every verb and resource is named and nothing is made. With the Role of that very message, and no
    right outside the namespace, a whole run; only the nodes are unseen, and the record says so."""
    kubeconfig = limited(kubectl, namespace, tmp_path)
    code, said = run(tmp_path, namespace, kubeconfig=kubeconfig)
    assert code == ExitCode.CLUSTER_FAILED, said
    assert "jobs.batch: found get, list, watch, create, patch, delete forbidden" in said
    assert ours(kubectl, namespace) == []
    kubectl.run("apply", "-f", "-", text=said[said.index("apiVersion: rbac") :])
    binding = ["--role=autoscale-run", f"--serviceaccount={namespace}:limited", "-n", namespace]
    kubectl.run("create", "rolebinding", "limited", *binding)
    code, said = run(tmp_path, namespace, kubeconfig=kubeconfig)
    assert code in WHOLE, said
    found = rows(tmp_path)
    assert found[0]["environment"]["unseen"] == ["nodes"]
    assert {"pod", "workload", "hpa", "usage", "endpoint", "event", "load"} <= {row["k"] for row in found}
    assert "node" not in {row["k"] for row in found}
    assert ours(kubectl, namespace) == []


def test_a_namespace_that_is_being_deleted(kubectl: Kubectl, tmp_path: Path) -> None:
    """It is told as that: exit code 3 and nothing made."""
    name = f"test-ending-{tmp_path.name[-1]}"
    kubectl.run("create", "namespace", name)
    hold = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "hold", "finalizers": ["example.com/hold"]}}
    kubectl.run("apply", "-n", name, "-f", "-", text=json.dumps(hold))
    try:
        kubectl.run("delete", "namespace", name, "--wait=false")
        code, said = run(tmp_path, name)
    finally:
        free = '{"metadata": {"finalizers": null}}'
        kubectl.run("patch", "configmap", "hold", "-n", name, "--type=merge", "-p", free)
    assert code == ExitCode.CLUSTER_FAILED, said
    assert "the namespace is being deleted" in said
    assert not (tmp_path / "runs").exists() or list((tmp_path / "runs").iterdir()) == []


def test_an_api_server_that_crashes_in_a_run_costs_no_row_of_the_load(
    kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    """Killed and started again under load: the run goes on to its end, every second of the load is in the record, and
    so is the hole in what only the API server could tell."""
    with started(command(tmp_path, namespace)) as going:
        eventually(lambda: seconds_of_load(tmp_path) >= 5 or going.poll() is not None, "load", 200)
        lifecycle.restart(places.state(), "kube-apiserver")
        said, _ = going.communicate(timeout=400)
    assert going.returncode in WHOLE | {ExitCode.UNKNOWN}, said
    found = rows(tmp_path)
    assert found[-1]["reason"] == "done", said
    load = [row for row in found if row["k"] == "load"]
    assert [row["seq"] for row in load] == list(range(len(load)))
    assert sum(row["planned"] for row in load) == pytest.approx(found[0]["scenario"]["total"], abs=1)
    # Every watch was broken for longer than it takes to say so; usage is asked for every few seconds, and may have been
    # asked for before and after.
    assert {"pods", "deployments", "horizontalpodautoscalers"} <= {row["source"] for row in found if row["k"] == "gap"}
    assert ours(kubectl, namespace) == []


def seconds_of_load(tmp_path: Path) -> int:
    """Rows of the load in the record so far."""
    files = (tmp_path / "runs").glob("*/record.jsonl")
    return sum(line.startswith('{"k":"load"') for file in files for line in file.read_text().splitlines())
