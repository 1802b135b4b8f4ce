"""What a run is asked for and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from autoscale.base.errors import AutoscaleError
from autoscale.base.exits import ExitCode
from autoscale.cluster.proxy import Fetch
from autoscale.record.rows.course import Totals
from autoscale.record.rows.kinds import Row

if TYPE_CHECKING:  # a report is made at the end of a run only
    from autoscale.report import Account

Listener = Callable[[Row], None]
"""Called with every row of the record as it is written, in order, from the run's own thread; must not block."""


@dataclass(frozen=True)
class Existing:
    """A workload of someone else's: ``target`` reads ``deployment/web`` or ``statefulset/web``."""

    target: str
    url: str


@dataclass(frozen=True)
class RunOptions:
    """One run.

    ``scenario``: a file or the name of a built-in one. ``overrides``: ``path=value`` of the scenario.
    ``out``: the folder in which the run's own folder is made.
    ``namespace``: None for the scenario's, else the context's own.
    ``existing``: load a workload that is there already. ``redact_paths``: paths of URLs stay out of record and report.
    ``ask``: puts a question to a person at a terminal and returns the answer; None without a terminal.
    ``say``: told one line at each step of the run. ``on_master``: given, once for each run, a function that returns
    the way to the web UI of the load master (None while there is none); it may be called from any thread.
    ``on_result``: given what each run left, once its report is written and before anything is removed.
    """

    scenario: str
    context: str = "embedded"
    kubeconfig: str | None = None
    namespace: str | None = None
    out: Path = Path("runs")
    overrides: tuple[str, ...] = ()
    existing: Existing | None = None
    keep: bool = False
    redact_paths: bool = False
    ask: Callable[[str], str] | None = None
    say: Callable[[str], None] = lambda _: None
    on_master: Callable[[Callable[[], Fetch | None]], None] = lambda _: None
    on_result: Callable[["Result"], None] = lambda _: None


@dataclass(frozen=True)
class Result:
    """What a run left: ``path`` its folder, ``record`` and ``report`` its files, ``summary`` ten lines of text.

    ``account``: what the report says, None where it could not be made. ``error``: what went wrong after the record had
    begun; the record is then shorter, and readable.
    """

    path: Path
    record: Path
    exit_code: ExitCode
    summary: str = ""
    report: Path | None = None
    totals: Totals = field(default_factory=lambda: Totals())
    error: AutoscaleError | None = None
    account: "Account | None" = None
