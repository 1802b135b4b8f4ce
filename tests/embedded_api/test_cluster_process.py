"""The cluster as a process of its own: it starts, is found, and ends with everything it started, however it ends."""

import os
import resource
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from autoscale.base.errors import ClusterError, InputError, Interrupted
from autoscale.cli.cluster import command
from autoscale.embedded import settings
from autoscale.embedded.launch import process
from autoscale.embedded.launch.folder import folder_of, is_running
from tests.conftest import eventually

pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Clusters of a test have folders of their own, and none outlives it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    yield tmp_path
    for name in process.names():
        process.stop(name)


def invoke(*arguments: str) -> str:
    """``autoscale cluster ...``; its output. Errors come through."""
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_two_clusters_at_once(state_home: Path) -> None:
    """Two names are two clusters with an address, a block and a private kubeconfig each; stop ends one of them."""
    first, second = (process.start(name, settings.quick()) for name in ("one", "two"))
    one, two = process.status("one"), process.status("two")
    assert one.facts
    assert two.facts
    assert one.facts.server != two.facts.server
    assert one.facts.addresses != two.facts.addresses
    assert (one.pods, two.pods) == ({}, {})
    assert stat.S_IMODE(first.kubeconfig.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.folder.path.stat().st_mode) == 0o700
    first.stop()
    assert [process.status(name).running for name in ("one", "two")] == [False, True]
    assert not first.kubeconfig.exists(), "credentials go with the cluster"
    second.stop()


def test_a_cluster_that_is_not_ready_in_time_is_told_from_one_that_ended(
    state_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow machine is not taken for a cluster that broke; nothing of either is left."""
    monkeypatch.setattr(process, "START_S", 0.0)
    with pytest.raises(ClusterError, match="'slow' was not ready after 0 s"):
        process.start("slow", settings.quick())
    monkeypatch.undo()
    monkeypatch.setenv("XDG_STATE_HOME", str(state_home))
    monkeypatch.setattr(sys, "executable", "/bin/true")
    with pytest.raises(ClusterError, match="'broken' ended"):
        process.start("broken", settings.quick())
    assert [process.status(name).running for name in ("slow", "broken")] == [False, False]


@pytest.mark.parametrize("bound", [True, False])
def test_a_start_that_is_no_longer_wanted_ends_at_once(
    bound: bool, state_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while it comes up, however slow the machine is (here it never would): it is not waited for, and nothing
    of it is left."""
    slow, unwanted, made = tmp_path / "slow", threading.Event(), []
    slow.write_text("#!/bin/sh\nexec sleep 600\n")
    slow.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(slow))
    spawn = process._spawn
    monkeypatch.setattr(process, "_spawn", lambda *args, **more: made.append(spawn(*args, **more)) or made[0])
    unwanted.set()
    with pytest.raises(Interrupted):
        process.start("slow", settings.quick(), bound=bound, unwanted=unwanted)
    assert made[0].returncode == -signal.SIGTERM
    assert not process.status("slow").running


def test_a_name_is_one_cluster(state_home: Path) -> None:
    """A second start of the same name is refused; a wrong name too; stop of what does not run says so."""
    running = process.start("one", settings.quick())
    with pytest.raises(ClusterError, match="running already"):
        process.start("one")
    with pytest.raises(InputError, match="name is wrong"):
        process.start("../one")
    running.stop()
    assert process.stop("one") is False


def test_a_cluster_takes_all_the_open_files_it_may_have(state_home: Path) -> None:
    """The soft limit it inherits is raised to the hard one; the starter's own stays."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    low = min(soft, hard, 512) - 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (low, hard))
    try:
        running = process.start("one", settings.quick())
        facts = running.folder.facts()
        assert facts
        assert resource.prlimit(facts.pid, resource.RLIMIT_NOFILE) == (hard, hard)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (low, hard)
        running.stop()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_port_in_use_is_said(state_home: Path) -> None:
    """The error names the port, and nothing is left running."""
    running = process.start("one", settings.quick())
    facts = running.folder.facts()
    assert facts
    port = int(facts.server.rpartition(":")[2])
    with pytest.raises(ClusterError, match=f"Port {port} of 127.0.0.1 cannot be listened on"):
        process.start("two", port=port)
    assert not is_running(folder_of("two"))
    running.stop()


def test_what_a_killed_cluster_left_is_replaced(state_home: Path) -> None:
    """After SIGKILL the folder still has a kubeconfig, but the cluster counts as gone, and can be started anew."""
    running = process.start("one", settings.quick())
    running.process.kill()
    running.process.wait(10)
    assert running.process.stdin
    running.process.stdin.close()
    assert running.kubeconfig.exists()
    assert not process.status("one").running
    again = process.start("one", settings.quick())
    assert process.status("one").running
    again.stop()


def test_a_bound_cluster_ends_with_its_parent(state_home: Path) -> None:
    """When the process that started it is killed, the cluster ends by itself."""
    script = (
        "import signal; from autoscale.embedded import settings; from autoscale.embedded.launch import process;"
        "process.start('one', settings.quick()); print('up', flush=True); signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "up\n"
        assert is_running(folder_of("one"))
        parent.send_signal(signal.SIGKILL)
    eventually(lambda: not is_running(folder_of("one")), "the cluster to end with its parent")


def test_a_cluster_that_cannot_start_says_why(state_home: Path) -> None:
    """A broken control plane is an error with the log's last words, not a wait for ever."""
    folder = folder_of("one")
    folder.path.mkdir(parents=True)
    folder.settings.write_text('{"hpa_sync": 3}')
    done = subprocess.run(
        [sys.executable, "-m", "autoscale.embedded", str(folder.path), "--bound"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "hpa_sync" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_starts_shows_and_stops(state_home: Path) -> None:
    """`autoscale cluster start`, `status` and `stop`: a daemon that outlives the command."""
    assert "No embedded cluster is running" in invoke("status")
    said = invoke("start", "--quick", "--name", "mine")
    kubeconfig = folder_of("mine").kubeconfig
    assert f"export KUBECONFIG={kubeconfig}" in said
    assert "autoscale cluster stop --name mine" in said
    shown = invoke("status")
    assert "mine: running since" in shown
    assert "pods        none" in shown
    facts = folder_of("mine").facts()
    assert facts
    assert not facts.bound
    assert os.getsid(facts.pid) != os.getsid(0), "it has a session of its own: Ctrl-C here does not reach it"
    assert "has ended" in invoke("stop", "--name", "mine")
    assert "No embedded cluster 'mine' is running" in invoke("stop", "--name", "mine")
