"""``python -m tests.local_cluster``: build, start, stop and look at the local one-node Kubernetes."""

import sys

import click

from autoscale.base.errors import AutoscaleError, InputError
from autoscale.base.exits import ExitCode
from autoscale.kube.release import MINOR
from tests.local_cluster import gobuild, images, lifecycle, prerequisites
from tests.local_cluster import karpenter as its_karpenter
from tests.local_cluster import keda as its_keda
from tests.local_cluster import prometheus as its_prometheus
from tests.local_cluster import vpa as its_vpa
from tests.local_cluster.places import state


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
def check() -> None:
    """Say what this machine lacks to run the cluster; exit code 2 where it lacks anything."""
    if lacking := prerequisites.lacking():
        raise InputError(f"the local cluster cannot run here; needed: {'; '.join(lacking)}")


@cli.command()
@click.option("--kubernetes", default=MINOR, help="The release of the control plane; the node keeps its own.")
def up(kubernetes: str) -> None:
    """Start the cluster; print where its kubeconfig is."""
    lifecycle.up(state(), kubernetes)
    click.echo(f"The context local is in {state().kubeconfig} (and may receive load). To use it here:")
    click.echo(f"  export KUBECONFIG={state().kubeconfig}")


@cli.command()
@click.option("--keep-logs", is_flag=True, help="Keep the components' logs, and say where.")
def down(keep_logs: bool) -> None:
    """Stop the cluster and remove everything of it."""
    if keep_logs and (kept := lifecycle.keep_logs(state())):
        click.echo(f"The logs of the local cluster are kept in {kept}", err=True)
    lifecycle.down(state())


@cli.command()
def status() -> None:
    """Say which components run and whether the cluster is whole; exit code 3 where it is not."""
    lines, whole = lifecycle.status(state())
    click.echo("\n".join(lines))
    sys.exit(ExitCode.PASS if whole else ExitCode.CLUSTER_FAILED)


@cli.command()
@click.argument("component")
def restart(component: str) -> None:
    """Kill one COMPONENT and start it again, as after a crash."""
    lifecycle.restart(state(), component)


@cli.command()
def keda() -> None:
    """Build KEDA and start it in the running cluster."""
    its_keda.start(state())
    click.echo("KEDA runs: kubectl get scaledobjects -A")


@cli.command()
def prometheus() -> None:
    """Build Prometheus and start it in the running cluster."""
    its_prometheus.start(state())
    click.echo(f"Prometheus runs, inside the node: {its_prometheus.URL}")


@cli.command()
def vpa() -> None:
    """Build the Vertical Pod Autoscaler and start it in the running cluster."""
    its_vpa.start(state())
    click.echo("VPA runs: kubectl get vpa -A")


@cli.command()
def karpenter() -> None:
    """Build Karpenter and start it in the running cluster, over real nodes of this machine."""
    its_karpenter.start(state())
    click.echo("Karpenter runs: kubectl get nodepools,nodeclaims,nodes")


@cli.command("images")
@click.option("--base", help="Another base image with Python (BASE of the Dockerfiles).")
@click.option("--requirements", default="", help="Packages for the load generator's image, by blanks.")
def build_images(base: str | None, requirements: str) -> None:
    """Build the app's and the load generator's image."""
    for archive in images.build_all(base or None, requirements):
        click.echo(archive)


@cli.command("images-load")
@click.argument("context")
def load_images(context: str) -> None:
    """Load both images into the cluster of CONTEXT."""
    click.echo(f"In {context}: {', '.join(images.load_all(context))}")


def main() -> None:
    """Run a command; an error is one readable message and its exit code."""
    try:
        cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(ExitCode.BAD_INPUT)
    except AutoscaleError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
