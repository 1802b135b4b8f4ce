"""The observer's clock: it begins with the machine's and is carried on by one that nobody sets."""

import time
from collections.abc import Callable


class SteadyClock:
    """Seconds since the epoch that never jump and never run backwards, whatever is done to the machine's clock.

    Called, it tells the machine's time as of its making plus what has passed since by the monotonic clock.
    """

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._base = wall() - monotonic()

    def __call__(self) -> float:
        """Now."""
        return self._base + self._monotonic()

    def ahead(self) -> float:
        """How far the machine's clock has been set forward since, in seconds; negative where it was set back."""
        return self._wall() - self()
