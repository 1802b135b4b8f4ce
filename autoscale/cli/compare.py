"""``autoscale compare BASE... -- NEW...``: compare sets of runs and tell change from noise."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from autoscale.analysis import Analysis, analyse
from autoscale.analysis.results.jsonform import plain
from autoscale.base.collector import uncollected
from autoscale.base.errors import InputError
from autoscale.base.visible import visible
from autoscale.cli import shared
from autoscale.cli.piped import File
from autoscale.cli.say import echo
from autoscale.compare import compare
from autoscale.compare.formats import as_html, as_markdown, as_text
from autoscale.record.reader import locate, read


class _TwoSides(click.Command):
    """Keeps the runs after ``--`` apart, which click would merge with those before."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Split at the first ``--``."""
        at = args.index("--") if "--" in args else len(args)
        ctx.meta["new"] = args[at + 1 :]
        return super().parse_args(ctx, args[:at])


@click.command(
    cls=_TwoSides,
    options_metavar="[OPTIONS]",
    help="Compare runs: autoscale compare [OPTIONS] BASE... -- NEW... (options first). Exit code: 0 no regression, "
    "1 regression, 5 cannot say (it takes 3 runs a side to know the noise), 6 a run is invalid.",
)
@click.argument("base", nargs=-1, required=True, type=File(), metavar="BASE... -- NEW...")
@click.option(
    "--anyway",
    is_flag=True,
    help="Compare runs of another load, cluster or preset, or with other CPU limits, all the same.",
)
@click.option("--format", "form", type=click.Choice(["text", "markdown", "json", "html"]), default="text")
@shared.written
@click.pass_context
@uncollected()
def command(ctx: click.Context, base: tuple[Path, ...], anyway: bool, form: str, out: Path | None) -> int:
    """Read both sides, compare, print."""
    new = [File().convert(text, None, ctx) for text in ctx.meta["new"]]
    if not new:
        raise InputError("there is only one side", fix="autoscale compare BASE... -- NEW...")
    found = compare(_analyses(base), _analyses(new), anyway=anyway)
    forms = {"text": as_text, "markdown": as_markdown, "html": as_html}
    text = forms[form](found) if form in forms else json.dumps(plain(found), indent=2)
    if out is None:
        echo(text)
    else:
        try:
            out.write_text(visible(text), encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot write {out}: {error.strerror}", fix="choose another --out") from error
        echo(f"{found.outcome}: {found.reason}")
    return found.exit_code


def _analyses(paths: Sequence[Path]) -> list[Analysis]:
    return [analyse(read(locate(path))) for path in paths]
