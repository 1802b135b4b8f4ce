"""Where runs are asked for: between the page, which takes the wish, and the thread that runs it. One run at a time."""

import queue
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """A scenario to choose: its name, what it is for, how long its load lasts (s) and its peak, counted in ``unit``."""

    name: str
    description: str
    duration_s: float
    peak: float
    unit: str = "requests per second"


@dataclass(frozen=True)
class Launch:
    """What a person asked for; ``rate_factor`` multiplies every rate of the scenario, ``time_factor`` every span."""

    scenario: str
    rate_factor: float = 1.0
    time_factor: float = 1.0


@dataclass(frozen=True)
class PastRun:
    """A run that left a record: its folder's name, when it began (epoch s), its scenario, its verdict in a word."""

    name: str
    began: float | None
    scenario: str
    verdict: str
    has_report: bool


class Refused(ValueError):
    """The wish cannot be granted; the text says why, for the person at the page."""


class Desk:
    """The runs that may be chosen, the one that is going on, and those that were.

    ``choices`` and ``past`` are asked each time the page is shown; ``stop`` is called to end the run early.
    """

    # Beyond these the load is no longer the scenario's, and a slip of the finger would be a flood.
    FACTORS = (0.1, 10.0)

    def __init__(
        self,
        choices: Callable[[], Sequence[Choice]],
        past: Callable[[], Sequence[PastRun]],
        stop: Callable[[], None],
    ) -> None:
        self.choices, self.past, self.stop = choices, past, stop
        self.token = secrets.token_urlsafe(16)
        self.busy: Launch | None = None
        self.error: str | None = None
        self._wishes: queue.SimpleQueue[Launch] = queue.SimpleQueue()

    def ask(self, launch: Launch) -> None:
        """Put a run on the desk. Raises Refused for one that is not to be had, or while another goes on."""
        if self.busy is not None:
            raise Refused(f"A run of {self.busy.scenario} is going on; it has to end first.")
        if launch.scenario not in {choice.name for choice in self.choices()}:
            raise Refused(f"There is no scenario {launch.scenario!r}.")
        low, high = self.FACTORS
        for name, factor in (("rate", launch.rate_factor), ("duration", launch.time_factor)):
            if not low <= factor <= high:
                raise Refused(f"The {name} factor is {factor:g}; it has to be from {low:g} to {high:g}.")
        self.busy, self.error = launch, None
        self._wishes.put(launch)

    def take(self, timeout_s: float) -> Launch | None:
        """The next run to do, for the thread that does it; None when there is none within ``timeout_s``."""
        try:
            return self._wishes.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def done(self, error: str | None = None) -> None:
        """The run that was taken has ended; ``error``: why it could not be done."""
        self.busy, self.error = None, error
