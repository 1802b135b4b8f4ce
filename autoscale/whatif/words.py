"""The answer in words: text for the terminal and Markdown."""

from collections.abc import Iterator, Sequence

from autoscale.whatif import fast, order
from autoscale.whatif.answer import Answer, Band, Model, Outcome
from autoscale.whatif.missed import bound_text, miss_text, seconds, value_text

COLUMNS = (
    "setting",
    "pod-minutes",
    "most pods",
    "first decision",
    "p95",
    "p99",
    "worst stage p95",
    "not answered",
    "binds",
)


def replay_rows(model: Model) -> Iterator[tuple[str, ...]]:
    """The replay's errors as cells."""
    for error in model.replay:
        sides = (value_text(error.recorded, error.unit), value_text(error.modelled, error.unit))
        if error.recorded is None and error.modelled is None and error.name == "pods over time":
            sides = ("", "")
        spread = "" if error.low is None else " to ".join(value_text(v, error.unit) for v in (error.low, error.high))
        yield error.name, *sides, spread, miss_text(error), bound_text(error), "yes" if error.ok else "NO"


def figure_rows(model: Model) -> Iterator[tuple[str, ...]]:
    """What was calibrated, as cells."""
    for name, figure in model.service.figures().items():
        between = "" if figure.low is None or figure.high is None else f"{figure.low:.4g} to {figure.high:.4g}"
        yield name, f"{figure.value:.4g} {figure.unit}".strip(), between, figure.source, figure.how


def band_text(band: Band, unit: str, signed: bool = False) -> str:
    """The middle and, where it is wider, the band in brackets; ``signed`` for differences."""
    if band.middle is None or band.low is None or band.high is None:
        return "unknown"
    sign = "+" if signed else ""
    if unit == "s":
        factor, digits, name = (1000, 0, " ms") if max(abs(band.low), abs(band.high)) < 1 else (1, 1, " s")
    elif unit == "%":
        factor, digits, name = 100, 1, " %"
    else:
        factor, digits, name = 1, 1, ""
    middle, low, high = (f"{value * factor:{sign}.{digits}f}" for value in (band.middle, band.low, band.high))
    return f"{middle}{name}" if low == high else f"{middle}{name} ({low} to {high})"


def outcome_rows(answer: Answer) -> Iterator[tuple[str, ...]]:
    """The recorded setting and each variant with its difference, as cells of COLUMNS."""
    yield _row(answer.base, answer.base.setting.name)
    for outcome in answer.variants:
        yield _row(outcome, outcome.setting.name)
        if outcome.change:
            yield _row(outcome, "  difference", change=True)


def _row(outcome: Outcome, name: str, change: bool = False) -> tuple[str, ...]:
    figures = outcome.change if change and outcome.change else outcome.figures
    return (
        name,
        band_text(figures.replica_minutes, "", change),
        band_text(figures.most_pods, "", change),
        band_text(figures.first_decision_s, "s", change),
        band_text(figures.p95_s, "s", change),
        band_text(figures.p99_s, "s", change),
        band_text(figures.worst_p95_s, "s", change),
        band_text(figures.lost, "%", change),
        "" if change else outcome.binds or "",
    )


def notes(answer: Answer) -> Iterator[str]:
    """What to know before believing it."""
    yield (
        f"Middle and 5 to 95 % of {answer.seeds} modelled runs: other moments of scrapes and decisions, other"
        " pods to start, other requests. Differences are taken run by run under the same chances."
    )
    yield from order.notes(answer)
    yield from _spread_notes(answer.model)
    if answer.doubts:
        yield "Latency is unknown, because the replay misses it. " + " ".join(map(str, answer.doubts))
    if not answer.model.seen.kept.load.pods:
        yield "Answers do not name their pod: how they shared the load, and how much each does at once, is assumed."
    if not fast.available():
        yield "numba is not installed: this is the slow reference (pip install 'autoscale-loadtest[whatif]')."
    yield "Not in the model: downstream limits, warming up, retries, new nodes (docs/whatif.md)."


def _spread_notes(model: Model) -> Iterator[str]:
    spread = model.spread
    lag = (
        ""
        if spread.lag_s is None
        else f" (99 % of its requests were sent within {seconds(spread.lag_s)} of their time)"
    )
    yield (
        f"Bands of latency are widened by what the replay missed in {spread.windows} windows of 15 s, factors of"
        f" {spread.low:.2f} to {spread.high:.2f}; those of pod-minutes by what it missed of them, a factor of"
        f" {spread.pods:.2f}; those of the first decision by half a period of its timers."
    )
    yield f"Latency holds for nodes and a generator as quiet as in this run{lag}: what else will use them is unknown."


def to_text(answer: Answer) -> str:
    """For the terminal."""
    model = answer.model
    lines = [f"What if, of run {model.seen.run.run}", "", "The model on the recorded setting, beside the recording:"]
    head = ("", "recorded", "modelled", "band", "off by", "allowed", "held")
    lines += _columns([head, *replay_rows(model)])
    lines += ["", "What would have been:"]
    for row in outcome_rows(answer):
        lines.append(f"  {row[0].strip() if not row[0].startswith(' ') else '    difference'}")
        lines += [f"      {name:<16} {value}" for name, value in zip(COLUMNS[1:], row[1:], strict=True) if value]
    return "\n".join([*lines, "", *notes(answer), ""])


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def to_markdown(answer: Answer) -> str:
    """For a pull request."""
    model = answer.model
    parts = [
        f"## What if: {model.seen.run.run}",
        "",
        *_table(COLUMNS, outcome_rows(answer)),
        "",
        *notes(answer),
        "",
        "### The model on the recorded setting",
        "",
        *_table(("figure", "recorded", "modelled", "band", "off by", "allowed", "held"), replay_rows(model)),
        "",
        "### What it rests on",
        "",
        *_table(("figure", "value", "interval", "source", "how"), figure_rows(model)),
        "",
    ]
    return "\n".join(parts)


def _table(head: Sequence[str], rows: Iterator[tuple[str, ...]]) -> list[str]:
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *(f"| {' | '.join(row)} |" for row in cells)]
