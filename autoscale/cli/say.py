"""What a command prints: nothing that was written by others reaches the terminal as it is."""

import click

from autoscale.base.visible import visible


def echo(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a text (to standard error: ``err``), control characters written out."""
    click.echo(visible(str(text)), err=err, nl=nl)
