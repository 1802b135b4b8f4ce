"""One form for every error a user sees: what, where, found, wanted, how to fix."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from autoscale.base.exits import ExitCode


@dataclass(frozen=True)
class Problem:
    """One mistake at one place.

    ``where`` reads ``file: path.to.field``; ``found`` and ``wanted`` are short texts, ``fix`` a sentence.
    """

    where: str
    found: str
    wanted: str = ""
    fix: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: found {self.found}"
        if self.wanted:
            text += f", wanted {self.wanted}"
        return f"{text}. {self.fix}" if self.fix else text


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


class _ToldProblem(Protocol):
    """A mistake as another package tells it, in the fields of a ``Problem``."""

    @property
    def where(self) -> str: ...
    @property
    def found(self) -> str: ...
    @property
    def wanted(self) -> str: ...
    @property
    def fix(self) -> str: ...


class _Told(Protocol):
    """Another package's error about what a person wrote, such as ``loadtest.errors.ScenarioError``."""

    @property
    def what(self) -> str: ...
    @property
    def problems(self) -> Iterable[_ToldProblem]: ...


def input_error(told: _Told) -> InputError:
    """The same as ours, every problem kept."""
    problems = [Problem(one.where, one.found, one.wanted, one.fix) for one in told.problems]
    return InputError(told.what, problems=problems)


class ClusterError(AutoscaleError):
    """The cluster refused, failed or could not be reached."""

    def __init__(self, what: str, *, problems: Iterable[Problem] = (), fix: str = "") -> None:
        super().__init__(what, problems=problems, fix=fix, exit_code=ExitCode.CLUSTER_FAILED)


class GeneratorError(AutoscaleError):
    """The load generator did not start, or died."""

    def __init__(self, what: str, *, problems: Iterable[Problem] = (), fix: str = "") -> None:
        super().__init__(what, problems=problems, fix=fix, exit_code=ExitCode.GENERATOR_FAILED)
