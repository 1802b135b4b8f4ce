"""What every reader of a trace takes and gives."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NoReturn

from loadtest.errors import Problem, ScenarioError
from loadtest.plan import Point
from loadtest.traces.bins import Tally

Form = Literal["rate", "count", "limbo", "counter"]
SHOWN = 20  # mistakes of one file that are listed; more would hide the first


@dataclass(frozen=True)
class Understood:
    """A trace as it was read.

    ``points``: (second from the trace's begin, requests per second). ``what``: the kind of file and form in words;
    ``begin``: seconds since the epoch, where its times are dated; ``zone`` and ``bins`` in words; ``notes``: what was
    left out or assumed; ``mix``: how often each "METHOD /path" was asked for, where the trace tells; ``tally``: the
    counts, where single requests were counted: a part of the trace is then cut from these.
    """

    points: list[Point]
    what: str
    begin: float | None = None
    zone: str = ""
    bins: str = ""
    notes: tuple[str, ...] = ()
    mix: Counter[str] = field(default_factory=Counter)
    tally: Tally | None = None


@dataclass(frozen=True)
class Source:
    """A file to be read: its name, its lines (read once), and the form that was asked for."""

    name: str
    lines: Iterable[str]
    form: Form | None = None


@dataclass(frozen=True)
class Reader:
    """One kind of trace. ``matches`` sees the first lines that are not blank; ``order``: lower is asked first."""

    matches: Callable[[Sequence[str]], bool]
    read: Callable[[Source], Understood]
    order: int


def refuse(name: str, problems: Iterable[Problem]) -> NoReturn:
    """Raise the one error of a trace; a long list of mistakes is cut."""
    every = list(problems)
    more = [Problem(name, f"{len(every) - SHOWN} more mistakes")] if len(every) > SHOWN else []
    raise ScenarioError(f"The trace {name} cannot be used.", every[:SHOWN] + more)


def ask(name: str, found: str, forms: str = "rate or count") -> NoReturn:
    """Refuse because it cannot be told what the numbers are."""
    fix = "Say which by `form:` under `load.trace` (`--form` of autoscale plan)."
    refuse(name, [Problem(name, found, f"numbers that are known to be {forms}", fix)])
