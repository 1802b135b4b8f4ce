"""``autoscale tune RUN``: find the cheapest HPA that would have held a recorded run's objectives."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import click

from autoscale.base.exits import ExitCode
from autoscale.cli import shared
from autoscale.cli.piped import File
from autoscale.cli.say import echo
from autoscale.whatif.service import Setting


@click.command(short_help="Find the cheapest HPA that would have held a recorded run's objectives.")
@click.argument("run", type=File())
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
@shared.written
@click.option("--verify", is_flag=True, help="Run the recommended setting for real, and compare.")
@click.option("--scenario", help="With --verify: the scenario that was recorded.  [default: the recorded name]")
@click.option("--context", default="embedded", show_default=True, help="With --verify: the kube-context to run on.")
@click.option("--kubeconfig", type=click.Path(), help="With --verify: kubeconfig file.")
@click.option(
    "--runs", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="With --verify: for runs."
)
def command(
    run: Path,
    objectives: tuple[str, ...],
    confidence: float,
    threads: int | None,
    form: str,
    out: Path | None,
    verify: bool,
    scenario: str | None,
    context: str,
    kubeconfig: str | None,
    runs: Path,
) -> int:
    """Search targets, minima, maxima and behaviours for RUN, the folder of a run or its record.jsonl.

    The cost is pod-minutes. Exit code: 0 a setting is recommended (or the recorded one is as good), 1 none holds every
    objective, 5 unknown, where the model does not give the run back. With --verify: that of the real run.

    \b
    autoscale tune runs/20261123-101500-first-look
    autoscale tune runs/20261123-101500-first-look --verify --context minikube
    autoscale tune runs/20261123-101500-first-look -o 'p95 < 200ms during peak' --format yaml | kubectl apply -f -
    """
    from autoscale.cli.tune_verify import execute, overrides_for
    from autoscale.report import save
    from autoscale.run.options import RunOptions
    from autoscale.whatif import advice as words
    from autoscale.whatif import answer, evidence, tuning
    from autoscale.whatif import verify as verifying

    seen = evidence.gather(run)
    tuning.objectives_of(seen, objectives)  # what is mistyped is told before what the run cannot show
    model = answer.prepare(seen, threads=threads)
    named = scenario or str(model.seen.scenario["name"])
    if verify:
        overrides_for(model.seen, model.recorded, named)  # what cannot be run again is told before the search
    found = tuning.advise(model, objectives, confidence=confidence, work=_side_by_side)
    best = found.best
    forms = {"text": words.to_text, "markdown": words.to_markdown, "json": words.to_json}
    text = forms[form](found) if form in forms else words.manifest(found, best.candidate.setting) if best else ""
    if out is None:
        echo(text, nl=False)
    else:
        save(text, out)
        echo(words.headline(found))
    if best is None or not verify:
        return ExitCode.PASS if best else ExitCode.OBJECTIVE_FAILED
    setting = best.candidate.setting
    outcome = answer.ask(model, [setting]).variants[0]  # predicted before it is run
    options = RunOptions(named, context, kubeconfig, out=runs, overrides=overrides_for(model.seen, setting, named))
    real, code = execute(options)
    echo(verifying.to_text(verifying.beside(model, outcome, real)), nl=False)
    return code


def _side_by_side(function: Callable[[Setting], Any], settings: Sequence[Setting]) -> list[Any]:
    """On every core there is."""
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(function, settings, chunksize=max(1, len(settings) // 16)))
