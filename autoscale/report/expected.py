"""What a model expects of other settings of a run: values that whoever makes a report hands to it, and their words.

They are computed elsewhere (``autoscale.whatif.expect``); a report can be made without them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from autoscale.report.words import duration, percent


@dataclass(frozen=True, slots=True)
class Range:
    """A middle and the 5 to 95 % band around it."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Effect:
    """One changed setting against the recorded one, both modelled.

    ``pods``: the change of pod-minutes, as a share; ``before`` and ``after``: p95 of the worst stage in seconds,
    ``gain`` their difference run by run, all None where the model does not know latency; ``each_m``: CPU request of a
    pod, where the change is of that.
    """

    pods: Range
    before: Range | None = None
    after: Range | None = None
    gain: Range | None = None
    each_m: int | None = None

    @property
    def quicker(self) -> bool | None:
        """Whether p95 is lower beyond doubt; None: latency is not known."""
        return None if self.gain is None else self.gain.high < 0

    @property
    def words(self) -> str:
        """``p95 of the worst stage 1.9 s -> 0.4 s (0.3 s to 0.6 s), 12 % more pod-minutes``."""
        pods = _pods(self.pods) + (f" of pods that ask for {self.each_m}m" if self.each_m is not None else "")
        if self.before is None or self.after is None or self.gain is None:
            return f"{pods}; what it does to latency this run cannot tell"
        if self.gain.low <= 0 <= self.gain.high and self.pods.low <= 0 <= self.pods.high:
            return f"no difference that the model can see (p95 of the worst stage {_spread(self.after)}, {pods})"
        return f"p95 of the worst stage {duration(self.before.middle)} -> {_spread(self.after)}, {pods}"


@dataclass(frozen=True, slots=True)
class Fewer:
    """The cheapest setting that would have held every objective with fewer pods.

    ``setting`` in words; ``patch``: YAML for ``kubectl patch hpa``; ``held``: of ``runs`` modelled runs; ``p95`` of
    the worst stage in seconds; ``bound_s``: the latency objective's; ``more_load``: the share of modelled runs under a
    fifth more load that held latency and errors.
    """

    setting: str
    patch: str
    patch_target: str
    pods: Range
    p95: Range
    bound_s: float | None
    held: float
    runs: int
    more_load: float

    @property
    def words(self) -> str:
        """The setting, what it saves and how much room it leaves."""
        room = f" of {duration(self.bound_s)} allowed" if self.bound_s is not None else ""
        held = f"every objective held in {percent(self.held)} of {self.runs} modelled runs"
        more = "they hold" if self.more_load >= 0.9 else "they do not hold"
        return (
            f"{self.setting}: the model expects {_pods(self.pods)}, {held}, "
            f"p95 of the worst stage {_spread(self.p95)}{room}; with a fifth more load {more}"
        )


@dataclass(frozen=True)
class Expected:
    """``effects``: by finding, what its patch would do; ``unknown``: why the model says nothing (more), None where it
    said all it was asked."""

    effects: Mapping[str, Effect] = field(default_factory=dict)
    fewer: Fewer | None = None
    unknown: str | None = None

    def words(self, finding: str) -> str | None:
        """What a finding's patch would do; None where that is not known."""
        effect = self.effects.get(finding)
        return effect.words if effect else None

    def rank(self, finding: str) -> tuple[int, float]:
        """Where advice belongs: what helps first, the most first; then what is not known; what does not help last."""
        effect = self.effects.get(finding)
        if effect is None or effect.gain is None:
            return (1, 0.0)
        return (0, effect.gain.middle) if effect.quicker else (2, 0.0)


def _pods(share: Range) -> str:
    """``12 % (9 % to 14 %) more pod-minutes``."""
    if share.low <= 0 <= share.high and abs(share.middle) < 0.005:
        return "as many pod-minutes"
    low, high = sorted((abs(share.low), abs(share.high))) if share.low * share.high > 0 else (share.low, share.high)
    band = "" if percent(low) == percent(high) else f" ({percent(low)} to {percent(high)})"
    return f"{percent(abs(share.middle))}{band} {'more' if share.middle > 0 else 'fewer'} pod-minutes"


def _spread(value: Range) -> str:
    same = duration(value.low) == duration(value.high)
    return duration(value.middle) + ("" if same else f" ({duration(value.low)} to {duration(value.high)})")
