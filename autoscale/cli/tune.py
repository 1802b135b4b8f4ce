"""``autoscale tune RUN``: find the cheapest HPA that would have held a recorded run's objectives."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import click

from autoscale.base.exits import ExitCode
from autoscale.cli.say import echo
from autoscale.whatif.service import Setting


@click.command(short_help="Find the cheapest HPA that would have held a recorded run's objectives.")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("-o", "--objective", "objectives", multiple=True, help="Instead of the scenario's own; may be repeated.")
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 1.0),
    default=0.9,
    show_default=True,
    help="Share of the modelled runs that must hold every objective.",
)
@click.option("--threads", type=click.IntRange(1, 1000), help="Requests that a pod works on at once, where not known.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json", "yaml"]),
    default="text",
    help="yaml: only the HPA, for kubectl apply.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write to this file instead of the terminal.")
def command(
    run: Path, objectives: tuple[str, ...], confidence: float, threads: int | None, form: str, out: Path | None
) -> int:
    """Search targets, minima, maxima and behaviours for RUN, the folder of a run or its record.jsonl.

    The cost is pod-minutes. Exit code: 0 a setting is recommended (or the recorded one is as good), 1 none holds every
    objective, 5 unknown, where the model does not give the run back.

    \b
    autoscale tune runs/20261123-101500-first-look
    autoscale tune runs/20261123-101500-first-look -o 'p95 < 200ms during peak' --format yaml | kubectl apply -f -
    """
    from autoscale.report import save
    from autoscale.whatif import advice as words
    from autoscale.whatif import answer, evidence, tuning

    model = answer.prepare(evidence.gather(run), threads=threads)
    found = tuning.advise(model, objectives, confidence=confidence, work=_side_by_side)
    best = found.best
    forms = {"text": words.to_text, "markdown": words.to_markdown, "json": words.to_json}
    text = forms[form](found) if form in forms else words.manifest(found, best.candidate.setting) if best else ""
    if out is None:
        echo(text, nl=False)
    else:
        save(text, out)
        echo(words.headline(found))
    return ExitCode.PASS if best else ExitCode.OBJECTIVE_FAILED


def _side_by_side(function: Callable[[Setting], Any], settings: Sequence[Setting]) -> list[Any]:
    """On every core there is."""
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(function, settings, chunksize=max(1, len(settings) // 16)))
