"""One form for every error a user sees: what, where, found, wanted, how to fix."""

from collections.abc import Iterable

from autoscale.base.exits import ExitCode
from loadtest.errors import Problem, ScenarioError, did_you_mean

__all__ = [
    "AutoscaleError",
    "ClusterError",
    "GeneratorError",
    "InputError",
    "Interrupted",
    "Problem",
    "did_you_mean",
    "input_error",
]


class AutoscaleError(Exception):
    """What went wrong, said so that a person can mend it; carries the exit code of the command.

    ``problems`` lists every mistake of a file at once; ``fix`` is one sentence on what to do.
    """

    def __init__(
        self,
        what: str,
        *,
        problems: Iterable[Problem] = (),
        fix: str = "",
        exit_code: ExitCode = ExitCode.BAD_INPUT,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.problems = tuple(problems)
        self.fix = fix
        self.exit_code = exit_code

    def __str__(self) -> str:
        lines = [self.what, *(f"  {problem}" for problem in self.problems)]
        if self.fix:
            lines.append(f"To fix: {self.fix}")
        return "\n".join(lines)


class InputError(AutoscaleError):
    """A file, option or record that a person wrote is wrong."""


def input_error(told: ScenarioError) -> InputError:
    """What is wrong with a scenario as this program's error, every problem kept."""
    return InputError(told.what, problems=told.problems)


class Interrupted(AutoscaleError):
    """The user asked for the end before there was anything to be ended in order."""

    def __init__(self, what: str) -> None:
        super().__init__(what, exit_code=ExitCode.INTERRUPTED)


class ClusterError(AutoscaleError):
    """The cluster refused, failed or could not be reached."""

    def __init__(self, what: str, *, problems: Iterable[Problem] = (), fix: str = "") -> None:
        super().__init__(what, problems=problems, fix=fix, exit_code=ExitCode.CLUSTER_FAILED)


class GeneratorError(AutoscaleError):
    """The load generator did not start, or died."""

    def __init__(self, what: str, *, problems: Iterable[Problem] = (), fix: str = "") -> None:
        super().__init__(what, problems=problems, fix=fix, exit_code=ExitCode.GENERATOR_FAILED)
