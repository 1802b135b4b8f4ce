"""``autoscale whatif RUN``: say what another HPA, other pods or another load would have made of a recorded run."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from autoscale.base.errors import InputError, Problem, input_error
from autoscale.base.exits import ExitCode
from autoscale.cli import shared
from autoscale.cli.manifests import documents
from autoscale.cli.piped import File
from autoscale.cli.say import echo
from autoscale.kube.quantities import milli
from autoscale.whatif.service import Load, Setting


@click.command(short_help="Say what another HPA, other pods or another load would have made of a recorded run.")
@click.argument("run", type=File())
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="PATH=VALUE[,...]",
    help="One variant: a field of the HPA, such as spec.maxReplicas=12; several fields joined by commas.",
)
@click.option(
    "--hpa", "hpas", multiple=True, type=click.Path(path_type=Path), help="One variant: the HPA of a manifest."
)
@click.option("--load", "scenario", help="Another load on the same service: a scenario's file or name.")
@click.option("--rate-factor", type=float, help="The same load, this many times as strong.")
@click.option("--pods-start-in", metavar="SECONDS", help="From a pod's creation to ready, for example 20s.")
@click.option("--cpu-limit", metavar="CPU", help="The pods' CPU limit, for example 750m, or none.")
@click.option("--request", metavar="CPU", help="The pods' CPU request, for example 250m.")
@click.option("--period", metavar="SECONDS", help="How often the HPA decides.")
@click.option("--metrics-period", metavar="SECONDS", help="How often metrics are taken.")
@click.option("--threads", type=click.IntRange(1, 1000), help="Requests that a pod works on at once, where not known.")
@click.option(
    "--seeds", type=click.IntRange(3, 1000), default=20, show_default=True, help="Modelled runs of each setting."
)
@click.option("--format", "form", type=click.Choice(["text", "markdown", "json", "html"]), default="text")
@shared.written
@click.option("--records", type=click.Path(path_type=Path), help="Folder for one modelled record of each setting.")
def command(
    run: Path,
    sets: tuple[str, ...],
    hpas: tuple[Path, ...],
    scenario: str | None,
    rate_factor: float | None,
    form: str,
    out: Path | None,
    threads: int | None,
    seeds: int,
    records: Path | None,
    **others: str | None,
) -> int:
    """Model RUN, the folder of a run or its record.jsonl, without a cluster, and compare variants with it.

    First the recorded setting is replayed and the error shown. What the replay misses, and what lies outside what was
    seen, is unknown, and the exit code 5.

    \b
    autoscale whatif runs/20261123-101500-first-look --set spec.metrics.0.resource.target.averageUtilization=70
    autoscale whatif runs/20261123-101500-first-look --set spec.maxReplicas=4 --set spec.maxReplicas=12
    autoscale whatif runs/20261123-101500-first-look --rate-factor 1.5 --pods-start-in 20s
    """
    from autoscale.report import save
    from autoscale.whatif import answer, baseline, evidence

    seen = evidence.gather(run)
    if (draft := baseline.draft(seen)) is not None:
        # What is mistyped is told before what the run cannot show.
        _variants(draft, sets, hpas, scenario, rate_factor, others)
    model = answer.prepare(seen, threads=threads, seeds=seeds)
    variants = _variants(model.recorded, sets, hpas, scenario, rate_factor, others)
    answer.trusted(model)
    found = answer.ask(model, variants, seeds)
    text = _forms()[form](found)
    if records is not None:
        _write_records(found, records)
    if out is None:
        echo(text, nl=False)
    else:
        save(text, out)
        echo(f"Wrote {out}")
    return ExitCode.UNKNOWN if found.doubts else ExitCode.PASS


def _forms() -> dict[str, Any]:
    from autoscale.whatif import page, words
    from autoscale.whatif.jsonform import to_json

    return {"text": words.to_text, "markdown": words.to_markdown, "html": page.to_html, "json": to_json}


def _variants(
    recorded: Setting,
    sets: Sequence[str],
    hpas: Sequence[Path],
    scenario: str | None,
    factor: float | None,
    others: dict[str, str | None],
) -> list[Setting]:
    """Each --set and each --hpa is a variant; what else is given holds for all of them."""
    from autoscale.whatif import variants

    common, words = _common(recorded, scenario, factor, others)
    found = [variants.with_set(common, text.split(",")) for text in sets]
    found += [variants.with_hpa(common, _manifest(path), path.name) for path in hpas]
    if words:
        found = [replace(one, name=f"{one.name}, {words}") for one in found] or [replace(common, name=words)]
    if not found:
        fix = "for example --set spec.metrics.0.resource.target.averageUtilization=70, or --rate-factor 1.5"
        raise InputError("No variant is given.", fix=fix)
    return found


def _common(
    setting: Setting, scenario: str | None, factor: float | None, others: dict[str, str | None]
) -> tuple[Setting, str]:
    """The recorded setting with everything but the HPA changed, and what that is in words."""
    from autoscale.whatif import variants

    words = [f"{name.replace('_', '-')} {text}" for name, text in others.items() if text is not None]
    if scenario is not None:
        setting, words = variants.with_load(setting, _load(scenario), ""), [f"load {scenario}", *words]
    if factor is not None:
        if not 0 < factor < 1e6:
            raise InputError("An option is wrong.", problems=[Problem("--rate-factor", f"{factor:g}", "above 0")])
        setting, words = replace(setting, load=setting.load.times(factor)), [f"{factor:g} times the load", *words]
    seconds = {name: _seconds(name, text) for name, text in others.items() if text and name.endswith(("period", "in"))}
    limit, request = others.get("cpu_limit"), others.get("request")
    setting = replace(
        setting,
        starts_in=seconds.get("pods_start_in", setting.starts_in),
        metric_period_s=seconds.get("metrics_period", setting.metric_period_s),
        config=replace(setting.config, sync_period_s=seconds.get("period", setting.config.sync_period_s)),
        limit_m=None if limit == "none" else _milli("--cpu-limit", limit) if limit else setting.limit_m,
        request_m=_milli("--request", request) if request else setting.request_m,
    )
    return variants.checked(replace(setting, name=", ".join(words) or setting.name)), ", ".join(words)


def _seconds(name: str, text: str) -> float:
    from loadtest.units import seconds

    option = f"--{name.replace('_', '-')}"
    try:
        value = float(seconds(text))
    except ValueError:
        value = 0.0
    if not 0.1 <= value <= 3600:
        raise InputError("An option is wrong.", problems=[Problem(option, repr(text), "0.1 to 3600 s, such as 20s")])
    return value


def _milli(option: str, text: str) -> int:
    try:
        value = milli(text)
    except (ValueError, InputError):
        value = 0
    if value <= 0:
        raise InputError("An option is wrong.", problems=[Problem(option, repr(text), "a CPU quantity, such as 250m")])
    return value


def _manifest(path: Path) -> dict[str, Any]:
    found = [doc for doc in documents(path) if isinstance(doc, dict) and doc.get("kind") == "HorizontalPodAutoscaler"]
    if len(found) != 1:
        problem = Problem(str(path), f"{len(found)} HorizontalPodAutoscalers", "one")
        raise InputError("The manifest is not what --hpa wants.", problems=[problem])
    return found[0]


def _load(name: str) -> Load:
    from loadtest import scenario
    from loadtest.errors import ScenarioError

    try:
        found = scenario.load(name)
    except ScenarioError as error:
        raise input_error(error) from None
    if found.users is not None:
        raise InputError(f"{name} has users who wait for answers (closed); the model knows open loads only.")
    stages = tuple((stage.name, stage.start_s, stage.end_s) for stage in found.plan.stages)
    settings = found.file.load
    assert all(later[0] >= earlier[0] for earlier, later in pairwise(found.plan.points))
    return Load(
        points=found.plan.points,
        stages=stages,
        arrivals=settings.arrivals,
        seed=settings.seed,
        connections=10,
        close_share=0.1,
        max_in_flight=1000,
    )


def _write_records(found: Any, folder: Path) -> None:
    from autoscale.whatif.rows import write

    for outcome in (found.base, *found.variants):
        path = write(found.model, outcome.setting, folder)
        echo(f"Wrote {path}", err=True)
