"""``autoscale judge``: judge a run's objectives; the exit code says how they fared."""

import json
from pathlib import Path

import click

from autoscale.analysis import analyse
from autoscale.analysis.results.jsonform import plain
from autoscale.base.collector import uncollected
from autoscale.cli.piped import File
from autoscale.cli.say import echo
from autoscale.record.reader import locate, read
from autoscale.report.gather import beside_of
from autoscale.verdict.judging import judge, worst
from autoscale.verdict.results import EXIT_CODES, Verdict

_MARKS = {"pass": "pass   ", "fail": "FAIL   ", "unknown": "unknown", "invalid": "INVALID"}


@click.command(help="Judge runs by their objectives. Exit code: 0 pass, 1 fail, 5 unknown, 6 invalid.")
@click.argument("runs", nargs=-1, required=True, type=File(), metavar="RUN...")
@click.option(
    "--objective",
    "-o",
    "objectives",
    multiple=True,
    metavar="TEXT",
    help="Judge by this instead of the scenario's own, for example 'p95 < 300ms during peak'. May be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the verdicts as JSON.")
@uncollected()
def command(runs: tuple[Path, ...], objectives: tuple[str, ...], as_json: bool) -> int:
    """Judge each run; the exit code is the worst verdict's."""
    texts = list(objectives) or None
    verdicts = {str(run): _judged(run, texts) for run in runs}
    if as_json:
        echo(json.dumps({run: to_dict(verdict) for run, verdict in verdicts.items()}, indent=2))
    else:
        for run, verdict in verdicts.items():
            echo(as_text(run, verdict))
    return EXIT_CODES[worst(verdict.outcome for verdict in verdicts.values())]


def _judged(run: Path, texts: list[str] | None) -> Verdict:
    source = locate(run)
    analysis = analyse(read(source))
    return judge(analysis, texts, beside_of(source, analysis))


def to_dict(verdict: Verdict) -> dict[str, object]:
    """A verdict as JSON values."""
    return {"verdict": verdict.outcome, "exit_code": int(verdict.exit_code), **_named(plain(verdict))}


def _named(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if name != "outcome"}


def as_text(run: str, verdict: Verdict) -> str:
    """A verdict in a few lines."""
    lines = [f"{run}: {verdict.outcome.upper()}: {verdict.reason}"]
    lines += [f"  {_MARKS[one.outcome]}  {one.text:44}  {one.reason}" for one in verdict.judgements]
    lines += [f"  {check.effect:7}  {check.words}" for check in verdict.validity.checks if check.effect != "none"]
    return "\n".join(lines)
