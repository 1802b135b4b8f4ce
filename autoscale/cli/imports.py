"""``autoscale import``: turn other tools' results into a record, as far as they go."""

from pathlib import Path

import click

from autoscale.imports import TOOLS, convert, detect, write
from autoscale.objectives import parse


@click.command(
    help="Turn results of Prometheus (answers of /api/v1/query_range, several files), k6 (--out json) or Locust "
    "(_stats_history.csv) into a record. What they do not hold stays unknown."
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The record to write, for example run.jsonl."
)
@click.option("--from", "tool", type=click.Choice(TOOLS), help="The tool that wrote the files (else found out).")
@click.option("--workload", help="The Deployment that the data are about.")
@click.option("--objective", "-o", "objectives", multiple=True, metavar="TEXT", help="An objective to keep with it.")
def command(
    files: tuple[Path, ...], out: Path, tool: str | None, workload: str | None, objectives: tuple[str, ...]
) -> None:
    """Read, convert, write, and say what is not known."""
    parse(objectives, [], "--objective")
    rows = convert(files, tool or detect(files[0]), out.stem, workload=workload, objectives=objectives)
    count = write(out, rows)
    click.echo(f"{out}: {count} rows.")
    for note in rows[0]["environment"]["notes"] if rows[0]["k"] == "header" else ():
        click.echo(f"  not known: {note}" if "not" in note else f"  note: {note}")
    click.echo(f"Look at it with: autoscale report {out}")
