"""``autoscale import``: turn other tools' results into a record, as far as they go."""

from pathlib import Path

import click

from autoscale.cli.piped import File
from autoscale.cli.say import echo
from autoscale.imports import convert, importers, tool_names, write
from autoscale.imports.prom.families import KNOWN, KUBERNETES
from autoscale.objectives import parse


def _epilog() -> str:
    """Every form and every series that is known."""
    forms = "\n".join(f"  {importer.tool}: {importer.form}" for importer in importers())
    series = "\n".join(f"  {family.source}: {', '.join(family.counters)}" for family in KNOWN)
    return (
        f"\b\nForms:\n{forms}\n\n\b\nCounters of requests in Prometheus (raw, not rate()), and the histograms beside "
        f"them:\n{series}\n\nKubernetes in Prometheus: {KUBERNETES}. Units, labels and versions: docs/imports.md."
    )


@click.command(
    epilog=_epilog(),
    help="Turn results of other tools into a record: Prometheus (several files), k6, Locust, JMeter; plain or gzip. "
    "What they do not hold stays unknown.",
)
@click.argument("files", nargs=-1, required=True, type=File(), metavar="FILE...")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The record to write, for example run.jsonl."
)
@click.option("--from", "tool", type=click.Choice(tool_names()), help="The tool that wrote the files (else found out).")
@click.option("--workload", metavar="[NAMESPACE/]NAME", help="The Deployment or StatefulSet that the data are about.")
@click.option("--objective", "-o", "objectives", multiple=True, metavar="TEXT", help="An objective to keep with it.")
def command(
    files: tuple[Path, ...], out: Path, tool: str | None, workload: str | None, objectives: tuple[str, ...]
) -> None:
    """Read, convert, write, and say what is not known."""
    parse(objectives, [], "--objective")
    rows = convert(files, tool, out.stem, workload=workload, objectives=objectives)
    count = write(out, rows)
    echo(f"{out}: {count} rows.")
    for note in rows[0]["environment"]["notes"] if rows[0]["k"] == "header" else ():
        echo(f"  {note}")
    echo(f"Look at it with: autoscale report {out}")
