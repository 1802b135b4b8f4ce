"""What an analysis gives: frozen values that a report renders and that turn into JSON.

All times are seconds since the epoch on the observer's clock; durations seconds; CPU millicores; shares 0..1
unless the unit says percent. Unknown is None.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from autoscale.analysis.histograms import HistogramSeries
from autoscale.analysis.plan import LoadChange, PlannedRate
from autoscale.analysis.steps import StepSeries


@dataclass(frozen=True, slots=True)
class StageSpan:
    """A named span of the load."""

    name: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class MarkAt:
    """A moment that the run wrote down (``load-start``, ``stage``, ``load-end``, ``interrupted``)."""

    name: str
    at: float
    stage: str | None


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment and how far it may be off (Kubernetes gives whole seconds, receive times bound them)."""

    at: float
    error_s: float


@dataclass(frozen=True, slots=True)
class Seconds:
    """One value per second from ``start`` on, all lists of one length. None: no row for that second was heard.

    Percentiles are of requests *intended* in that second, in seconds, counted from the intended time.
    ``dropped``: never sent.
    """

    start: float
    planned: list[int | None]
    sent: list[int | None]
    answered: list[int | None]
    failed: list[int | None]
    dropped: list[int | None]
    in_flight: list[int | None]
    p50: list[float | None]
    p95: list[float | None]
    p99: list[float | None]

    def __len__(self) -> int:
        return len(self.planned)


@dataclass(frozen=True, slots=True)
class Replicas:
    """Supply over time. ``desired``: the workload's spec.replicas; ``hpa_desired``: the HPA's status;
    ``running``: its status.replicas; ``ready``: its ready pods (the official supply)."""

    desired: StepSeries
    hpa_desired: StepSeries
    running: StepSeries
    ready: StepSeries


@dataclass(frozen=True, slots=True)
class Cpu:
    """CPU in millicores. ``total``: over all pods with a sample; ``by_pod`` by pod name; ``requested``: what the
    running pods requested; ``target``: that times the HPA's target. ``utilization``: percent of the requests, as the
    HPA's status showed it; ``target_percent``: None where the HPA has no CPU utilisation target."""

    total: StepSeries
    by_pod: Mapping[str, StepSeries]
    requested: StepSeries
    target: StepSeries
    utilization: StepSeries
    target_percent: float | None


@dataclass(frozen=True, slots=True)
class ScaleEvent:
    """One change of the workload's replicas. ``metric``: the HPA's metric in words with its value;
    ``explanation``: one sentence; ``by``: ``hpa`` | ``other`` | None (not known)."""

    at: float
    before: int
    after: int
    reason: str | None
    by: Literal["hpa", "other"] | None
    metric: str | None
    explanation: str

    @property
    def up(self) -> bool:
        """Whether it grew."""
        return self.after > self.before


PHASES = ("metric", "decision", "created", "scheduled", "pulled", "started", "ready", "in service", "first answer")


@dataclass(frozen=True, slots=True)
class Phase:
    """One part of a chain: from the previous known moment to this one.

    ``duration_s`` None: its moment was not seen (its time is then within the next known phase).
    ``error_s`` bounds the error of ``end``.
    """

    name: str
    start: float | None
    end: float | None
    duration_s: float | None
    error_s: float | None


@dataclass(frozen=True, slots=True)
class PodLife:
    """One pod of the target: where its start and its end went, and what it answered.

    ``start_phases`` run from the decision (where there was one) over created, scheduled, pulled, started, ready,
    in service, first answer; ``end_phases`` from deletion over endpoint gone, last answer, ended.
    """

    name: str
    uid: str
    node: str | None
    created: float | None
    ready_at: float | None
    removed_at: float | None
    start_phases: tuple[Phase, ...]
    end_phases: tuple[Phase, ...]
    answered: int | None
    failed: int | None
    share: float | None
    first_answer: float | None
    last_answer: float | None
    p95: float | None
    restarts: int
    reason: str | None
    cpu_request_m: int | None
    cpu_limit_m: int | None


@dataclass(frozen=True, slots=True)
class ScaleUp:
    """One growth, from ``origin`` (its load change, or the growth before it on the same change) to the last answer.

    ``phases`` add up to ``total_s`` (PHASES order); ``pods`` are the names of the new pods, ``slowest`` the one whose
    chain is shown. ``slowest_phase``: the name of the longest.
    """

    event: ScaleEvent
    load_change: float | None
    origin: float | None
    phases: tuple[Phase, ...]
    total_s: float | None
    pods: tuple[str, ...]
    slowest: str | None
    slowest_phase: str | None


@dataclass(frozen=True, slots=True)
class ScaleDown:
    """One shrinking: its pods and the requests that failed from its decision until the last of them was gone."""

    event: ScaleEvent
    pods: tuple[str, ...]
    total_s: float | None
    lost: int | None
    lost_causes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles (s) of one set of requests, counted from the intended time; ``service_``: from the sending."""

    label: str
    start: float | None
    end: float | None
    count: int | None
    failed: int | None
    dropped: int | None
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    p999: float | None
    highest: float | None
    service_p50: float | None
    service_p95: float | None
    service_p99: float | None


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of the run; its formula, source and direction stand in ``analysis.catalogue.CATALOGUE``.

    ``at_least``: it was not reached while the run was seen, so the value is a lower bound.
    """

    name: str
    value: float | None
    unit: str
    note: str = ""
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class Reached:
    """Seconds until something was reached, or ``at_least`` that many without reaching it. None: not known."""

    value: float | None
    at_least: bool = False
    note: str = ""


UNKNOWN = Reached(None)


@dataclass(frozen=True, slots=True)
class Reaction:
    """Of the largest rise: to the first growth, to ready >= demand, to latency back within its objective, to supply
    staying within one pod or 10 % of demand. ``overshoot``: (peak ready - demand) / demand."""

    step: LoadChange | None
    until: float | None
    detect: Reached = UNKNOWN
    capacity: Reached = UNKNOWN
    recovery: Reached = UNKNOWN
    settling: Reached = UNKNOWN
    overshoot: float | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """The pods needed over time and how that was found out."""

    curve: StepSeries
    how: str
    cpu_per_request_s: float | None
    idle_cpu_m: float | None
    beyond_max_share: float | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A recorded HPA decision beside what the HPA rule gives for the inputs that were seen.

    ``outcome``: agrees | differs | not reproducible. ``sample_at``: the end of the newest CPU window that it used,
    where that is known. ``words`` explain it, with the setting that bound it.
    """

    at: float
    current: int | None
    recorded: int | None
    computed: int | None
    outcome: Literal["agrees", "differs", "not reproducible"]
    sample_at: float | None
    metric: str | None
    bound_by: str | None
    words: str


@dataclass(frozen=True, slots=True)
class GapSpan:
    """A span in which a source was not heard."""

    source: str
    start: float
    end: float
    cause: str


@dataclass(frozen=True, slots=True)
class Generator:
    """How well the load generator kept its plan. ``lag_p99_s``: lateness of sending; ``cpu_share``: highest share of
    one core that a worker used over 10 s; ``missing_rows``: holes in the workers' sequence numbers."""

    workers: int
    workers_expected: int | None
    planned: int | None
    sent: int | None
    dropped: int | None
    lag_p99_s: float | None
    lag_max_s: float | None
    cpu_share: float | None
    missing_rows: int
    duplicate_rows: int
    lost_workers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LatencyObjective:
    """The tightest latency objective of the scenario: what counts as a good answer."""

    quantile: float
    bound_s: float
    text: str


@dataclass(frozen=True, slots=True)
class HpaSpec:
    """The last seen spec of the HPA, as far as measures and findings need it. ``raw`` is the API's form."""

    name: str
    min_replicas: int
    max_replicas: int
    target_percent: float | None
    down_window_s: float | None
    up_window_s: float | None
    tolerance: float
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ConditionSpan:
    """A span in which a condition of the HPA had one status and reason."""

    type: str
    status: str
    reason: str
    message: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class EventAt:
    """A Kubernetes event on the observer's clock."""

    at: float
    type: str
    reason: str
    message: str
    object: str
    count: int


@dataclass(frozen=True)
class Analysis:
    """Everything that is known of one run. ``notes`` say in words what could not be known and why.

    ``bad``: per second, the requests that were not good (None without a latency objective). ``plan``: the planned
    rate; ``changes``: where it moves steeply. ``flapping``: the span of the most reversals. ``metric_ages``:
    (time, longest window, longest time since the sample before) in each 15 s. ``nodes``: allocatable
    millicores; ``containers``: names in the target's pods.
    ``pod_bins``: answers of each pod in every 10 s, name -> (time of the first, counts).
    """

    header: Mapping[str, Any]
    run: str
    start: float
    end: float
    load_start: float | None
    load_end: float | None
    partial: bool
    end_reason: str | None
    clocks: Mapping[str, Moment]
    stages: tuple[StageSpan, ...]
    marks: tuple[MarkAt, ...]
    seconds: Seconds
    bad: list[int | None] | None
    responses: HistogramSeries
    services: HistogramSeries
    failures: Mapping[str, int]
    plan: PlannedRate
    changes: tuple[LoadChange, ...]
    replicas: Replicas
    cpu: Cpu
    hpa: HpaSpec | None
    conditions: tuple[ConditionSpan, ...]
    events: tuple[EventAt, ...]
    scale_events: tuple[ScaleEvent, ...]
    scale_ups: tuple[ScaleUp, ...]
    scale_downs: tuple[ScaleDown, ...]
    pods: tuple[PodLife, ...]
    demand: Demand
    latency: tuple[Latency, ...]
    reaction: Reaction
    measures: Mapping[str, Measure]
    flapping: tuple[float, float] | None
    decisions: tuple[Decision, ...]
    generator: Generator
    gaps: tuple[GapSpan, ...]
    objective: LatencyObjective | None
    metric_ages: tuple[tuple[float, float, float], ...]
    nodes: Mapping[str, int]
    containers: tuple[str, ...]
    pod_bins: Mapping[str, tuple[float, Sequence[int]]]
    unread_rows: int
    notes: tuple[str, ...]
