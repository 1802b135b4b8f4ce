"""A whole run on the real cluster: our service, and a Deployment of somebody else's making."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autoscale.base.exits import ExitCode
from autoscale.base.resources import manifests
from tests.local_cluster import places
from tests.local_cluster.client import Kubectl

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("with_images")]
ROOT = Path(__file__).resolve().parents[2]

# 40 requests a second of 10 ms: 0.4 cores, twice what two pods of 200m at 60 % are meant to carry.
SCENARIO = """
name: real
load:
  plan:
    - {name: before, duration: 10s, rate: 5}
    - {name: peak, duration: 60s, rate: 40}
    - {name: after, duration: 10s, rate: 5}
requests:
  - {name: work, path: "/work?cpu_ms=10", timeout: 5s}
objectives:
  - errors < 1%
  - dropped < 1%
"""
# On a machine that is busy with other things the generator may be the limit, and the run says so.
CODES = {ExitCode.PASS, ExitCode.INVALID}
SHORT_WINDOW = """
patches:
  - kind: HorizontalPodAutoscaler
    name: web
    patch: {spec: {behavior: {scaleDown: {stabilizationWindowSeconds: 15}}}}
"""


def run(tmp_path: Path, scenario: str, namespace: str, *options: str) -> tuple[int, list[dict[str, Any]], Path]:
    """Run the scenario (its text, or a built-in's name) on the local cluster; the exit code, the record's rows and the
    run's folder."""
    if "\n" in scenario:
        (tmp_path / "real.yaml").write_text(scenario)
        scenario = str(tmp_path / "real.yaml")
    words = [sys.executable, "-c", "from autoscale.cli import main; main()", "run", scenario]
    words += ["--context", "local", "--kubeconfig", str(places.state().kubeconfig), "-n", namespace]
    done = subprocess.run(
        [*words, "--out", str(tmp_path / "runs"), "--web-port", "18089", *options], cwd=ROOT, timeout=900
    )
    assert done.returncode != ExitCode.BAD_INPUT
    (record,) = (tmp_path / "runs").glob("*/record.jsonl")
    return done.returncode, [json.loads(line) for line in record.read_text().splitlines()], record.parent


def desired(rows: list[dict[str, Any]]) -> list[int]:
    """The HPA's wish after every change; 0 stands in a status that its controller has not written yet."""
    return [row["desired"] for row in rows if row["k"] == "hpa" and row["desired"]]


def test_our_service_scales_up_and_down_and_nothing_stays(kubectl: Kubectl, namespace: str, tmp_path: Path) -> None:
    """From 2 pods to more and back to 2 under load from Locust pods; a report; then the namespace is empty."""
    code, rows, folder = run(tmp_path, SCENARIO + SHORT_WINDOW, namespace)
    assert code in CODES
    header, end = rows[0], rows[-1]
    assert (header["k"], header["context"]["name"], end["k"], end["reason"]) == ("header", "local", "end", "done")
    counts = desired(rows)
    assert (counts[0], counts[-1]) == (2, 2)
    assert max(counts) > 2
    load = [row for row in rows if row["k"] == "load"]
    assert sum(row["planned"] for row in load) == sum(row["sent"] + row["dropped"] for row in load) > 2000
    assert len({pod for row in load for pod in row["by_pod"]}) > 2
    assert (folder / "report.html").stat().st_size > 10_000
    kubectl.run("wait", "-n", namespace, "--for=delete", "pod", "--all", "--timeout=60s", seconds=70)
    assert kubectl.json("get", "deployments,jobs,services,hpa,configmaps", "-n", namespace, *UNOWNED)["items"] == []


def test_shoppers_of_a_locustfile_go_through_the_shop(kubectl: Kubectl, namespace: str, tmp_path: Path) -> None:
    """The scenario ``shop``: its locustfile travels to the load pods, each step of a journey is answered by any pod."""
    code, rows, _ = run(tmp_path, "shop", namespace, "--set", "load.duration=30", "--set", "objectives=[errors < 1%]")
    assert code in CODES
    assert rows[-1]["reason"] == "done"
    load = [row for row in rows if row["k"] == "load"]
    assert {name for row in load for name in row["by_name"]} == {"browse", "add to cart", "pay"}
    assert sum(row["journeys"].get("Checkout", {"answered": 0})["answered"] for row in load if "journeys" in row) > 100
    assert len({pod for row in load for pod in row["by_pod"]}) > 1


# Kubernetes itself puts its authority into every namespace.
UNOWNED = ("--field-selector", "metadata.name!=kube-root-ca.crt")


def test_somebody_elses_deployment_is_measured_and_left_alone(kubectl: Kubectl, namespace: str, tmp_path: Path) -> None:
    """With ``--target`` its HPA scales under our load; its objects are the same before and after, ours are gone."""
    example = manifests() / "examples" / "scale-by-pods" / "app.yaml"
    kubectl.run("apply", "-n", namespace, "-f", str(example))
    kubectl.run("wait", "-n", namespace, "--for=condition=Available", "deployment/by-pods", "--timeout=60s")
    before = specs(kubectl, namespace)
    target = ["--target", "deployment/by-pods", "--url", "http://by-pods:8080"]
    code, rows, _ = run(tmp_path, SCENARIO.replace("rate: 40", "rate: 20"), namespace, *target)
    assert code in CODES
    assert rows[0]["target"]["name"] == "by-pods"
    assert max(desired(rows)) > 1
    assert specs(kubectl, namespace) == before


def specs(kubectl: Kubectl, namespace: str) -> dict[str, Any]:
    """What somebody wrote of every object, without the number of replicas, which is the HPA's."""
    items = kubectl.json("get", "deployments,jobs,services,hpa,configmaps", "-n", namespace, *UNOWNED)["items"]
    plain = {f"{item['kind']}/{item['metadata']['name']}": item["spec"] for item in items}
    for spec in plain.values():
        spec.pop("replicas", None)
    return plain
