"""What a command prints: nothing that was written by others reaches the terminal as it is."""

import sys

import click

from autoscale.base.outlets import discard
from autoscale.base.visible import visible


def echo(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a text (to standard error: ``err``), control characters written out. An error that nobody can be told of
    is still told by the exit code."""
    try:
        click.echo(visible(str(text)), err=err, nl=nl)
    except OSError:
        if not err:
            raise
        discard(sys.stderr)  # or Python would flush it at its end, and end with a code of its own
