"""Options that several commands have: one wording each."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from autoscale.cli import complete

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

kubeconfig = click.option(
    "--kubeconfig", type=click.Path(), help="Kubeconfig file.  [default: $KUBECONFIG or ~/.kube/config]"
)
runs = click.option(
    "--out", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Folder for runs."
)
written = click.option("--out", type=click.Path(path_type=Path), help="Write to this file instead of the terminal.")


def context(words: str) -> Decorator:
    """``--context``: the embedded cluster where nothing is said."""
    return click.option(
        "--context", default="embedded", show_default=True, shell_complete=complete.contexts, help=words
    )


def namespace(default: str) -> Decorator:
    """``--namespace``; ``default``: whose it is where nothing is said."""
    return click.option("-n", "--namespace", help=f"Namespace.  [default: {default}]")
