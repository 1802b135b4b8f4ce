"""``autoscale contexts``: which clusters may receive load."""

import os

import click

from autoscale.cli import shared
from autoscale.cli.say import echo


@click.group(short_help="Say which clusters may receive load.")
def command() -> None:
    """Say which clusters may receive load. The list keeps server address and CA, not the name.

    The embedded cluster needs no allowance. Any other is refused until it is allowed here, or confirmed at a terminal.
    """


@command.command("list")
@shared.kubeconfig
def list_(kubeconfig: str | None) -> None:
    """Show the contexts of the kubeconfig and which are allowed."""
    from autoscale.base.errors import InputError
    from autoscale.cluster import contexts
    from autoscale.cluster.kubeconfig import contexts_of, kubeconfig_path, read

    strange: tuple[object, ...] = ()
    path = kubeconfig_path(kubeconfig)
    try:
        config = read(path)
        found, strange = contexts_of(config), config.strange
    except InputError as error:
        if os.path.exists(path):
            raise
        echo(error.what)
        found = []
    width = max((len(context.name) for context in found), default=8)
    echo(f"{'embedded':<{width}}  always allowed")
    for context in found:
        word = "allowed" if contexts.is_allowed(context) else "refused"
        doubt = "".join(f" ({text}: asks again)" for text in contexts.doubts(context, None))
        echo(f"{context.name:<{width}}  {word:<8} {context.server}{doubt}")
    for problem in strange:
        echo(f"(passed over: {problem})")
    known = {context.identity for context in found}
    for entry in contexts.allowed():
        if (entry["server"], entry["ca"]) not in known:
            echo(f"{entry['name']:<{width}}  allowed  {entry['server']} (in another kubeconfig)")


@command.command("allow")
@click.argument("name")
@shared.kubeconfig
def allow_(name: str, kubeconfig: str | None) -> None:
    """Let the cluster of context NAME receive load."""
    from autoscale.cluster import contexts

    context = contexts.find(name, kubeconfig)
    contexts.allow(context)
    echo(f"{name} ({context.server}) may receive load. `autoscale contexts revoke {name}` takes it back.")


@command.command("revoke")
@click.argument("name")
def revoke_(name: str) -> None:
    """Take clusters that were allowed under NAME off the list."""
    from autoscale.base.errors import InputError
    from autoscale.cluster import contexts

    if not contexts.revoke(name):
        names = ", ".join(entry["name"] for entry in contexts.allowed()) or "none"
        raise InputError(f"{name} is not on the list (allowed: {names})")
    echo(f"{name} is refused from now on.")
