"""Sums over the load rows of a run, kept as they are written."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from autoscale.record.rows import course
from autoscale.record.rows.kinds import Row

_SUMMED: Final = ("planned", "sent", "answered", "dropped")


@dataclass
class Totals:
    """planned = sent + dropped and sent = answered + failed + in flight hold at the end of a run that was not cut."""

    sums: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    gaps: int = 0
    last_at: dict[int, float] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """Take in one row."""
        if row["k"] == "gap":
            self.gaps += 1
        if row["k"] != "load":
            return
        for name in _SUMMED:
            self.sums[name] += row[name] or 0
        if row["failed"]:
            self.failed.update(row["failed"])
        self.last_at[row["shard"]] = row["at"]

    def to_json(self) -> course.Totals:
        """As it stands in the ``end`` row."""
        return {
            "planned": self.sums["planned"],
            "sent": self.sums["sent"],
            "answered": self.sums["answered"],
            "dropped": self.sums["dropped"],
            "failed": dict(self.failed),
            "gaps": self.gaps,
            "workers": len(self.last_at),
        }
