"""All sources on one clock: the observer's."""

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import pairwise

from autoscale.analysis.results.series import Moment
from autoscale.record.rows.course import Clock

SERVER = "api"
OBSERVER = "observer"
WALL = "wall"
"""The clock of the observer's machine: the observer's own goes on as if it had not been set."""
_RESOLUTION_S = 1.0  # Kubernetes writes whole seconds, cut off


SET_S = 0.1  # measurements that differ by more than their errors and this are of a clock that was set between them


@dataclass(slots=True)
class Clocks:
    """The offsets heard so far: {clock: Moment(offset, error)}; a clock that was not measured is taken as ours.

    ``settings``: of each clock the offsets in force from when on; more than one where it was set in mid-run.
    """

    offsets: dict[str, Moment] = field(default_factory=dict)
    settings: dict[str, list[tuple[float, Moment]]] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    def add(self, row: Clock) -> None:
        """Take a ``clock`` row. A later one of the same clock replaces an earlier one, from its own time on where the
        clock was set in between, else for all time."""
        now = Moment(row["offset_s"], row["error_s"])
        before = self.settings.setdefault(row["clk"], [])
        if before and abs(now.at - before[-1][1].at) <= now.error_s + before[-1][1].error_s + SET_S:
            before[-1] = (before[-1][0], now)
        else:
            before.append((row["t"], now))
        self.offsets[row["clk"]] = now

    def was_set(self) -> list[tuple[str, float, float]]:
        """(clock, from when on, by how much) for every clock that was set while it was watched, by its time."""
        found = [
            (clk, later[0], later[1].at - before[1].at)
            for clk, settings in self.settings.items()
            for before, later in pairwise(settings if clk != WALL else [(0.0, Moment(0.0, 0.0)), *settings])
        ]
        return sorted(found, key=lambda one: one[1])

    def measured(self, clk: str) -> bool:
        """Whether it is known how far a clock is ahead of ours."""
        return clk in self.offsets or clk == OBSERVER

    def ours(self, at: float, clk: str) -> float:
        """A time of a source on the observer's clock."""
        offset = self.offsets.get(clk)
        if offset is None:
            self._asked.add(clk)
            return at
        return at - offset.at

    def unmeasured(self) -> list[str]:
        """Clocks other than ours that things were dated by and that no row ever measured."""
        return sorted(map(str, self._asked - self.offsets.keys() - {OBSERVER}))

    def server(self, t: float | None = None) -> Moment:
        """Offset and error of the API server's clock for what was heard at ``t`` (None: last); an unheard offset is 0
        with an error of a second."""
        found = self.settings.get(SERVER) or [(0.0, Moment(0.0, 1.0))]
        if t is None or len(found) == 1:
            return found[-1][1]
        return found[max(0, bisect_right(found, t, key=lambda one: one[0]) - 1)][1]

    def moment(self, server_time: float | None, received: float | None) -> Moment | None:
        """When something happened that the server dated in whole seconds and that we heard of at ``received``.

        It lies within [server time, server time + 1 s) and not after we heard of it, so the receive time is the
        sharper one wherever it falls into that second.
        """
        if server_time is None:
            return None
        offset = self.server(received)
        low = server_time - offset.at
        high = low + _RESOLUTION_S
        if received is not None:
            high = max(low, min(high, received))
        return Moment(high, high - low + offset.error_s)
