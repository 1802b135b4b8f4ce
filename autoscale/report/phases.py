"""The phases of a start as a reader sees them: rounded to the error they have, and drawn to scale."""

from collections.abc import Sequence
from dataclasses import dataclass

from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.results.scaling import Phase, PodLife, ScaleUp
from autoscale.report import words

# What a reader sees for each of analysis.results.scaling.PHASES.
PHASE_WORDS = {
    "metric": "Until the metric showed it",
    "decision": "Until the HPA decided",
    "activation": "Until KEDA woke the target",
    "created": "Creating the pods",
    "node asked": "Until a node was asked for",
    "node there": "Until the node was there",
    "node ready": "Until the node was ready",
    "scheduled": "Scheduling",
    "pulled": "Pulling the image",
    "started": "Starting the container",
    "ready": "Becoming ready",
    "in service": "Entering the Service",
    "first answer": "Until the first answer",
}


@dataclass(frozen=True)
class Bar:
    """One phase: its duration in words, where its bar begins and its width (percent of the whole, None: no bar)."""

    name: str
    words: str
    left: float | None
    width: float | None


def bars(growth: ScaleUp) -> list[Bar]:
    """The phases of a growth."""
    told = {phase.name: spoken for phase, spoken in zip(growth.phases, spoken_durations(growth.phases), strict=True)}
    return [Bar(phase.name, told[phase.name], *_place(phase, growth)) for phase in growth.phases]


def spoken_durations(phases: Sequence[Phase]) -> list[str]:
    """Each phase's duration with its error: that of its own moment and that of the moment before it."""
    found, before = [], 0.0
    for phase in phases:
        found.append(words.measured(phase.duration_s, before + (phase.error_s or 0.0)))
        if phase.end is not None:
            before = phase.error_s or 0.0
    return found


def spoken_phase(growth: ScaleUp, name: str) -> str:
    """The duration of one phase of a growth."""
    return next(bar.words for bar in bars(growth) if bar.name == name)


def _place(phase: Phase, growth: ScaleUp) -> tuple[float | None, float | None]:
    start = growth.phases[0].start
    if phase.start is None or start is None or phase.duration_s is None or not growth.total_s:
        return None, None
    return _percent((phase.start - start) / growth.total_s), _percent(phase.duration_s / growth.total_s)


def _percent(share: float) -> float:
    return round(min(max(100 * share, 0), 100), 2)


def ready_after(pod: PodLife) -> str:
    """From created to Ready, as exactly as both are known."""
    if pod.ready_at is None or pod.created is None or pod.ready_at < pod.created:
        return words.UNKNOWN
    return words.measured(pod.ready_at - pod.created, start_error(pod))


def start_error(pod: PodLife) -> float:
    """How far the time from created to Ready may be off (s)."""
    errors = {phase.name: phase.error_s or 0.0 for phase in pod.start_phases}
    ready = errors.get("ready", 0.0)
    return ready + errors.get("created", ready)


def slowest_scale_up(analysis: Analysis) -> ScaleUp | None:
    """The growth that took longest from the load change to the last new pod's first answer."""
    known = [growth for growth in analysis.scale_ups if growth.total_s is not None]
    return max(known, key=lambda growth: growth.total_s or 0.0, default=None)


def gravest_scale_up(analysis: Analysis) -> ScaleUp | None:
    """The growth to speak of first: from no pods, where requests failed or waited for it, else the slowest."""
    harmed = [cold for cold in analysis.cold_starts if cold.harmed and cold.growth.slowest_phase is not None]
    worst = max(harmed, key=lambda cold: cold.harmed, default=None)
    return worst.growth if worst is not None else slowest_scale_up(analysis)
