"""docs/fidelity.md: how far the embedded cluster's curves and figures are from a real one's, as measured."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from autoscale.compare.statistics import LEAST_RUNS, bootstrap
from autoscale.report.words import UNKNOWN
from tests.fidelity.measured import PLATFORMS, Figures, Platform, Run
from tests.fidelity.picture import NAMES

PICTURE = "pictures/fidelity.svg"


@dataclass(frozen=True)
class Column:
    """A figure that is compared: its words, its value in the unit that the words name, its digits."""

    title: str
    value: Callable[[Figures], float | None]
    digits: int


COLUMNS = (
    Column("replica-minutes", lambda figures: figures.replica_minutes, 2),
    Column("first scale-up, s", lambda figures: figures.first_scale_up_s, 1),
    Column("p95, ms", lambda figures: None if figures.p95_s is None else figures.p95_s * 1000, 0),
    Column("CPU window, s", lambda figures: figures.cpu_window_s, 1),
)

OUTCOMES = {"agrees": "agree", "differs": "differ", "not reproducible": "cannot be told"}
"""The outcomes of a decision that is computed again, and the words of their columns."""

_TITLES = " | ".join(column.title for column in COLUMNS)
_RULE = "| --- |" + " --- |" * (1 + len(COLUMNS))

HEAD = """# Embedded and real, curve over curve

Made by `make docs` from what `make fidelity` measured (`tests/fidelity/measured.json`); do not edit.

The same scenarios (`tests/fidelity/scenarios/`) ran on the embedded cluster and on the real one-node Kubernetes of
`make cluster`, by turns, on one machine that carried pods, load generator and control plane together. Both ran with
Kubernetes' own periods: an HPA sync and a metrics scrape every 15 s. How old the metrics are when the HPA looks is
partly chance, and a rise that one sync just misses is seen by the next: a single run says little about 15 s.

"""

READING = f"""
- **replica-minutes**: ready pods, summed over the load.
- **first scale-up**: from the first rise of the load to the first growth of `spec.replicas`; below 0: before the rise.
- **p95**: of all answers, counted from the moment at which each request was due.
- **CPU window**: the span that the pods' CPU metrics are means over, the longest of each 15 s, their median. Windows of
  15.0 s, as long as a scrape, mean that the kubelet measures when it is asked.
- **difference**: the embedded cluster's median less the real one's; with {LEAST_RUNS} or more valid runs a side, its
  95 % interval by bootstrap beside it. With fewer nothing is known of the noise, and so nothing of what it means.
- **pair by pair**: embedded less real in the two runs of a scenario that followed each other; the median over all pairs
  and its 95 % interval by bootstrap. More runs speak in it than in one scenario: it is the row to look at first.
- On both clusters a run begins its load at much the same place between two HPA syncs. How old the metrics are at a sync
  is chance, anew in every run: one scenario's first scale-up may be a sync apart for this alone.
- Only valid runs are compared. An invalid one (its load generator was late, or lacked CPU) is shown dashed in the
  picture, stands in the list of runs below, and counts in **all runs**, which is no evidence.
"""


def page(runs: Sequence[Run]) -> str:
    """The whole page; says so where nothing has been measured yet."""
    if not runs:
        return HEAD + "Nothing has been measured yet.\n"
    scenarios = sorted({run.scenario for run in runs})
    parts = [HEAD, conditions(runs), f"\n![Ready pods over time, embedded and real]({PICTURE})\n\n## Figures\n"]
    parts.append(paired(runs))
    parts += [comparison(scenario, [run for run in runs if run.scenario == scenario]) for scenario in scenarios]
    parts += [READING, retraced(runs), "\n## Every run\n\n", _list(runs)]
    return "".join(parts)


def conditions(runs: Sequence[Run]) -> str:
    """When, how often, on what and how busy a machine it was measured."""
    days = sorted({run.at[:10] for run in runs})
    busy = [run.busy for run in runs]
    cores = " or ".join(str(number) for number in sorted({run.cores for run in runs}))
    valid = sum(run.counts for run in runs)
    versions = sorted({f"{NAMES[run.platform]} {run.versions['cluster']}" for run in runs if "cluster" in run.versions})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    load = f"{min(busy):.1f} to {max(busy):.1f}"
    lines = [
        f"- Measured {when} (UTC): {_count(runs)}.",
        f"- {valid} of {len(runs)} runs are valid.",
        f"- A machine of {cores} cores, whose load average stood at {load} before the runs.",
        f"  {cores} is all that it can do: above that, other work had it too, and the runs waited for it.",
        f"- Clusters: {', '.join(versions) or UNKNOWN}.",
    ]
    return "\n".join(lines) + "\n"


def _count(runs: Sequence[Run]) -> str:
    """How many runs a scenario had on each cluster."""
    cells = {(run.scenario, run.platform): 0 for run in runs}
    for run in runs:
        cells[run.scenario, run.platform] += 1
    least, most = min(cells.values()), max(cells.values())
    number = str(least) if least == most else f"{least} to {most}"
    return f"{number} {'run' if number == '1' else 'runs'} of each scenario on each cluster"


def paired(runs: Sequence[Run]) -> str:
    """The table over all scenarios: embedded less real in each pair of runs that followed each other."""
    valid = {(run.scenario, run.repetition, run.platform): run.figures for run in runs if run.counts}
    turns = sorted({(scenario, repetition) for scenario, repetition, _ in valid})
    sides = [[valid.get((*turn, platform)) for platform in PLATFORMS] for turn in turns]
    pairs = [(one, other) for one, other in sides if one is not None and other is not None]
    cells = [_apart(differences(pairs, column), column.digits) for column in COLUMNS]
    row = f"| pair by pair | {len(pairs)} | {' | '.join(cells)} |"
    return "\n".join(["", "### all scenarios", "", f"| | valid pairs | {_TITLES} |", _RULE, row, ""])


def differences(pairs: Sequence[tuple[Figures, Figures]], column: Column) -> list[float]:
    """A figure's difference in each pair in which it is known of both."""
    both = [(column.value(one), column.value(other)) for one, other in pairs]
    return [one - other for one, other in both if one is not None and other is not None]


def _apart(found: Sequence[float], digits: int) -> str:
    """The median of paired differences, with its interval where there are enough of them."""
    if not found:
        return UNKNOWN
    text = f"{median(found):+.{digits}f}"
    if len(found) < LEAST_RUNS:
        return text
    low, high = bootstrap([0.0], found)  # against nothing: the pairs are differences already
    return f"{text}, 95 %: {low:+.{digits}f} to {high:+.{digits}f}"


def comparison(scenario: str, runs: Sequence[Run]) -> str:
    """The table of one scenario: medians (lowest to highest), and the difference."""
    lines = ["", f"### {scenario}", "", f"| | valid runs | {_TITLES} |", _RULE]
    valid = [run for run in runs if run.counts]
    for platform in PLATFORMS:
        number = f"{_of(valid, platform)} of {_of(runs, platform)}"
        cells = [spread(values(valid, platform, column), column.digits) for column in COLUMNS]
        lines.append(f"| {NAMES[platform]} | {number} | {' | '.join(cells)} |")
    lines.append(_difference("difference", valid))
    if len(valid) < len(runs):
        lines.append(_difference("difference, all runs", runs))
    return "\n".join([*lines, ""])


def _of(runs: Sequence[Run], platform: Platform) -> int:
    return sum(run.platform == platform for run in runs)


def _difference(name: str, runs: Sequence[Run]) -> str:
    """A line with the difference of every figure."""
    sides = [(values(runs, "embedded", column), values(runs, "local", column)) for column in COLUMNS]
    cells = [difference(*side, column.digits) for side, column in zip(sides, COLUMNS, strict=True)]
    return f"| {name} | | {' | '.join(cells)} |"


def values(runs: Sequence[Run], platform: Platform, column: Column) -> list[float]:
    """The known values of a figure in the runs of one platform."""
    found = [column.value(run.figures) for run in runs if run.platform == platform]
    return [value for value in found if value is not None]


def spread(known: Sequence[float], digits: int) -> str:
    """``2.41 (2.30 to 2.62)``; one value stands alone, none is unknown."""
    if not known:
        return UNKNOWN
    middle = f"{median(known):.{digits}f}"
    return middle if len(known) == 1 else f"{middle} ({min(known):.{digits}f} to {max(known):.{digits}f})"


def difference(embedded: Sequence[float], real: Sequence[float], digits: int) -> str:
    """``+0.12 (+2 %), 95 %: -0.10 to +0.30``; no interval where a side has too few runs."""
    if not embedded or not real:
        return UNKNOWN
    apart, base = median(embedded) - median(real), median(real)
    text = f"{apart:+.{digits}f}" + (f" ({apart / base:+.0%})" if base > 0 else "")
    if min(len(embedded), len(real)) < LEAST_RUNS:
        return text
    low, high = bootstrap(real, embedded)
    return f"{text}, 95 %: {low:+.{digits}f} to {high:+.{digits}f}"


def retraced(runs: Sequence[Run]) -> str:
    """The table of the decisions that the rule computed again, with the words of each that differs."""
    lines = ["", "## The HPA's decisions, computed again by the rule", ""]
    lines += [f"| | runs | {' | '.join(OUTCOMES.values())} |", "| --- " * (2 + len(OUTCOMES)) + "|"]
    words = []
    for platform in PLATFORMS:
        known = [run for run in runs if run.platform == platform and run.figures.retraced is not None]
        total = sum((Counter(run.figures.retraced) for run in known), Counter())
        cells = [f"{total[outcome]}" if known else UNKNOWN for outcome in OUTCOMES]
        lines.append(f"| {NAMES[platform]} | {len(known)} | {' | '.join(cells)} |")
        words += [f"- {run.at[11:16]}, {NAMES[platform]}: {said}" for run in known for said in run.figures.differing]
    return "\n".join([*lines, *(["", *words] if words else [])]) + "\n"


def _list(runs: Sequence[Run]) -> str:
    """A row for every run, the ones that do not count included, and why they do not."""
    titles = ["began (UTC)", "scenario", "cluster", "load average", "believed", "peak of pods"]
    lines = [f"| {' | '.join([*titles, *(column.title for column in COLUMNS)])} |"]
    lines.append("| --- " * (len(titles) + len(COLUMNS)) + "|")
    for run in runs:
        cells = [run.at[:16].replace("T", " "), run.scenario, NAMES[run.platform], f"{run.busy:.1f}", run.outcome]
        peak = run.figures.peak_ready
        cells.append(UNKNOWN if peak is None else f"{peak:g}")
        cells += [_cell(column.value(run.figures), column.digits) for column in COLUMNS]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n" + _reasons(runs)


def _cell(value: float | None, digits: int) -> str:
    return UNKNOWN if value is None else f"{value:.{digits}f}"


def _reasons(runs: Sequence[Run]) -> str:
    """Why runs do not count, one line for each reason."""
    doubted = sorted((run.outcome, run.why, run.at) for run in runs if not run.counts)
    lines = []
    for (outcome, why), group in groupby(doubted, key=lambda item: item[:2]):
        begun = ", ".join(at[11:16] for _, _, at in group)
        lines.append(f"- {begun} {outcome}: {why.rstrip('.').replace('|', '/')}.")
    return "\n" + "\n".join(lines) + "\n" if lines else ""
