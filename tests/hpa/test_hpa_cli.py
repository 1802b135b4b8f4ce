"""``autoscale hpa explain`` and ``autoscale hpa check``, as a user calls them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from autoscale.base.exits import ExitCode
from autoscale.cli import main

HPA = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web"},
    "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"}, "maxReplicas": 10},
}
POD = {
    "metadata": {"name": "a"},
    "spec": {"containers": [{"name": "app", "resources": {"requests": {"cpu": "100m"}}}]},
    "status": {
        "phase": "Running",
        "startTime": "2026-11-23T11:00:00Z",
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-23T11:00:00Z"}],
    },
}
USAGE = {
    "metadata": {"name": "a"},
    "timestamp": "2026-11-23T12:00:00Z",
    "window": "15s",
    "containers": [{"name": "app", "usage": {"cpu": "160m"}}],
}
CASE = {
    "now": "2026-11-23T12:00:10Z",
    "hpa": HPA,
    "scale": {"spec": {"replicas": 1}, "status": {"replicas": 1, "selector": "app=web"}},
    "pods": [POD],
    "podMetrics": [USAGE],
}


def run(*arguments: str) -> int:
    """The exit code of the command line."""
    with pytest.raises(SystemExit) as caught:
        main(["hpa", *arguments])
    assert isinstance(caught.value.code, int)
    return caught.value.code


def written(folder: Path, name: str, *documents: Any) -> str:
    """A YAML file."""
    file = folder / name
    file.write_text(yaml.safe_dump_all(documents))
    return str(file)


def test_explain_prints_size_sentences_and_events(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Three lines that answer why."""
    assert run("explain", written(tmp_path, "case.yaml", CASE)) == ExitCode.PASS
    assert capsys.readouterr().out == (
        "Desired replicas: 2\n"
        "Cpu resource utilization (percentage of request) was 160 % against a target of 80 % (ratio 2.00 over 1 pod), "
        "which asks for 2 replicas. So it scales from 1 to 2.\n"
        "Normal SuccessfulRescale: New size: 2; reason: cpu resource utilization (percentage of request) above target\n"
    )


def test_explain_says_when_nothing_changes_or_is_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No change is marked; an unknown size is called unknown."""
    calm = {**CASE, "podMetrics": []}
    blind = {**CASE, "scale": None, "scaleError": "gone"}

    assert run("explain", written(tmp_path, "calm.yaml", calm)) == ExitCode.PASS
    assert run("explain", written(tmp_path, "blind.yaml", blind)) == ExitCode.PASS
    lines = capsys.readouterr().out.splitlines()
    assert "Desired replicas: 1 (no change)" in lines
    assert "Desired replicas: unknown (no change)" in lines


def test_explain_as_json_can_be_continued(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The state of one decision is the state of the next case; JSON files are read too."""
    file = tmp_path / "case.json"
    file.write_text(json.dumps(CASE))
    assert run("explain", "--json", str(file)) == ExitCode.PASS
    first = json.loads(capsys.readouterr().out)
    following = {**CASE, "now": "2026-11-23T12:00:25Z", "state": first["state"]}
    assert run("explain", "--json", written(tmp_path, "next.yaml", following)) == ExitCode.PASS
    second = json.loads(capsys.readouterr().out)

    assert [step["name"] for step in first["steps"]] == ["metric", "select", "stabilise", "limit"]
    assert first["status"]["desiredReplicas"] == 2
    assert len(second["state"]["recommendations"]) == 3


@pytest.mark.parametrize("text", ["", "a: [", "- 1", "\x00", "now: 2024-13-45", "now: !!bool x", "[" * 3000])
def test_explain_refuses_what_is_no_observation(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One readable error, exit code 2, no traceback."""
    file = tmp_path / "bad.yaml"
    file.write_text(text)

    assert run("explain", str(file)) == ExitCode.BAD_INPUT
    assert capsys.readouterr().err.startswith(f"Error: {file}")


def test_check_passes_a_good_hpa(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And says how many it looked at; other objects and lists are read along."""
    listed = {"kind": "List", "items": [HPA, {"kind": "Service"}]}

    assert run("check", written(tmp_path, "a.yaml", listed, None)) == ExitCode.PASS
    assert capsys.readouterr().out == "1 HorizontalPodAutoscaler checked, nothing found.\n"


def test_check_prints_findings_with_their_patches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A warning leaves the exit code alone, an error makes it 2."""
    pinned = {**HPA, "spec": {**HPA["spec"], "minReplicas": 10}}  # type: ignore[dict-item]
    file = written(tmp_path, "a.yaml", pinned)

    assert run("check", file) == ExitCode.PASS
    assert capsys.readouterr().out == (
        f"warning: {file}: HorizontalPodAutoscaler/web: minReplicas and maxReplicas are both 10, so there is nothing "
        "to scale\n  Raise maxReplicas, or lower minReplicas.\n    spec:\n      maxReplicas: 20\n"
    )
    broken = {**HPA, "spec": {"maxReplicas": 0}}
    assert run("check", file, written(tmp_path, "b.yaml", broken)) == ExitCode.BAD_INPUT
    assert "spec.scaleTargetRef.kind: found nothing, wanted a value" in capsys.readouterr().out


def test_check_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Findings for a machine; a finding without a patch says null."""
    target = {"kind": "DaemonSet", "name": "web", "apiVersion": "apps/v1"}
    file = written(tmp_path, "a.yaml", {**HPA, "spec": {"maxReplicas": 2, "scaleTargetRef": target}})

    assert run("check", "--json", file) == ExitCode.BAD_INPUT
    (finding,) = json.loads(capsys.readouterr().out)
    assert (finding["rule"], finding["level"], finding["patch"]) == ("no-scale", "error", None)


@pytest.mark.parametrize(
    ("documents", "text"),
    [
        ([{"kind": "Service"}], "There is no HorizontalPodAutoscaler"),
        (["text"], "is not a manifest"),
        ([[1]], "is not"),
    ],
)
def test_check_needs_an_hpa(
    documents: list[Any], text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Files without one are a mistake, not a pass."""
    assert run("check", written(tmp_path, "a.yaml", *documents)) == ExitCode.BAD_INPUT
    assert text in capsys.readouterr().err
