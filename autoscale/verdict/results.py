"""What judging gives: one judgement an objective, the validity of the run, and the verdict."""

from dataclasses import dataclass
from typing import Literal

from autoscale.base.exits import ExitCode
from autoscale.objectives.language import Objective

Outcome = Literal["pass", "fail", "unknown", "invalid"]

EXIT_CODES: dict[Outcome, ExitCode] = {
    "pass": ExitCode.PASS,
    "fail": ExitCode.OBJECTIVE_FAILED,
    "unknown": ExitCode.UNKNOWN,
    "invalid": ExitCode.INVALID,
}


@dataclass(frozen=True, slots=True)
class Check:
    """One question on whether to believe the run. ``effect``: what it does to the verdict; ``words`` say why."""

    name: str
    effect: Literal["none", "unknown", "invalid"]
    value: float | None
    bound: float | None
    unit: str
    words: str
    start: float | None = None
    end: float | None = None

    @classmethod
    def of_count(cls, count: int, *, name: str, good: str, bad: str) -> "Check":
        """A check that holds where there is none of something; ``good`` and ``bad`` are its words."""
        effect: Literal["none", "unknown"] = "unknown" if count else "none"
        return cls(name=name, effect=effect, value=float(count), bound=0, unit="count", words=bad if count else good)


@dataclass(frozen=True, slots=True)
class Validity:
    """Whether to believe the run: ``invalid``: the generator was the limit; ``unknown``: something was not seen."""

    outcome: Literal["valid", "unknown", "invalid"]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """One objective judged. ``value`` is in the unit of the objective's bound; ``reason`` in words."""

    objective: Objective | None
    text: str
    outcome: Outcome
    value: float | None
    value_text: str
    bound_text: str
    start: float | None
    end: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The run's verdict: the worst of validity and judgements, never pass where something needed was not seen."""

    outcome: Outcome
    reason: str
    validity: Validity
    judgements: tuple[Judgement, ...]

    @property
    def exit_code(self) -> ExitCode:
        """What a command that judges ends with."""
        return EXIT_CODES[self.outcome]
