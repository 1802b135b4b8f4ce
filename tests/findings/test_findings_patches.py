"""Every patch that a finding gives applies: tried with kubectl on a cluster that speaks the Kubernetes API."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_findings_rules import CASES, Case, findings

from autoscale.base.resources import manifests
from autoscale.cluster.kustomize.render import render
from autoscale.embedded.launch import process
from tests.conftest import need
from tests.embedded_api.harness import find_kubectl

pytestmark = pytest.mark.kubectl


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """kubectl at an embedded cluster that holds the base manifests, without pods: only objects are patched here."""
    program = find_kubectl()
    need(program is not None, "no kubectl on this machine: `make kubectl` builds one")
    home = tmp_path_factory.mktemp("patches")
    before = os.environ.get("XDG_STATE_HOME")
    os.environ["XDG_STATE_HOME"] = str(home)
    running = process.start("patches")
    command = [str(program), "--kubeconfig", str(running.kubeconfig), "--cache-dir", str(home / "cache")]
    objects = [obj for obj in render(manifests() / "base") if obj["kind"] in ("Deployment", "HorizontalPodAutoscaler")]
    for obj in objects:
        obj["spec"] |= {"replicas": 0} if obj["kind"] == "Deployment" else {}
    text = yaml.safe_dump_all(objects)  # kubectl 1.32 reads no JSON documents that --- separates
    try:
        subprocess.run([*command, "apply", "-f", "-"], input=text, text=True, check=True, capture_output=True)
        yield command
    finally:
        running.stop()
        if before is None:
            del os.environ["XDG_STATE_HOME"]
        else:
            os.environ["XDG_STATE_HOME"] = before


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_a_patch_applies(kubectl: list[str], case: Case, tmp_path: Path) -> None:
    """`kubectl patch --type strategic` takes the finding's patch, and the object is then as the patch states."""
    name, hit, _ = case
    found = findings(hit())[name]
    if found.patch is None:
        assert found.patch_target is None
        return
    if str(found.patch_target).startswith("scaledobject/"):  # the embedded cluster has no KEDA
        assert yaml.safe_load(found.patch)["spec"].keys() <= {"pollingInterval", "cooldownPeriod", "minReplicaCount"}
        return
    if str(found.patch_target).startswith("vpa/"):  # nor a VPA
        assert yaml.safe_load(found.patch) == {"spec": {"updatePolicy": {"updateMode": "Off"}}}
        return
    file = tmp_path / "patch.yaml"
    file.write_text(found.patch)
    words = ["patch", str(found.patch_target), "--type", "strategic", "--patch-file", str(file)]
    done = subprocess.run([*kubectl, *words, "--dry-run=server", "-o", "json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert holds(json.loads(done.stdout), yaml.safe_load(found.patch))


def holds(value: Any, patch: Any) -> bool:
    """Whether everything that a patch states stands in a value; null states that a field is gone."""
    if isinstance(patch, dict):
        there = value if isinstance(value, dict) else {}
        return all(name not in there if part is None else holds(there.get(name), part) for name, part in patch.items())
    if isinstance(patch, list):
        return isinstance(value, list) and all(any(holds(item, part) for item in value) for part in patch)
    return bool(value == patch)
