"""What an analysis gives: frozen values that a report renders and that turn into JSON.

All times are seconds since the epoch on the observer's clock; durations seconds; CPU millicores; shares 0..1
unless the unit says percent. Unknown is None.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autoscale.analysis.histograms import HistogramSeries
from autoscale.analysis.plan import LoadChange, PlannedRate
from autoscale.analysis.results.figures import (
    Generator,
    Latency,
    LatencyObjective,
    Measure,
    NameFigures,
    Reaction,
)
from autoscale.analysis.results.scaling import (
    ColdStart,
    Decision,
    HpaSpec,
    KedaSpec,
    PodLife,
    ScaleDown,
    ScaleEvent,
    ScaleUp,
    VpaSpec,
)
from autoscale.analysis.results.series import (
    ConditionSpan,
    Cpu,
    Demand,
    EventAt,
    GapSpan,
    HpaMetric,
    Intervention,
    MarkAt,
    Moment,
    Named,
    NodeLife,
    Replicas,
    Seconds,
    StageSpan,
)
from autoscale.analysis.steps import StepSeries
from autoscale.record.rows.header import Header


@dataclass(frozen=True)
class Recorded:
    """What is read off the record.

    ``metric_ages``: (time, longest window, longest time since the sample before) in each 15 s. ``nodes``: allocatable
    millicores; ``node_count``: how many there were; ``memory_requested``: bytes that the running pods asked for;
    ``containers``: names in the target's pods; ``others``: pods under its selector that are not its own, by their
    owners. ``pod_bins``: answers of each pod in every 10 s, name -> (time of the first, counts).
    """

    header: Header
    run: str
    start: float
    end: float
    partial: bool
    end_reason: str | None
    clocks: Mapping[str, Moment]
    marks: tuple[MarkAt, ...]
    events: tuple[EventAt, ...]
    gaps: tuple[GapSpan, ...]
    keda: KedaSpec | None
    vpa: VpaSpec | None
    metric_ages: tuple[tuple[float, float, float], ...]
    nodes: Mapping[str, int]
    node_lives: tuple[NodeLife, ...]
    node_count: StepSeries
    memory_requested: StepSeries
    containers: tuple[str, ...]
    others: Mapping[str, tuple[str, ...]]
    pod_bins: Mapping[str, tuple[float, Sequence[int]]]
    unread_rows: int
    faults: tuple[str, ...]
    set_back_s: float
    late_s: float
    machine: StepSeries


@dataclass(frozen=True)
class Loaded:
    """What tells of the load alone.

    ``plan``: the planned rate; ``changes``: where it moves steeply. ``bad``: per second, the requests that were not
    good (None without a latency objective). ``by_name`` and ``names``: the requests of each name, where their names
    are known.
    """

    load_start: float | None
    load_end: float | None
    stages: tuple[StageSpan, ...]
    seconds: Seconds
    plan: PlannedRate
    changes: tuple[LoadChange, ...]
    objective: LatencyObjective | None
    bad: list[int | None] | None
    responses: HistogramSeries
    services: HistogramSeries
    failures: Mapping[str, int]
    by_name: Mapping[str, Named]
    names: tuple[NameFigures, ...]


@dataclass(frozen=True)
class Analysis(Loaded, Recorded):
    """Everything that is known of one run. ``notes`` say in words what could not be known and why.

    ``conditions``: of the HPA, and of the ScaledObject as ``keda Ready``. ``hpa_metrics``: what the HPA saw of each of
    its metrics. ``flapping``: the span of the most reversals. ``latency``: of the whole load, then of its parts.
    ``interventions``: what somebody else did to HPA, workload or pods.
    """

    replicas: Replicas
    cpu: Cpu
    hpa_metrics: tuple[HpaMetric, ...]
    hpa: HpaSpec | None
    conditions: tuple[ConditionSpan, ...]
    scale_events: tuple[ScaleEvent, ...]
    scale_ups: tuple[ScaleUp, ...]
    scale_downs: tuple[ScaleDown, ...]
    cold_starts: tuple[ColdStart, ...]
    pods: tuple[PodLife, ...]
    demand: Demand
    latency: tuple[Latency, ...]
    reaction: Reaction
    measures: Mapping[str, Measure]
    flapping: tuple[float, float] | None
    decisions: tuple[Decision, ...]
    generator: Generator
    interventions: tuple[Intervention, ...]
    notes: tuple[str, ...]
