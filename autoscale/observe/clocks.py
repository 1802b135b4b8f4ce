"""Clocks of the load pods against the observer's: the master measures its workers, the observer the master."""

from dataclasses import dataclass, field

from autoscale.record.rows.course import Clock
from loadtest.lines import WorkerClock

WALL = "wall"
"""The clock of the observer's machine, which may be set while it records."""


@dataclass
class Clocks:
    """Offsets known so far; ``rows`` of workers come out once the master's own clock is known."""

    masters: dict[str, tuple[float, float]] = field(default_factory=dict)
    workers: dict[str, tuple[str, float, float]] = field(default_factory=dict)

    def master(self, clk: str, offset_s: float, error_s: float) -> list[Clock]:
        """The master's clock was measured (again): its row, and those of the workers measured against it."""
        self.masters[clk] = (offset_s, error_s)
        return [clock_row(clk, offset_s, error_s)] + [
            self._row(worker) for worker, (against, _, _) in self.workers.items() if against == clk
        ]

    def worker(self, row: WorkerClock) -> list[Clock]:
        """A worker's clock was measured against ``row["against"]``."""
        self.workers[row["clk"]] = (row["against"], row["offset_s"], row["error_s"])
        return [self._row(row["clk"])] if row["against"] in self.masters else []

    def _row(self, worker: str) -> Clock:
        """A worker's clock against ours: offsets add, and so do errors."""
        against, offset_s, error_s = self.workers[worker]
        master_offset, master_error = self.masters[against]
        return clock_row(worker, offset_s + master_offset, error_s + master_error)


def clock_row(clk: str, offset_s: float, error_s: float) -> Clock:
    """A ``clock`` row."""
    return {"k": "clock", "clk": clk, "offset_s": round(offset_s, 6), "error_s": round(error_s, 6)}
