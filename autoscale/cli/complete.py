"""What a shell offers for an argument: scenarios and contexts, by click's completion."""

import click
from click.shell_completion import CompletionItem

from autoscale.base.errors import AutoscaleError


def scenarios(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The built-in scenarios that begin so; without one the shell's own files."""
    from loadtest.scenario import names

    found = [CompletionItem(name) for name in names() if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]


def contexts(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """``embedded`` and the contexts of the kubeconfig that begin so; a kubeconfig that cannot be read offers none."""
    from autoscale.cluster.kubeconfig import EMBEDDED, contexts_of, kubeconfig_path, read

    try:
        known = [one.name for one in contexts_of(read(kubeconfig_path(ctx.params.get("kubeconfig"))))]
    except (AutoscaleError, OSError):
        known = []
    return [CompletionItem(name) for name in dict.fromkeys([EMBEDDED, *known]) if name.startswith(incomplete)]
