"""How far a worker's clock is ahead of the master's, by asking for the time (Cristian's algorithm)."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """One exchange: asked and answered on the master's clock, ``remote`` on the worker's; seconds since the epoch."""

    asked: float
    remote: float
    answered: float


@dataclass(frozen=True)
class Offset:
    """The other clock is ``seconds`` ahead, within ``error_s``."""

    seconds: float
    error_s: float

    @property
    def correction(self) -> float:
        """What to add to a time for the other clock: nothing where the difference cannot be told from none."""
        return self.seconds if abs(self.seconds) > self.error_s else 0.0


def offset(readings: Iterable[Reading]) -> Offset:
    """The offset from the quickest exchange: the answer was given somewhere between question and receipt."""
    best = min(readings, key=lambda reading: reading.answered - reading.asked)
    return Offset(best.remote - (best.asked + best.answered) / 2, (best.answered - best.asked) / 2)


def steady() -> Callable[[], float]:
    """This machine's time as of now, in seconds since the epoch, carried on by a clock that nobody sets."""
    base = time.time() - time.monotonic()
    return lambda: base + time.monotonic()
