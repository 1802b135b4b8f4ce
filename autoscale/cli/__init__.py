"""The command line: one file per command, loaded only when it is called."""

import errno
import importlib
import io
import re
import sys
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import click

from autoscale.base.collector import uncollected
from autoscale.base.errors import AutoscaleError, Interrupted
from autoscale.base.exits import ExitCode
from autoscale.base.outlets import discard
from autoscale.base.version import VERSION
from autoscale.cli.say import echo

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_OPENING = re.compile(r'"""``autoscale ([a-z]+)[^`]*``: (.+?\.)"*$')
# In the order in which a new user meets them; a command that is not named here comes after these.
_ORDER = ("run", "ui", "plan", "report", "judge", "compare", "whatif", "tune", "import")


class Entry(NamedTuple):
    """A command that is not imported yet: the module whose ``command`` it is, and its line of help."""

    module: str
    help: str


@cache
def commands() -> Mapping[str, Entry]:
    """Every file of this folder that opens with ``autoscale NAME``, by name.

    Only its first line is read: importing the Kubernetes client costs 0.4 s, and `autoscale --help` should not pay it.
    """
    found = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        with path.open(encoding="utf-8") as file:
            told = _OPENING.match(file.readline())
        if told:
            found[told[1]] = Entry(f"autoscale.cli.{path.stem}", told[2][:1].upper() + told[2][1:])
    rank = {name: at for at, name in enumerate(_ORDER)}
    return dict(sorted(found.items(), key=lambda item: (rank.get(item[0], len(rank)), item[0])))


class LazyGroup(click.Group):
    """A click group that imports a command's module only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands in the order in which a new user meets them."""
        return list(commands())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one command, or None where there is no such name."""
        if cmd_name not in commands():
            return None
        with uncollected():  # what is imported stays
            command: click.Command = importlib.import_module(commands()[cmd_name].module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments begin with; NoSuchCommand with the closest name where there is none."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(error.command_name, possibilities=self.list_commands(ctx), ctx=ctx) from None

    def invoke(self, ctx: click.Context) -> object:
        """Call the command; a path that cannot be read or written is a mistake of whoever gave it."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.filename is None:
                raise
            what = f"cannot use {str(error.filename)[:200]}: {error.strerror}"
            raise AutoscaleError(what, fix="look at the path, its rights and the room on its disk") from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List every command with its line of help, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in commands().items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="autoscale")
def cli() -> None:
    """Does your autoscaler keep its promise?

    Deploys a service with a HorizontalPodAutoscaler, drives traffic at it with Locust, records pods,
    decisions and latency on one clock, and leaves a report and a verdict.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the console script: every error ends as one readable message and its exit code."""
    stdout = sys.stdout
    try:
        code = cli.main(args=list(arguments) if arguments is not None else None, standalone_mode=False)
    except (click.exceptions.Abort, Interrupted):
        echo("Interrupted.", err=True)
        sys.exit(ExitCode.INTERRUPTED)
    except click.ClickException as error:
        told = io.StringIO()
        error.show(told)
        echo(told.getvalue(), err=True, nl=False)
        sys.exit(ExitCode.BAD_INPUT)
    except AutoscaleError as error:
        echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)
    except SystemExit:
        if sys.stdout is stdout:
            raise
        # `| head`: nobody reads on. click replaces standard output then and ends with 1, another thing here.
        sys.exit(ExitCode.INTERRUPTED)
    except Exception as error:  # Python would end with 1, which says that an objective failed
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            echo(f"Error: cannot write what was to be printed: {error.strerror}", err=True)
            discard(stdout)
            sys.exit(ExitCode.BAD_INPUT)
        echo(traceback.format_exc(), err=True, nl=False)
        echo("Error: this is a mistake of autoscale's own. Please report it with the lines above.", err=True)
        sys.exit(ExitCode.UNKNOWN)
    sys.exit(code if isinstance(code, int) else ExitCode.PASS)
