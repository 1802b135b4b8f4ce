"""The command line: one file per command, loaded only when it is called."""

import importlib
import sys
import traceback
from collections.abc import Sequence

import click

from autoscale import __version__
from autoscale.base.errors import AutoscaleError
from autoscale.base.exits import ExitCode

# name -> (module, one line of help); the module's ``command`` is the click command. Lazy, because
# importing the Kubernetes client costs 0.4 s and `autoscale --help` should not pay for it.
COMMANDS = {
    "run": ("autoscale.cli.run", "Run a scenario against a cluster and leave a record and a report."),
    "ui": ("autoscale.cli.ui", "Serve the page at :8089 and start runs from it."),
    "plan": ("autoscale.cli.plan", "Draw a scenario's load in the terminal; sends nothing."),
    "report": ("autoscale.cli.report", "Make the report of a run again, in any format."),
    "judge": ("autoscale.cli.judge", "Judge a run's objectives; the exit code says how they fared."),
    "compare": ("autoscale.cli.compare", "Compare sets of runs and tell change from noise."),
    "import": ("autoscale.cli.imports", "Turn Prometheus, k6 or Locust results into a record."),
    "hpa": ("autoscale.cli.hpa", "Explain an HPA decision, or check HPA manifests."),
    "cluster": ("autoscale.cli.cluster", "Start, stop or look at the embedded cluster."),
    "contexts": ("autoscale.cli.contexts", "Say which clusters may receive load."),
    "clean": ("autoscale.cli.clean", "Remove what a run left behind in a cluster."),
    "doctor": ("autoscale.cli.doctor", "Say what this machine and cluster can and cannot do."),
}


class LazyGroup(click.Group):
    """A click group that imports a command's module only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands in the order in which a new user meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one command, or None where there is no such name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List every command with its line of help, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="autoscale")
def cli() -> None:
    """Does your autoscaler keep its promise?

    Deploys a service with a HorizontalPodAutoscaler, drives traffic at it with Locust, records pods,
    decisions and latency on one clock, and leaves a report and a verdict.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the console script: every error ends as one readable message and its exit code."""
    try:
        code = cli.main(args=list(arguments) if arguments is not None else None, standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Interrupted.", err=True)
        sys.exit(ExitCode.INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(ExitCode.BAD_INPUT)
    except AutoscaleError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)
    except Exception:  # Python would end with 1, which says that an objective failed
        traceback.print_exc()
        click.echo("Error: this is a mistake of autoscale's own. Please report it with the lines above.", err=True)
        sys.exit(ExitCode.UNKNOWN)
    sys.exit(code if isinstance(code, int) else ExitCode.PASS)
