"""What a fault is, and what was found when it was met."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from autoscale.base.exits import ExitCode


@dataclass(frozen=True)
class Wanted:
    """The truth: one of these exit codes, and words that have to be said (case and line breaks aside)."""

    codes: Sequence[int]
    says: Sequence[str] = ()
    never: Sequence[str] = ("Traceback (most recent call last)",)

    def __str__(self) -> str:
        """In a cell of a table."""
        codes = " or ".join(dict.fromkeys(_NAMES.get(code, str(code)) for code in self.codes))
        return codes + "".join(f", “{words}”" for words in self.says)

    def amiss(self, code: int | None, said: str) -> list[str]:
        """What is not as it should be, in words. A run that the generator spoilt is told as such and no further."""
        flat = " ".join(said.split()).lower()
        found = [] if code in self.codes else [f"ended with {code}"]
        says = () if code == ExitCode.INVALID else self.says
        found += [f"“{words}” is not said" for words in says if words.lower() not in flat]
        return found + [f"“{words}” is said" for words in self.never if words.lower() in flat]


_NAMES: dict[int, str] = {
    **{code: code.name.lower().replace("_", " ") for code in ExitCode},
    ExitCode.OBJECTIVE_FAILED: "fail",
    -9: "killed",
    200: "answered",
    400: "refused (4xx)",
}


@dataclass
class Met:
    """What was seen of one fault.

    ``lost``: rows of the load that a worker wrote and that are not in the record; None where none could be written.
    ``named``: whether record or verdict says that they are missing. ``left``: what stayed. ``next_s``: seconds from the
    end until the next run (or request) was served, its own start in it; None where that is no question.
    """

    code: int | None
    said: str
    lost: int | None = None
    named: bool = True
    left: list[str] = field(default_factory=list)
    next_s: float | None = None
    amiss: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """A row of the table."""

    kind: str
    fault: str
    wanted: str
    code: int | None
    why: list[str]
    lost: int | None
    named: bool
    left: list[str]
    next_s: float | None
    took_s: float
    said: str = ""

    @property
    def truthful(self) -> bool:
        """Whether the verdict was the truth."""
        return not self.why

    @property
    def held(self) -> bool:
        """Whether all is as it should be."""
        return self.truthful and not self.left and (not self.lost or self.named)


class Fault(Protocol):
    """One fault: what is done, and what has to be true afterwards. ``quick``: in this process, in a second or so."""

    name: str
    wanted: Wanted
    quick: bool

    def meet(self, home: Path) -> Met:
        """Let it happen, with this folder to oneself."""
        ...
