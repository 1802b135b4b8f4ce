"""``autoscale record``: verify that a record is the one that a run wrote."""

import sys
from pathlib import Path

import click

from autoscale.base.exits import ExitCode
from autoscale.cli.piped import File
from autoscale.cli.say import echo
from autoscale.record.ledger import Ledger
from autoscale.record.reader import locate, read


@click.group(name="record")
def command() -> None:
    """Verify a record."""


@command.command(name="verify")
@click.argument("run", type=File())
def verify(run: Path) -> None:
    """Say whether a record is whole: no row missing, doubled, moved or changed since the run wrote it.

    RUN is a run's folder or its record. The rows are counted and numbered, the load rows add up to the end's totals,
    and the end has a digest of all that stands before it, which is printed.

    Exit codes: 0 whole; 5 not whole, or it cannot be known: the record breaks off, or has no digest (an older
    release wrote it); 2 not a record, or unreadable.
    """
    path, ledger = locate(run), Ledger()
    for row in read(path):
        ledger.add(row)
    if faults := _faults(ledger):
        echo(f"{path} is not known to be whole:")
        for fault in faults:
            echo(f"  - {fault}")
        sys.exit(ExitCode.UNKNOWN)
    digest = ledger.end.get("digest") if ledger.end else None
    echo(f"{path} is whole: {ledger.count} rows, digest {digest}.")


def _faults(ledger: Ledger) -> list[str]:
    if ledger.end is None:
        return [*ledger.faults(), "it breaks off: there is no end"]
    return ledger.faults() or (
        [] if ledger.digest_holds else ["the end has no digest that can be checked: another release wrote it"]
    )
