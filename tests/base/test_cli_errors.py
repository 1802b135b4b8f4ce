"""Every way in which the command line may end has its exit code."""

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
