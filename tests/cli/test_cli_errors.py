"""Every way in which the command line may end has its exit code."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autoscale import cli
from autoscale.base.exits import ExitCode


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
