"""What a fidelity run left, as it is kept in ``measured.json``: a few figures and two curves, made from its record."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Literal

from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.steps import StepSeries
from autoscale.base.errors import InputError
from autoscale.report.gather import Account

Platform = Literal["embedded", "local"]
PLATFORMS: tuple[Platform, ...] = ("embedded", "local")
MEASURED = Path(__file__).resolve().parent / "measured.json"

Curve = list[tuple[float, float | None]]
"""(seconds since the load began, value that holds from then on); None where it was not seen."""


@dataclass(frozen=True)
class Figures:
    """What is compared, over the load. Unknown is None.

    ``first_scale_up_s``: from the first rise of the load to the first growth of spec.replicas (below 0: before the
    rise). ``lag_p99_s``: how late the generator sent. ``load_s``: the length of the load. ``cpu_window_s``: the span
    that the pods' CPU metrics are means over, the longest of each 15 s, their median. ``retraced``: how many of the
    HPA's decisions have each outcome when the rule computes them again; ``differing``: the words of those that differ.
    """

    load_s: float | None = None
    replica_minutes: float | None = None
    first_scale_up_s: float | None = None
    p95_s: float | None = None
    peak_ready: float | None = None
    errors: float | None = None
    lag_p99_s: float | None = None
    cpu_window_s: float | None = None
    rate: Curve = field(default_factory=list)
    ready: Curve = field(default_factory=list)
    desired: Curve = field(default_factory=list)
    retraced: dict[str, int] | None = None
    differing: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Run:
    """One run. ``at``: when it began (UTC, ISO 8601). ``outcome``: whether to believe it, or ``failed`` where there is
    no load in it; ``why`` says it in words. ``busy``: the machine's load average over a minute, before the run."""

    platform: Platform
    scenario: str
    repetition: int
    at: str
    cores: int
    busy: float
    outcome: Literal["valid", "unknown", "invalid", "failed"]
    why: str
    versions: dict[str, str]
    figures: Figures

    @property
    def counts(self) -> bool:
        """Whether its figures are compared: an invalid run measured its generator."""
        return self.outcome == "valid"


def figures(analysis: Analysis) -> Figures:
    """The figures of a record; everything is unknown without a beginning of the load."""
    start, end, plan = analysis.load_start, analysis.load_end, analysis.plan
    if start is None or end is None:
        return Figures()
    windows = [window for time, window, _ in analysis.metric_ages if start <= time < end and window > 0]
    values = {name: measure.value for name, measure in analysis.measures.items()}
    return Figures(
        load_s=round(end - start, 1),
        replica_minutes=values.get("replica_minutes"),
        first_scale_up_s=first_scale_up(analysis),
        p95_s=values.get("p95"),
        peak_ready=values.get("peak_ready"),
        errors=values.get("errors"),
        lag_p99_s=analysis.generator.lag_p99_s,
        cpu_window_s=median(windows) if windows else None,
        rate=[(round(time - start, 1), rate) for time, rate in zip(plan.times, plan.rates, strict=True)],
        ready=curve(analysis.replicas.ready, start, end),
        desired=curve(analysis.replicas.desired, start, end),
        retraced=dict(Counter(decision.outcome for decision in analysis.decisions)),
        differing=[decision.words for decision in analysis.decisions if decision.outcome == "differs"],
    )


def first_scale_up(analysis: Analysis) -> float | None:
    """Seconds from the first rise of the load to the first growth of spec.replicas; None where nothing grew."""
    rises = [change.at for change in analysis.changes if change.after > change.before]
    start, end = analysis.load_start, analysis.load_end
    if not rises or start is None or end is None:
        return None
    grown = [time for time, before, after in analysis.replicas.desired.changes(start, end) if after > before]
    return round(grown[0] - rises[0], 2) if grown else None


def curve(series: StepSeries, start: float, end: float) -> Curve:
    """A step series over [start, end), its times counted from the start."""
    return [(round(since - start, 2), value) for since, _, value in series.segments(start, end)]


def measured(account: Account, **about: Any) -> Run:
    """The run of a record: ``about`` gives what the record does not say (platform, repetition, machine ...)."""
    validity = account.verdict.validity
    said = [check.words for check in validity.checks if check.effect != "none"]
    return Run(
        outcome="failed" if account.analysis.load_end is None else validity.outcome,
        why="; ".join(said),
        versions=dict(account.analysis.header["versions"]),
        figures=figures(account.analysis),
        **about,
    )


def dumps(runs: Sequence[Run]) -> str:
    """The file's text: one run a line, so that a new measurement reads as a change of its lines."""
    lines = ",\n".join(json.dumps(asdict(run)) for run in runs)
    return f'{{"schema": 1, "runs": [\n{lines}\n]}}\n'


def loads(text: str) -> list[Run]:
    """The runs of ``dumps``. InputError for any other text."""
    try:
        given = json.loads(text)
        return [Run(**{**run, "figures": _figures(run["figures"])}) for run in given["runs"]]
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"these are not measured runs: {error}", fix="measure anew: make fidelity") from error


def _figures(given: dict[str, Any]) -> Figures:
    curves = {name: [(time, value) for time, value in given[name]] for name in ("rate", "ready", "desired")}
    return Figures(**{**given, **curves})


def read(path: Path = MEASURED) -> list[Run]:
    """The runs that were measured; none where there is no file."""
    return loads(path.read_text(encoding="utf-8")) if path.exists() else []
