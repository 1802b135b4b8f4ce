"""Whole runs on the embedded cluster, through the command line."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autoscale.embedded.launch import process
from tests.conftest import eventually, need

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="the embedded cluster needs Linux"),
]
ARGUMENTS = ["smoke", "--no-web", "--set", "load.duration=12", "--set", "objectives=[]"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """State, configuration and runs of this test's own."""
    need(os.environ.get("HOME") is not None, "HOME has to be set")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def start(home: Path, *arguments: str) -> "subprocess.Popen[str]":
    """``autoscale run`` as a process of its own."""
    command = [
        sys.executable,
        "-c",
        "from autoscale.cli import main; main()",
        "run",
        *arguments,
        "--out",
        f"{home}/runs",
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=home)


def read(home: Path) -> list[dict[str, Any]]:
    """The rows of the one record there is."""
    (record,) = (home / "runs").glob("*/record.jsonl")
    return [json.loads(line) for line in record.read_text().splitlines()]


def began(home: Path) -> bool:
    """Whether the load has begun."""
    return any('"load-start"' in file.read_text() for file in (home / "runs").glob("*/record.jsonl"))


def test_a_run_leaves_a_whole_record_and_nothing_else(home: Path) -> None:
    """Deployed, driven, recorded, reported, removed: sums hold, sources have spoken, no cluster is left."""
    run = start(home, *ARGUMENTS)
    said, _ = run.communicate(timeout=180)
    rows = read(home)
    assert rows[-1]["k"] == "end", said
    assert rows[-1]["reason"] == "done", said
    # Without objectives there is nothing to judge, which is no pass; 6: a busy machine made the generator the limit.
    assert run.returncode in (5, 6), said
    totals = rows[-1]["totals"]
    assert totals["planned"] == totals["sent"] + totals["dropped"]
    assert totals["sent"] == totals["answered"] + sum(totals["failed"].values())
    assert totals["planned"] == pytest.approx(rows[0]["scenario"]["total"], abs=1.5)
    assert {"clock", "mark", "load", "pod", "workload", "hpa", "usage", "endpoint", "node", "event"} <= {
        row["k"] for row in rows
    }
    # What a busy machine hears late is told as a gap; nothing that was written may be missing.
    late = "between the API server's writing and our hearing"
    assert [row for row in rows if row["k"] == "gap" and late not in row["cause"]] == []
    assert rows[0]["accepted"]
    assert rows[0]["hpa_config"]["sync_period_s"] == 2.0
    assert [row["n"] for row in rows] == list(range(len(rows)))
    assert list((home / "runs").glob("*/report.html"))
    assert not process.status("embedded").running


def test_ctrl_c_ends_the_load_and_still_reports(home: Path) -> None:
    """One interrupt: exit code 130, a record that ends as interrupted, a report, and no cluster left."""
    run = start(home, *ARGUMENTS, "--set", "load.duration=60")
    eventually(lambda: began(home))
    run.send_signal(signal.SIGINT)
    said, _ = run.communicate(timeout=120)
    rows = read(home)
    assert run.returncode == 130, said
    assert rows[-1]["reason"] == "interrupted"
    assert "load-end" in {row.get("name") for row in rows}
    assert list((home / "runs").glob("*/report.html"))
    assert not process.status("embedded").running


@pytest.mark.parametrize("end", ["the terminal is closed", "the reader of a pipe has gone"])
def test_a_run_that_nobody_watches_any_more_ends_as_on_ctrl_c(home: Path, end: str) -> None:
    """SIGHUP, and `| head -1`: exit code 130, a record that ends as interrupted, a report, and no cluster left."""
    run = start(home, *ARGUMENTS, "--set", "load.duration=60")
    eventually(lambda: began(home))
    assert run.stdout is not None
    if end == "the terminal is closed":
        run.send_signal(signal.SIGHUP)
    run.stdout.close()
    assert run.wait(timeout=120) == 130
    assert read(home)[-1]["reason"] == "interrupted"
    assert list((home / "runs").glob("*/report.html"))
    assert not process.status("embedded").running


def test_a_killed_cluster_leaves_a_record_that_reads(home: Path) -> None:
    """The cluster dies under the load: exit code 3, gaps from that moment, an end that says failed."""
    run = start(home, *ARGUMENTS, "--set", "load.duration=60")
    eventually(lambda: began(home))
    facts = process.status("embedded").facts
    assert facts is not None
    os.kill(facts.pid, signal.SIGKILL)
    said, _ = run.communicate(timeout=120)
    rows = read(home)
    assert run.returncode == 3, said
    assert "has died" in said
    assert rows[-1]["reason"] == "failed"
    assert {"pods", "deployments"} <= {row["source"] for row in rows if row["k"] == "gap"}


def test_bad_input_starts_nothing(home: Path) -> None:
    """A misspelt scenario ends with exit code 2, and there is neither a run's folder nor a cluster."""
    run = start(home, "smokee")
    said, _ = run.communicate(timeout=60)
    assert run.returncode == 2
    assert "Did you mean smoke?" in said
    assert not (home / "runs").exists()
    assert not process.status("embedded").running
