"""The fault matrix: ``make faults`` (half an hour); ARGS='NAME ...' for those whose names or kinds hold a text.

What was found goes to ``tests/faults/measured.json`` and to docs/faults.md.
"""

import multiprocessing
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import click

from tests.faults.fault import Outcome
from tests.faults.matrix import kinds
from tests.faults.page import PAGE, keep, page, read


@click.command(help=__doc__)
@click.argument("texts", nargs=-1)
@click.option("--side-by-side", type=click.IntRange(1, 16), default=3, show_default=True, help="So many at a time.")
@click.option(
    "--context",
    type=click.Choice(["embedded", "local"]),
    default="embedded",
    show_default=True,
    help="On which cluster; on the local one, which make cluster starts, one after the other.",
)
@click.option("--quick", is_flag=True, help="Only those that need no whole run.")
@click.option("--keep-folders", is_flag=True, help="Leave records and output of those that did not hold.")
def main(texts: tuple[str, ...], side_by_side: int, context: str, quick: bool, keep_folders: bool) -> None:
    """Meet them, write the page, and end with 1 where one did not hold."""
    chosen = [
        (kind, fault.name)
        for kind, faults in kinds(context).items()
        for fault in faults
        if (fault.quick or not quick) and (not texts or any(text in f"{kind}: {fault.name}" for text in texts))
    ]
    known = {(kind, fault.name) for kind, faults in kinds().items() for fault in faults}
    root = Path(tempfile.mkdtemp(prefix="faults-"))
    outcomes: list[Outcome] = []
    with ProcessPoolExecutor(1 if context == "local" else side_by_side, multiprocessing.get_context("fork")) as pool:
        for met in as_completed([pool.submit(meet, *one, root / str(n)) for n, one in enumerate(chosen)]):
            outcomes.append(met.result())
            click.echo(line(outcomes[-1]))
            keep([outcomes[-1]], known)
    PAGE.write_text(page(read()), encoding="utf-8")
    if not keep_folders:
        shutil.rmtree(root, ignore_errors=True)
    failed = [one for one in outcomes if not one.held]
    click.echo(f"{len(outcomes)} faults, {len(failed)} not as they should be. {PAGE}")
    if keep_folders:
        click.echo(f"Folders  {root}")
    sys.exit(1 if failed else 0)


def line(one: Outcome) -> str:
    """One fault on the terminal."""
    words = "; ".join([*one.why, *one.left, *([] if one.named else [f"{one.lost} rows lost in silence"])])
    return f"{'ok ' if one.held else 'NOT'} {one.took_s:5.1f} s  {one.kind}: {one.fault}  [{one.code}] {words}".rstrip()


def meet(kind: str, name: str, home: Path) -> Outcome:
    """One fault, in a folder of its own; what breaks in meeting it is what is amiss."""
    fault = next(fault for fault in kinds()[kind] if fault.name == name)
    home.mkdir()
    began = time.monotonic()
    about = {"kind": kind, "fault": name, "wanted": str(fault.wanted)}
    try:
        met = fault.meet(home)
    except Exception as error:
        # A command that took too long would tell its words, which name folders of this machine.
        late = isinstance(error, subprocess.TimeoutExpired)
        why = [f"had not ended after {error.timeout:g} s" if late else f"{type(error).__name__}: {error}"[:500]]
        return Outcome(
            **about, code=None, why=why, lost=None, named=True, left=[], next_s=None, took_s=time.monotonic() - began
        )
    return Outcome(
        **about,
        code=met.code,
        why=met.amiss,
        lost=met.lost,
        named=met.named,
        left=met.left,
        next_s=met.next_s,
        took_s=time.monotonic() - began,
    )


if __name__ == "__main__":
    main()
