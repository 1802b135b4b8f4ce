"""``python -m tests.cluster``: build, start, stop and look at the local one-node Kubernetes."""

import sys

import click

from autoscale.base.errors import AutoscaleError
from tests.cluster import gobuild, lifecycle
from tests.cluster.places import state


@click.group()
def cli() -> None:
    """A real one-node Kubernetes for the tests."""


@cli.command()
def kubectl() -> None:
    """Build kubectl and print where it is."""
    click.echo(gobuild.build_kubectl())


@cli.command()
def build() -> None:
    """Build every program of the cluster, so that a later start is quick."""
    for part in gobuild.PARTS:
        click.echo(gobuild.build(part))


@cli.command()
def up() -> None:
    """Start the cluster; print where its kubeconfig is."""
    lifecycle.up(state())
    click.echo(f"The context local is in {state().kubeconfig}")


@cli.command()
def down() -> None:
    """Stop the cluster and remove everything of it."""
    lifecycle.down(state())


def main() -> None:
    """Run a command; an error is one readable message and its exit code."""
    try:
        cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except AutoscaleError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
