"""Commands that look at a cluster or change what may be done to it: ``contexts``, ``doctor``, ``clean``."""

import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from autoscale.cluster import contexts
from autoscale.cluster.kubeconfig import Context
from autoscale.run import doctor
from tests.cli.conftest import Done
from tests.conftest import need

Autoscale = Callable[..., Done]


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    """A kubeconfig whose cluster is not there: nothing listens on its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    file = tmp_path / "kubeconfig"
    config = {
        "clusters": [{"name": "shop", "cluster": {"server": f"https://127.0.0.1:{port}"}}],
        "users": [{"name": "me", "user": {"token": "secret"}}],
        "contexts": [{"name": "shop", "context": {"cluster": "shop", "user": "me"}}],
    }
    file.write_text(yaml.safe_dump(config))
    return file


def test_a_context_is_allowed_listed_and_revoked(autoscale: Autoscale, kubeconfig: Path) -> None:
    """Each command says what it did; what is not on the list cannot be taken off it."""
    config = ("--kubeconfig", kubeconfig)
    assert "shop  refused" in autoscale("contexts", "list", *config).out
    assert "may receive load" in autoscale("contexts", "allow", "shop", *config).out
    assert "shop  allowed" in autoscale("contexts", "list", *config).out
    assert autoscale("contexts", "revoke", "shop").code == 0
    assert "shop  refused" in autoscale("contexts", "list", *config).out
    assert autoscale("contexts", "revoke", "shop").code == 2
    assert autoscale("contexts", "allow", "elsewhere", *config).code == 2


def test_what_was_allowed_in_another_kubeconfig_is_listed_too(autoscale: Autoscale, kubeconfig: Path) -> None:
    """The list keeps clusters, not files."""
    contexts.allow(Context("far", "https://192.0.2.1:6443", "", "default"))
    assert "in another kubeconfig" in autoscale("contexts", "list", "--kubeconfig", kubeconfig).out


def test_the_doctor_fails_where_a_run_would(autoscale: Autoscale, kubeconfig: Path) -> None:
    """3 for a cluster that cannot be reached, with nothing of its token; 3 for a context that is not there."""
    away = autoscale("doctor", "--context", "shop", "--kubeconfig", kubeconfig)
    assert (away.code, "connection refused" in away.out, "secret" in away.out) == (3, True, False)
    absent = autoscale("doctor", "--context", "shpo", "--kubeconfig", kubeconfig)
    assert (absent.code, "did you mean shop" in absent.out) == (3, True)


@pytest.mark.parametrize("command", ["run", "ui"])
@pytest.mark.parametrize("there", [True, False])
def test_a_context_that_is_none_is_told_before_a_page_is_opened(
    autoscale: Autoscale, kubeconfig: Path, tmp_path: Path, command: str, there: bool
) -> None:
    """Bad input, with the context that was meant, with and without a kubeconfig; so is one that was never allowed."""
    config = ("--kubeconfig", kubeconfig if there else tmp_path / "none")
    misspelt = autoscale(command, "--context", "embeded", *config)
    assert (misspelt.code, misspelt.out) == (2, "")
    assert "did you mean embedded?" in misspelt.err
    if there:
        refused = autoscale(command, "--context", "shop", *config)
        assert (refused.code, refused.out) == (2, "")
        assert "run `autoscale contexts allow shop` first" in refused.err
    else:
        far = autoscale(command, "--context", "minikube", *config)
        assert (far.code, far.out, "name one with --kubeconfig" in far.err) == (2, "", True)


@pytest.mark.parametrize(
    ("cluster", "user", "told"),
    [
        ({"server": "https://me:secret@127.0.0.1:1"}, {}, "server: found an address with credentials in it"),
        ({"server": "https://127.0.0.1:1"}, {"token": "sec\nret"}, "is not one line of visible characters"),
        ({"server": "https://127.0.0.1:1"}, {"tokenFile": "gone"}, "tokenFile: found"),
    ],
)
def test_the_doctor_says_what_is_wrong_with_a_context_and_no_credential(
    autoscale: Autoscale, tmp_path: Path, cluster: dict[str, str], user: dict[str, str], told: str
) -> None:
    """With every detail that a run would give, beside this machine's; the list of contexts shows none either."""
    config = {
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "shop", "context": {"cluster": "c", "user": "u"}}],
    }
    (tmp_path / "config").write_text(yaml.safe_dump(config))
    done = autoscale("doctor", "--context", "shop", "--kubeconfig", tmp_path / "config")
    listed = autoscale("contexts", "list", "--kubeconfig", tmp_path / "config")
    assert (done.code, told in done.out, "This machine" in done.out) == (3, True, True)
    assert "https://127.0.0.1:1" in listed.out
    assert "sec" not in done.out.replace("seconds", "") + listed.out


def test_without_a_cluster_the_doctor_looks_at_the_machine(
    autoscale: Autoscale, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The embedded one is started by a run, so nothing is missing; without port or folder no run begins."""
    need(sys.platform == "linux", "the embedded cluster needs Linux")
    monkeypatch.setattr(doctor, "WEB_PORT", 0)
    done = autoscale("doctor")
    assert (done.code, "none is running; a run starts one" in done.out) == (0, True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setattr(doctor, "WEB_PORT", listener.getsockname()[1])
        taken = autoscale("doctor")
        assert (taken.code, "a run needs --web-port PORT or --no-web" in taken.out) == (2, True)
    monkeypatch.setattr(doctor, "WEB_PORT", 0)
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file" / "state"))
    closed = autoscale("doctor")
    assert (closed.code, "is no folder" in closed.out, "set XDG_STATE_HOME" in closed.out) == (2, True, True)


def test_cleaning_needs_a_cluster_that_is_there_and_allowed(autoscale: Autoscale, kubeconfig: Path) -> None:
    """2 for a cluster that was never allowed, 3 for one that does not answer, and for no embedded one."""
    words = ("clean", "--context", "shop", "--kubeconfig", kubeconfig)
    assert autoscale(*words).code == 2
    autoscale("contexts", "allow", "shop", "--kubeconfig", kubeconfig)
    assert autoscale(*words).code == 3
    assert autoscale("clean").code == 3


def test_the_embedded_cluster_is_started_looked_at_and_stopped(autoscale: Autoscale) -> None:
    """`cluster start`, `status`, `stop`, and `clean` and `doctor` on it."""
    need(sys.platform == "linux", "the embedded cluster needs Linux")
    started = autoscale("cluster", "start")
    try:
        assert (started.code, "KUBECONFIG" in started.out) == (0, True)
        assert autoscale("cluster", "status").code == 0
        assert "Nothing of ours is left" in autoscale("clean").out
        assert "good" not in autoscale("doctor").out
    finally:
        assert autoscale("cluster", "stop").code == 0
    assert "No embedded cluster is running" in autoscale("cluster", "status").out
