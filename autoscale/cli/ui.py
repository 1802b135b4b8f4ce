"""``autoscale ui``: serve the page at :8089 and start runs from it."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from autoscale.base.errors import AutoscaleError, input_error
from autoscale.cli import shared
from autoscale.cli.signals import ending

_LOOK_S = 0.3


@click.command(short_help="Serve the page at :8089 and start runs from it.")
@shared.context("Kube-context; never the current one by default.")
@shared.kubeconfig
@shared.namespace("the scenario's, else the context's")
@shared.runs
@click.option(
    "--web-port",
    "--port",
    "port",
    type=click.IntRange(1, 65535),
    default=8089,
    show_default=True,
    help="Port of the page.",
)
def command(context: str, kubeconfig: str | None, namespace: str | None, out: Path, port: int) -> None:
    """Serve a page on which a scenario, its rate and its duration are chosen and runs are started.

    The address that is printed holds a token: whoever has it may look and start runs, and nobody else.
    Each run is recorded and its report linked on the page. Ctrl-C ends the load of a run that is going on, writes
    its report and then ends; a second one stops at once.
    """
    from autoscale.run import progress
    from autoscale.run.opening import check_context
    from autoscale.run.options import RunOptions
    from autoscale.web import Desk, Page, shelf

    check_context(context, kubeconfig)
    ends = Ends()
    desk = Desk(shelf.choices, lambda: shelf.past_runs(out), ends.end_run)
    with Page(port, runs=out, desk=desk) as page, progress.screen() as screen, ends.on_signals():
        screen.say(f"Start runs at {page.address} (Ctrl-C ends).")
        while not ends.quit.is_set():
            launch = desk.take(_LOOK_S)
            if launch is not None:
                options = RunOptions(
                    scenario=launch.scenario,
                    context=context,
                    kubeconfig=kubeconfig,
                    namespace=namespace,
                    out=out,
                    on_master=page.connect,
                    on_result=page.conclude,
                    say=screen.say,
                )
                desk.done(one_run(options, launch, [screen.add, page.add], ends.new_run()))


class Ends:
    """What ends when: the run that is going on, and the whole."""

    def __init__(self) -> None:
        self.quit = threading.Event()
        self._run = threading.Event()

    def new_run(self) -> threading.Event:
        """The event that ends the run now beginning."""
        self._run = threading.Event()
        if self.quit.is_set():
            self._run.set()
        return self._run

    def end_run(self) -> None:
        """End the load of the run that is going on; its report is still written."""
        self._run.set()

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Ctrl-C, SIGTERM or SIGHUP (terminal closed) ends the run and then everything; Ctrl-C again at once."""
        with ending(self._end):
            yield

    def _end(self) -> None:
        self.quit.set()
        self._run.set()


def overrides(launch: Any) -> tuple[str, ...]:
    """A launch's factors as ``path=value`` of its scenario; InputError where that cannot be read."""
    from loadtest import scenario as scenarios
    from loadtest.errors import ScenarioError

    try:
        duration = scenarios.resolve(scenarios.load(launch.scenario)).duration_s
    except ScenarioError as error:
        raise input_error(error) from None
    found = [f"load.rate_factor={launch.rate_factor:g}"] if launch.rate_factor != 1 else []
    if launch.time_factor != 1:
        found.append(f"load.duration={duration * launch.time_factor:g}s")
    return tuple(found)


def one_run(options: Any, launch: Any, listeners: Sequence[Any], stop: threading.Event) -> str | None:
    """Run what was asked for and say what it left; the reason where it could not be done."""
    from autoscale.run.execute import execute

    try:
        result = execute(replace(options, overrides=overrides(launch)), listeners, stop)
    except AutoscaleError as error:
        options.say(f"Error: {error}")
        return str(error)
    for text in (result.summary.rstrip(), f"Record  {result.record}", result.report and f"Report  {result.report}"):
        if text:
            options.say(text)
    return None if result.error is None else str(result.error)
