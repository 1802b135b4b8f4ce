"""What is wrong with what a person wrote: ``Problem`` is the whole project's, ``ScenarioError`` the load's.

A leaf: it travels with the load generator, which has nothing of ``autoscale``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


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


class ScenarioError(Exception):
    """A scenario, trace or ``--set`` is wrong; ``what`` is one line, ``problems`` lists every mistake."""

    def __init__(self, what: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([self.what, *(f"  {problem}" for problem in self.problems)])


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that names the closest known word, or all of them where none is close."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]}?"
    return f"Known: {', '.join(names)}."
