"""``autoscale report``: make the report of a run again, in any format."""

from pathlib import Path

import click

from autoscale.base.collector import uncollected
from autoscale.cli.piped import File
from autoscale.cli.say import echo
from autoscale.report import formats


@click.command(short_help="Make the report of a run again, in any format.")
@click.argument("run", type=File())
@click.option(
    "--format",
    "form",
    type=click.Choice(formats.names()),
    default="text",
    show_default=True,
    help="html: one self-contained file; markdown: for a pull request; junit: each objective a test case.",
)
@click.option("--out", type=click.Path(path_type=Path), help="File to write; standard output where not given.")
@uncollected()
def command(run: Path, form: str, out: Path | None) -> None:
    """Make the report of RUN, the folder of a run or its record.jsonl (also .gz).

    \b
    autoscale report runs/20261123-101500-first-look
    autoscale report runs/20261123-101500-first-look --format html --out report.html
    autoscale report runs/20261123-101500-first-look --format junit --out junit.xml
    """
    from autoscale import report  # here, so that --help stays quick
    from autoscale.whatif import expect

    text = formats.render(expect.with_expected(report.gather(run)), form)
    if out is None:
        echo(text, nl=False)
    else:
        report.save(text, out)
        echo(f"Wrote {out}")
