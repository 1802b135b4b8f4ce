"""What was heard late although no connection broke. State and no I/O.

Two measures, since no cluster gives one that is enough. Every object tells when the API server wrote it last, so a
change that comes long after that was late: on whatever connection, through whatever caches. A deletion or a binding
tells no such time; but a server that is asked every second and does not answer was not heard in between by anybody.
(A third is the watch's own: bookmarks, where a server sends them often.)
"""

import math
from collections import deque
from dataclasses import dataclass, field

from autoscale.cluster.watch import BURST_S, LATE_S, Change, Lost

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
