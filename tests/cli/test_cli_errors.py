"""Every way in which the command line may end has its exit code."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autoscale import cli
from autoscale.base.exits import ExitCode
from autoscale.cli.ui import one_run
from autoscale.run.options import RunOptions
from autoscale.web.desk import Launch
from tests.cli.conftest import FIXTURES, Done


def test_a_mistake_of_our_own_does_not_look_like_a_failed_objective(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error that nobody foresaw shows where it came from and ends with 5: Python's own 1 means something else."""

    def broken(**_: Any) -> None:
        raise ZeroDivisionError("unforeseen")

    monkeypatch.setattr(cli.cli, "main", broken)
    with pytest.raises(SystemExit) as ended:
        cli.main(["plan"])
    assert ended.value.code == ExitCode.UNKNOWN
    said = capsys.readouterr().err
    assert "ZeroDivisionError: unforeseen" in said
    assert "Please report it" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["comparee"], "No such command 'comparee'. Did you mean 'compare'?"),
        (["hpa", "explan"], "No such command 'explan'. Did you mean 'explain'?"),
        (["zzzz"], "No such command 'zzzz'."),
    ],
)
def test_a_command_that_is_not_there_is_answered_with_the_closest(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bad input, in one line that names what may have been meant; nothing is suggested where nothing is close."""
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == ExitCode.BAD_INPUT
    assert capsys.readouterr().err.splitlines()[-1] == f"Error: {said}"


def test_every_command_is_a_file_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """The help lists the files of autoscale/cli that open with a command, with that line, and each has its own help."""
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    listed = capsys.readouterr().out
    assert {"run", "import", "hpa"} <= set(cli.commands())
    for name, entry in cli.commands().items():
        assert f"  {name} " in listed
        assert entry.help in " ".join(listed.split())
        with pytest.raises(SystemExit) as ended:
            cli.main([name, "--help"])
        assert ended.value.code == ExitCode.PASS


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--no-web"),
        ("run", "--no-web", "--dry-run"),
        ("plan",),
        ("whatif", FIXTURES / "good.jsonl.gz", "--load"),
    ],
    ids=["run", "dry run", "plan", "whatif"],
)
def test_every_mistake_of_a_scenario_is_told(
    autoscale: Callable[..., Done], tmp_path: Path, words: tuple[str | Path, ...]
) -> None:
    """Whichever command reads it: each mistake has its line with place, found and wanted, and the exit code is 2."""
    scenario = tmp_path / "wrong.yaml"
    scenario.write_text("name: wrong\nload: {plan: [{name: only, duration: 5s, rate: -1}], wrkers: 2}\n")
    done = autoscale(*words, scenario)
    assert done.code == ExitCode.BAD_INPUT
    first, *problems = done.err.splitlines()
    assert first == "Error: The scenario wrong.yaml is wrong."
    assert len(problems) == 2
    assert "Did you mean workers?" in done.err
    assert "rate: found -1, wanted" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("whatif", "--set", "spec.maxReplica=5"), "spec.maxReplica: found an unknown field"),
        (("whatif", "--rate-factor", "-1"), "--rate-factor"),
        (("whatif",), "No variant is given"),
        (("tune", "-o", "p95 <"), "the objectives cannot be read"),
    ],
)
def test_what_is_mistyped_is_told_before_what_a_record_cannot_show(
    autoscale: Callable[..., Done], words: tuple[str, ...], said: str
) -> None:
    """Bad input (2), although the run, in which most requests failed, can be asked nothing (5)."""
    command, *options = words
    done = autoscale(command, FIXTURES / "blind-hpa.jsonl.gz", *options)
    assert (done.code, said in done.err) == (ExitCode.BAD_INPUT, True), done.err


def test_a_run_of_the_page_that_cannot_be_read_says_why() -> None:
    """Every mistake of it, to the page; `autoscale ui` goes on."""
    said: list[str] = []
    options = RunOptions("nowhere", say=said.append)
    told = one_run(options, Launch("nowhere", time_factor=2.0), [], threading.Event())
    assert told is not None
    assert "There is no scenario nowhere." in told
    assert "nowhere: found" in told
    assert said == [f"Error: {told}"]


def test_what_a_failing_plugin_says_is_not_passed_on(tmp_path: Path) -> None:
    """The client library logs it whole, a token too; the message names the plugin."""
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "interactiveMode": "Never"}
    user = {"exec": {**plugin, "args": ["-c", "echo token-of-mine >&2; exit 3"]}}
    config = {
        "clusters": [{"name": "k", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
    }
    (tmp_path / "config").write_text(json.dumps(config))
    command = [sys.executable, "-c", "from autoscale.cli import main; main()", "doctor", "--context", "c"]
    run = subprocess.run(
        [*command, "--kubeconfig", str(tmp_path / "config")], text=True, capture_output=True, check=False
    )
    assert "the plugin sh of context c gave no credentials" in run.stdout
    assert "token-of-mine" not in run.stdout + run.stderr


def test_a_reader_that_has_enough_is_no_fault() -> None:
    """`autoscale report | head -0`: no traceback, and 130, which is no verdict."""
    words = [sys.executable, "-c", "from autoscale.cli import main; main()"]
    record = Path(__file__).parents[1] / "fixtures" / "good.jsonl.gz"
    with subprocess.Popen(
        [*words, "report", record, "--format", "html"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as told:
        assert told.stdout is not None
        assert told.stderr is not None
        told.stdout.close()
        assert (told.stderr.read(), told.wait()) == ("", ExitCode.INTERRUPTED)


@pytest.mark.parametrize("buffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize(
    ("full", "words"), [("stdout", ["--help"]), ("stdout", ["plan", "smoke"]), ("stderr", ["no-such"])]
)
def test_a_full_disk_behind_what_is_printed_is_no_verdict(full: str, words: list[str], buffered: str) -> None:
    """`autoscale judge > log` on a full disk ends with 2 and a word of it, not with 1, which says that an objective
    failed, nor with Python's own 120; where no word can be said the code still stands."""
    command = [sys.executable, "-c", "from autoscale.cli import main; main()", *words]
    with Path("/dev/full").open("w") as nowhere:
        ends: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, full: nowhere}
        run = subprocess.run(command, text=True, env={**os.environ, "PYTHONUNBUFFERED": buffered}, **ends)
    assert run.returncode == ExitCode.BAD_INPUT
    if full == "stdout":
        assert run.stderr == "Error: cannot write what was to be printed: No space left on device\n"
