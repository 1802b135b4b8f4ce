"""What a run is asked for and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autoscale.base.exits import ExitCode

Row = dict[str, Any]
Listener = Callable[[Row], None]
"""Called with every row of the record as it is written, in order, from the run's own thread; must not block."""


@dataclass(frozen=True)
class Existing:
    """A workload of someone else's: ``target`` reads ``deployment/web`` or ``statefulset/web``."""

    target: str
    namespace: str
    url: str


@dataclass(frozen=True)
class Options:
    """One run.

    ``scenario``: a file or the name of a built-in one. ``overrides``: ``path=value`` of the scenario.
    ``out``: the folder in which the run's own folder is made. ``namespace``: None for the context's own.
    ``existing``: load a workload that is there already. ``web_port``: None for no page.
    ``ask``: puts a question to a person at a terminal and returns the answer; None without a terminal.
    """

    scenario: str
    context: str = "embedded"
    kubeconfig: str | None = None
    namespace: str | None = None
    out: Path = Path("runs")
    overrides: tuple[str, ...] = ()
    existing: Existing | None = None
    keep: bool = False
    web_port: int | None = 8089
    ask: Callable[[str], str] | None = None


@dataclass(frozen=True)
class Result:
    """What a run left: ``path`` its folder, ``record`` and ``report`` its files, ``summary`` ten lines of text."""

    path: Path
    record: Path
    exit_code: ExitCode
    summary: str = ""
    report: Path | None = None
    totals: dict[str, Any] = field(default_factory=dict)
