"""``autoscale cluster``: start, stop and look at the embedded cluster."""

import time
from pathlib import Path

import click

from autoscale.cli.say import echo
from autoscale.embedded import settings
from autoscale.embedded.apiserver.tables.pods import human_duration
from autoscale.embedded.launch import process
from autoscale.embedded.launch.folder import folder_of

_NAME = click.option("--name", default="embedded", show_default=True, help="Several may run at once, by name.")


@click.group()
def command() -> None:
    """Start, stop or look at the embedded cluster: a Kubernetes of one node, whose pods are processes.

    It speaks the Kubernetes API on 127.0.0.1: kubectl and client libraries use it like any cluster. `autoscale run`
    starts one of its own and ends it afterwards; here it is started to stay.
    """


@command.command()
@_NAME
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="Port of the API server.  [default: a free one]")
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON file with settings: periods, node size, images.",
)
@click.option("--quick", is_flag=True, help="Periods of a second or two instead of Kubernetes' own, to try things out.")
def start(name: str, port: int, settings_file: Path | None, quick: bool) -> None:
    """Start a cluster that stays until `autoscale cluster stop`."""
    wanted = settings.Settings()
    if settings_file:
        wanted = settings.from_json(settings_file.read_text(), str(settings_file))
    if quick:
        wanted = settings.quick(wanted)
    running = process.start(name, wanted, port=port, bound=False)
    facts = running.folder.facts()
    echo(f"The embedded cluster {name!r} is ready at {facts.server if facts else '?'}. Now:\n")
    echo(f"  export KUBECONFIG={running.kubeconfig}")
    for line in ("kubectl get nodes", "kubectl apply -k k8s/base", "kubectl get pods,hpa -w"):
        echo(f"  {line}")
    suffix = "" if name == "embedded" else f" --name {name}"
    echo(f"\nEnd it with: autoscale cluster stop{suffix}")


@command.command()
@_NAME
def stop(name: str) -> None:
    """End a cluster, its pods and every process it started."""
    if process.stop(name):
        echo(f"The embedded cluster {name!r} has ended, with everything in it. Records and reports (runs/) stay.")
    else:
        echo(f"No embedded cluster {name!r} is running.")


@command.command()
@click.option("--name", default=None, help="Only this one.  [default: all]")
def status(name: str | None) -> None:
    """Say which clusters run: address, uptime, pods."""
    found = [process.status(one) for one in ([name] if name else process.names())]
    running = [one for one in found if one.running]
    if not running:
        echo(f"No embedded cluster {name!r} is running." if name else "No embedded cluster is running.")
        echo(f"Start one with: autoscale cluster start{f' --name {name}' if name else ''}")
    for one in running:
        _show(one)


def _show(one: process.Status) -> None:
    if one.facts is None:
        echo(f"{one.name}: starting")
        return
    pods = (
        "unknown (the API does not answer)"
        if one.pods is None
        else (", ".join(f"{count} {phase}" for phase, count in one.pods.items()) or "none")
    )
    uptime = human_duration(time.time() - one.facts.started)
    stays = "ends with its run" if one.facts.bound else f"log {folder_of(one.name).log}"
    echo(f"{one.name}: running since {uptime} at {one.facts.server} (process {one.facts.pid}, {stays})")
    echo(f"  pods        {pods}")
    echo(f"  addresses   {one.facts.addresses}")
    echo(f"  kubeconfig  {one.kubeconfig}")
