"""All sources on one clock: the observer's."""

from dataclasses import dataclass, field

from autoscale.analysis.results.analysis import Moment
from autoscale.record import rows

SERVER = "api"
OBSERVER = "observer"
_RESOLUTION_S = 1.0  # Kubernetes writes whole seconds, cut off


@dataclass(slots=True)
class Clocks:
    """The offsets heard so far: {clock: Moment(offset, error)}; a clock that was not measured is taken as ours."""

    offsets: dict[str, Moment] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    def add(self, row: rows.Clock) -> None:
        """Take a ``clock`` row; a later one replaces an earlier one of the same clock."""
        self.offsets[row["clk"]] = Moment(row["offset_s"], row["error_s"])

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

    def server(self) -> Moment:
        """Offset and error of the API server's clock; an unheard offset is 0 with an error of a second."""
        return self.offsets.get(SERVER, Moment(0.0, 1.0))

    def moment(self, server_time: float | None, received: float | None) -> Moment | None:
        """When something happened that the server dated in whole seconds and that we heard of at ``received``.

        It lies within [server time, server time + 1 s) and not after we heard of it, so the receive time is the
        sharper one wherever it falls into that second.
        """
        if server_time is None:
            return None
        offset = self.server()
        low = server_time - offset.at
        high = low + _RESOLUTION_S
        if received is not None:
            high = max(low, min(high, received))
        return Moment(high, high - low + offset.error_s)
