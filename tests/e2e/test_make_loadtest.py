"""The main job as a user types it: ``make loadtest``, on the embedded cluster."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscale import report
from autoscale.record.reader import read

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.e2e


def environment(home: Path) -> dict[str, str]:
    """The user's environment with a state folder of the test's own: clusters of others are not touched."""
    return {**os.environ, "XDG_STATE_HOME": str(home / "state"), "XDG_CONFIG_HOME": str(home / "config")}


def make(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", "-C", str(ROOT), *words], env=environment(home), capture_output=True, text=True)


def left_behind(home: Path) -> Iterator[str]:
    """Command lines of processes that still carry the test's folder in their environment."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if str(home).encode() in (folder / "environ").read_bytes():
                yield (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("user")


@pytest.fixture(scope="module")
def smoke(home: Path) -> subprocess.CompletedProcess[str]:
    return make(home, "loadtest", "SCENARIO=smoke", f"ARGS=--out {home / 'runs'} --no-web")


@pytest.fixture(scope="module")
def run_folder(smoke: subprocess.CompletedProcess[str], home: Path) -> Path:
    found = list((home / "runs").glob("*-smoke"))
    assert len(found) == 1, smoke.stdout + smoke.stderr
    return found[0]


def test_it_scales_real_pods_up_and_back(run_folder: Path) -> None:
    """Two pods become more under real requests, and two again; the record holds every one of them."""
    analysis = report.gather(run_folder).analysis
    sizes = [event.after for event in analysis.scale_events]
    assert max(sizes) > 2
    assert sizes[-1] == 2
    assert not analysis.partial
    answering = {row["pod"] for row in read(run_folder / "record.jsonl") if row["k"] == "pod_load"}
    assert len(answering) > 2


def test_what_was_planned_is_accounted_for(run_folder: Path) -> None:
    """planned = sent + dropped, and sent = answered + failed + what was in flight at the end."""
    loads = [row for row in read(run_folder / "record.jsonl") if row["k"] == "load"]
    planned, sent, dropped, answered = (
        sum(row[name] for row in loads) for name in ("planned", "sent", "dropped", "answered")
    )
    failed = sum(sum(row["failed"].values()) for row in loads)
    last = {row["shard"]: row["in_flight"] for row in loads}
    assert planned == sent + dropped
    assert sent == answered + failed + sum(last.values())
    assert planned == pytest.approx(5 * 6 + 15 * 45 + 10 * 6, rel=0.05)


def test_it_says_where_the_report_lies_and_how_it_went(
    smoke: subprocess.CompletedProcess[str], run_folder: Path
) -> None:
    """The terminal gets the kubeconfig, the verdict and the report's path; the exit code is the verdict's."""
    assert "KUBECONFIG" in smoke.stdout
    assert str(run_folder / "report.html") in smoke.stdout
    outcome = report.gather(run_folder).verdict.outcome
    assert f"Verdict: {outcome.upper()}" in smoke.stdout
    assert (smoke.returncode == 0) == (outcome == "pass")


def test_nothing_is_left_behind(run_folder: Path, home: Path) -> None:
    """When it has ended, no process of it runs and no cluster is there."""
    assert list(left_behind(home)) == []
    assert make(home, "help").returncode == 0
    assert not list((home / "state").rglob("kubeconfig"))


def test_a_wrong_scenario_starts_nothing(home: Path) -> None:
    """A misspelt scenario ends in one readable error; no run folder is made and no cluster is started."""
    done = make(home, "loadtest", "SCENARIO=smok", f"ARGS=--out {home / 'none'} --no-web")
    assert done.returncode == 2
    assert "smoke" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (home / "none").exists()
