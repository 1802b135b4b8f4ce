"""What was heard late although no connection broke. State and no I/O.

Two measures, since no cluster gives one that is enough. Every object tells when the API server wrote it last, so a
change that comes long after that was late: on whatever connection, through whatever caches. A deletion or a binding
tells no such time; but a server of which nothing is heard, and which does not answer, was not heard by anybody.
(A third is the watch's own: bookmarks, where a server sends them often.)
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from autoscale.cluster.watch import BURST_S, LATE_S, Change, Lost

BEAT_S = 1.0
"""After so long without a word a server is asked for one."""

_RESOLUTION_S = 1.0  # Kubernetes writes whole seconds, cut off


@dataclass
class Lateness:
    """``told``: until when each source is known to have been late."""

    told: dict[str, float] = field(default_factory=dict)
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=4096))

    def of_change(self, change: Change, source: str, offset_s: float, error_s: float) -> list[Lost]:
        """The gap before a change that was written too long before it was heard; one for all that came with it.

        A change that is more than LATE_S late is never missed; one that is up to a second less may be told too.
        """
        if change.written is None:
            return []
        since, by = change.written - offset_s - error_s, change.written + _RESOLUTION_S - offset_s + error_s
        if change.t - by <= LATE_S - _RESOLUTION_S:
            return []
        before = self.told.get(source, -math.inf)
        self.told[source] = change.t
        if change.t - before < BURST_S:
            return []
        cause = f"{change.t - by:.1f} s or more passed between the API server's writing and our hearing of it"
        return [Lost(source, max(since, before), change.t, cause)]

    def of_silence(self, source: str, since: float, until: float) -> list[Lost]:
        """The gap of a silence that held something back; where nothing came with its end nothing was late."""
        if not any(since + LATE_S <= t <= until + BURST_S for t in self.recent):
            return []
        return [Lost(source, since, until, f"no answer for {until - since:.1f} s: what changed was heard late")]


@dataclass(frozen=True)
class Silence:
    """A server that is asked every second did not answer from ``since`` until ``until``."""

    source: str
    since: float
    until: float


class Pulse:
    """When a server was heard last, whatever way. A silence is told a beat later, when what it held back has come."""

    def __init__(self, source: str, heard: Callable[[], float], now: float) -> None:
        self._source, self._heard, self._last = source, heard, now
        self._told: Silence | None = None

    def beats(self, now: float) -> bool:
        """Whether it was heard within the last second."""
        self._last = max(self._last, self._heard())
        return now - self._last < BEAT_S

    def answered(self, now: float) -> None:
        """It answered what it was asked when it had not been heard for a second, or its clock was to be looked at."""
        spoke_before = self._last < self._heard() < now - BURST_S  # another connection did not wait
        if now - self._last > LATE_S and not spoke_before:
            self._told = Silence(self._source, self._last, now)
        self._last = now

    def over(self, now: float) -> Silence | None:
        """The silence that ended a second ago."""
        if self._told is None or now - self._told.until < BEAT_S:
            return None
        told, self._told = self._told, None
        return told
