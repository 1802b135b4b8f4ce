"""Every manifest of k8s/ meets the restricted Pod Security Standard, as a namespace may enforce it."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from autoscale.base.resources import manifests

FILES = sorted(path for path in manifests().rglob("*.yaml") if "overlays" not in path.parts)
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def pods(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The pod specs of a file: of pods, and of what makes pods."""
    for obj in filter(None, yaml.safe_load_all(path.read_text())):
        if not isinstance(obj, dict) or "kind" not in obj:
            continue
        spec = obj.get("spec") or {}
        found = spec if obj["kind"] == "Pod" else (spec.get("template") or {}).get("spec")
        if found:
            yield f"{obj['kind']}/{obj['metadata']['name']}", found


def violations(pod: dict[str, Any]) -> list[str]:
    """What the restricted profile refuses (Kubernetes 1.35, Pod Security Standards), the baseline included."""
    found = [name for name in ("hostNetwork", "hostPID", "hostIPC") if pod.get(name)]
    found += [f"volume {name}" for volume in pod.get("volumes") or [] for name in set(volume) - {"name"} - VOLUMES]
    whole = pod.get("securityContext") or {}
    found += ["sysctls"] if whole.get("sysctls") else []
    for part in ("containers", "initContainers", "ephemeralContainers"):
        for container in pod.get(part) or []:
            found += [f"{container['name']}: {what}" for what in _of_container(container, whole)]
    return found


def _of_container(container: dict[str, Any], whole: dict[str, Any]) -> Iterator[str]:
    own = container.get("securityContext") or {}
    capabilities = own.get("capabilities") or {}
    if own.get("privileged"):
        yield "privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation"
    if own.get("runAsNonRoot", whole.get("runAsNonRoot")) is not True:
        yield "runAsNonRoot"
    if own.get("runAsUser", whole.get("runAsUser")) == 0:
        yield "runAsUser"
    if "ALL" not in (capabilities.get("drop") or []) or set(capabilities.get("add") or []) - {"NET_BIND_SERVICE"}:
        yield "capabilities"
    seccomp = own.get("seccompProfile") or whole.get("seccompProfile") or {}
    if seccomp.get("type") not in ("RuntimeDefault", "Localhost"):
        yield "seccompProfile"
    if any(port.get("hostPort") for port in container.get("ports") or []):
        yield "hostPort"
    if own.get("procMount", "Default") != "Default":
        yield "procMount"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(manifests())))
def test_no_pod_needs_more_than_the_restricted_profile_allows(path: Path) -> None:
    """Deployments, Jobs and bare pods, those of the examples too."""
    assert {name: violations(pod) for name, pod in pods(path) if violations(pod)} == {}


def test_pods_were_found_in_every_folder() -> None:
    """The app, master and worker, and the examples that bring pods of their own."""
    found = [name for path in FILES for name, _ in pods(path)]
    assert len(found) >= 9
    assert {"Deployment/web", "Pod/by-size", "Job/by-pods-load"} <= set(found)


@pytest.mark.parametrize(
    ("where", "field", "value", "said"),
    [
        ("pod", "runAsNonRoot", None, "runAsNonRoot"),
        ("pod", "seccompProfile", {"type": "Unconfined"}, "seccompProfile"),
        ("pod", "runAsUser", 0, "runAsUser"),
        ("container", "allowPrivilegeEscalation", None, "allowPrivilegeEscalation"),
        ("container", "capabilities", {"drop": ["NET_RAW"]}, "capabilities"),
        ("container", "privileged", True, "privileged"),
        ("container", "capabilities", {"drop": ["ALL"], "add": ["SYS_TIME"]}, "capabilities"),
    ],
)
def test_each_rule_is_seen_to_be_broken(where: str, field: str, value: Any, said: str) -> None:
    """One field of the app's pod changed, one violation."""
    _, pod = next(pods(manifests() / "base" / "deployment.yaml"))
    changed = copy.deepcopy(pod)
    place = changed if where == "pod" else changed["containers"][0]
    place["securityContext"][field] = value
    assert violations(changed) == [f"web: {said}"]
    assert violations(pod) == []
