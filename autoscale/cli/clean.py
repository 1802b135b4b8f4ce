"""``autoscale clean``: remove what a run left behind in a cluster."""

import sys

import click

from autoscale.cli import shared
from autoscale.cli.say import echo


@click.command(short_help="Remove what a run left behind in a cluster.")
@shared.context("Kube-context.")
@shared.kubeconfig
@shared.namespace("the context's")
@click.option("--run", help="Only what this run made (the name of its folder).")
def command(context: str, kubeconfig: str | None, namespace: str | None, run: str | None) -> None:
    """Remove everything that runs made (found by their label) and nothing else.

    A run that is going on is left alone, unless it is named with --run.
    """
    from autoscale.cluster import lock
    from autoscale.cluster.apply import remove
    from autoscale.cluster.contexts import guard
    from autoscale.cluster.kubeconfig import EMBEDDED
    from autoscale.run.opening import connect_to
    from autoscale.run.progress import ask

    with connect_to(context, kubeconfig) as cluster:
        guard(cluster.context, None, ask if sys.stdin.isatty() else None)
        place = namespace or cluster.context.namespace
        if run is None and (found := lock.holder(cluster, place)) and found.alive:
            lock.refuse_held(cluster, place)
        removed = remove(cluster, place, run)
        lock.release(cluster, place, run)
    for name in removed:
        echo(f"removed {name}")
    of = f"the run {run}" if run else "ours"
    echo(f"Nothing of {of} is left in namespace {place} of {context}. What no run made stays, records and reports too.")
    if context == EMBEDDED:
        echo("The cluster itself goes on; `autoscale cluster stop` ends it.")
