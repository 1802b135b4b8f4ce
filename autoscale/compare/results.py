"""What a comparison gives."""

from dataclasses import dataclass
from typing import Literal

from autoscale.base.exits import ExitCode

Change = Literal["better", "worse", "same", "differs", "cannot say"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure on both sides: medians over the runs, and new less base with its 95 % interval.

    ``change``: better, worse, same, differs (a change in a measure without a better way), or cannot say, for
    ``reason``. ``gates``: a change for the worse is a regression. ``p``: of the rank test.
    ``base_text``, ``new_text``: between which bounds a percentile lies, where an import tells no more of it.
    """

    name: str
    title: str
    unit: str
    base: tuple[float | None, ...]
    new: tuple[float | None, ...]
    base_median: float | None
    new_median: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    change: Change
    reason: str
    gates: bool
    base_text: str | None = None
    new_text: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One run's curves from the load's beginning, for drawing: (seconds, value); ``side``: base or new."""

    side: Literal["base", "new"]
    run: str
    ready: tuple[tuple[float, float], ...]
    p95: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sets of runs. ``outcome``: regression, no regression, cannot say, or invalid (a run cannot be believed)."""

    base: tuple[str, ...]
    new: tuple[str, ...]
    outcome: Literal["regression", "no regression", "cannot say", "invalid"]
    reason: str
    differences: tuple[Difference, ...]
    warnings: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def exit_code(self) -> ExitCode:
        """1 on a regression, 5 where noise cannot be told from change, 6 where a run is invalid."""
        return {
            "regression": ExitCode.OBJECTIVE_FAILED,
            "no regression": ExitCode.PASS,
            "cannot say": ExitCode.UNKNOWN,
            "invalid": ExitCode.INVALID,
        }[self.outcome]
