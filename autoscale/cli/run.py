"""``autoscale run``: run a scenario against a cluster and leave a record and a report."""

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from autoscale.base.errors import InputError, Problem
from autoscale.base.exits import ExitCode
from autoscale.cli import complete, shared
from autoscale.cli.say import echo
from autoscale.cli.signals import ending
from autoscale.cli.stay import is_watched, stay


@click.command(short_help="Run a scenario against a cluster and leave a record and a report.")
@click.argument("scenario", default="first-look", shell_complete=complete.scenarios)
@shared.context("Kube-context; never the current one by default.")
@shared.kubeconfig
@shared.namespace("the scenario's, else the context's")
@shared.runs
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a field of the scenario.")
@click.option("--target", help="Load a workload that is there: deployment/NAME or statefulset/NAME. Needs --url.")
@click.option("--url", help="Where the workload of --target is reached, for example http://web.shop/path.")
@click.option(
    "--repeat", "times", type=click.IntRange(1, 100), default=1, show_default=True, help="Runs, one record each."
)
@click.option("--keep", is_flag=True, help="Leave the service in the cluster.")
@click.option("--redact-paths", is_flag=True, help="Keep the paths of URLs out of record and report too.")
@click.option("--dry-run", is_flag=True, help="Show every object and permission, ask the API server's dry run, stop.")
@click.option(
    "--web-port", type=click.IntRange(1, 65535), default=8089, show_default=True, help="Port of the live page."
)
@click.option("--no-web", is_flag=True, help="Serve no page.")
def command(
    scenario: str,
    context: str,
    kubeconfig: str | None,
    namespace: str | None,
    out: Path,
    overrides: tuple[str, ...],
    target: str | None,
    url: str | None,
    times: int,
    keep: bool,
    redact_paths: bool,
    dry_run: bool,
    web_port: int,
    no_web: bool,
) -> int:
    """Run SCENARIO (a file, or the name of a built-in one) and leave a record and a report.

    Deploys the service with its autoscaler, sends the load, records pods, decisions and latency, removes what it
    made. Ctrl-C ends the load and still writes the report; a second one stops at once. At a terminal the page stays
    for ten minutes after the run, or until Enter; elsewhere (a pipe, CI) the command ends at once.

    The exit code is the verdict: 0 pass, 1 an objective failed, 2 bad input, 3 cluster, 4 load generator, 5 unknown,
    6 invalid, 130 interrupted.

    \b
    autoscale run                                  # first-look on the embedded cluster
    autoscale run spike --context minikube --out runs
    autoscale run step.yaml --set load.workers=2 --repeat 5
    autoscale run spike --context shop --target deployment/web -n shop --url http://web.shop/
    """
    from autoscale.run import progress
    from autoscale.run.options import RunOptions

    with ExitStack() as stack:
        screen = stack.enter_context(progress.screen())
        options = RunOptions(
            scenario=scenario,
            context=context,
            kubeconfig=kubeconfig,
            namespace=namespace,
            out=out,
            overrides=overrides,
            existing=existing(target, url),
            keep=keep,
            redact_paths=redact_paths,
            ask=progress.ask if sys.stdin.isatty() else None,
            say=screen.say,
        )
        if dry_run:
            from autoscale.run.dry import dry

            return int(dry(options, echo))  # Ctrl-C ends it at once: it makes nothing
        stop = stack.enter_context(interruptible(screen.say))
        screen.outlet.gone = stop.set  # nobody listens any more: as if it were interrupted
        return conduct(options, times, screen, stop, None if no_web else web_port)


def conduct(options: Any, times: int, screen: Any, stop: threading.Event, web_port: int | None) -> int:
    """Run, print what each run left, and return the exit code of the worst."""
    from autoscale.run.execute import repeat
    from autoscale.run.opening import check_context
    from autoscale.run.prepare import resolve

    resolve(options)  # a mistake in the scenario, or a context that is none, is told before a page is opened
    check_context(options.context, options.kubeconfig, options.ask)
    listeners, page = [screen.add], None
    with ExitStack() as stack:
        if web_port is not None:
            from autoscale.web import Page

            page = stack.enter_context(Page(web_port, runs=options.out))
            screen.say(f"Live at {page.url} (the tab Scaling; Locust's own tabs while it runs)")
            listeners.append(page.add)
            options = replace(options, on_master=page.connect, on_result=page.conclude)
        results = repeat(options, times, listeners, stop)
        screen.rest()
        tell(results, screen)
        if page is not None and is_watched() and not stop.is_set():
            stay(page.url, screen.say)
    return int(worst([result.exit_code for result in results]))


def tell(results: list[Any], screen: Any) -> None:
    """What each run left."""
    for result in results:
        screen.say("")
        if result.summary:
            screen.say(result.summary.rstrip())
        if result.error is not None:
            echo(f"Error: {result.error}", err=True)
        screen.say(f"Record  {result.record}")
        if result.report is not None:
            screen.say(f"Report  {result.report}")


def worst(codes: list[ExitCode]) -> ExitCode:
    """The exit code of several runs: one that failed counts before one that did not."""
    order = [
        ExitCode.PASS,
        ExitCode.UNKNOWN,
        ExitCode.OBJECTIVE_FAILED,
        ExitCode.INVALID,
        ExitCode.GENERATOR_FAILED,
        ExitCode.CLUSTER_FAILED,
        ExitCode.BAD_INPUT,
        ExitCode.INTERRUPTED,
    ]
    return max(codes, key=order.index, default=ExitCode.UNKNOWN)


def existing(target: str | None, url: str | None) -> Any:
    """The workload of ``--target`` and ``--url``, which belong together; None without both."""
    from autoscale.run.options import Existing

    if target is None and url is None:
        return None
    if target is None or url is None:
        missing = "--url" if url is None else "--target"
        raise InputError("--target and --url belong together", problems=[Problem(missing, "nothing", "a value")])
    return Existing(target, url)


@contextmanager
def interruptible(say: Any) -> Iterator[threading.Event]:
    """The event is set by Ctrl-C, SIGTERM or SIGHUP (terminal closed); Ctrl-C or SIGTERM again stops at once."""
    stop = threading.Event()
    words = "Ending the run; what was recorded is still reported. Ctrl-C again stops at once."
    with ending(stop.set, lambda: say(words)):
        yield stop
