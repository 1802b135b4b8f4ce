"""What was seen over time: the series of a run, and the spans and moments beside them.

Units as in ``analysis.results``.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from autoscale.analysis.histograms import HistogramSeries
from autoscale.analysis.steps import StepSeries


class StageSpan(Struct, frozen=True):
    """A named span of the load."""

    name: str
    start: float
    end: float


class MarkAt(Struct, frozen=True):
    """A moment that the run wrote down (``load-start``, ``stage``, ``load-end``, ``interrupted``; ``generator-failed``
    and ``failed``, with their ``reason``)."""

    name: str
    at: float
    stage: str | None
    reason: str | None = None


class Moment(Struct, frozen=True):
    """A moment and how far it may be off (Kubernetes gives whole seconds, receive times bound them)."""

    at: float
    error_s: float


class Seconds(Struct, frozen=True):
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

    @property
    def busy(self) -> bool:
        """Whether any request is known to have been sent, or to have ended."""
        return any(any(column) for column in (self.sent, self.answered, self.failed))

    @property
    def asked(self) -> list[int | None]:
        """Requests that were to be sent each second; where no plan is known those sent, else those that ended."""
        for known in (self.planned, self.sent):
            if any(known):
                return known
        return [a if f is None else f if a is None else a + f for a, f in zip(self.answered, self.failed, strict=True)]


class Named(Struct, frozen=True):
    """What became of the requests of one name. ``seconds`` without percentiles, ``planned`` and ``sent``, which are not
    known by name."""

    seconds: Seconds
    responses: HistogramSeries


class Replicas(Struct, frozen=True):
    """Supply over time. ``desired``: the workload's spec.replicas; ``hpa_desired``: the HPA's status;
    ``running``: its status.replicas; ``ready``: its ready pods (the official supply)."""

    desired: StepSeries
    hpa_desired: StepSeries
    running: StepSeries
    ready: StepSeries


class Cpu(Struct, frozen=True):
    """CPU in millicores. ``total``: over all pods with a sample; ``by_pod`` by pod name; ``requested``: what the
    running pods requested; ``target``: that times the HPA's target. ``utilization``: percent of the requests, as the
    HPA's status showed it; ``target_percent``: the last one, None where the HPA has no CPU utilisation target;
    ``target_percents``: over time."""

    total: StepSeries
    by_pod: Mapping[str, StepSeries]
    requested: StepSeries
    target: StepSeries
    utilization: StepSeries
    target_percent: float | None
    target_percents: StepSeries


class Demand(Struct, frozen=True):
    """The pods needed over time and how that was found out."""

    curve: StepSeries
    how: str
    cpu_per_request_s: float | None
    idle_cpu_m: float | None
    beyond_max_share: float | None


class HpaMetric(Struct, frozen=True):
    """One metric of the HPA over time, as its status showed it at its passes, beside what the spec aimed at.

    ``kind`` is its type in the API, ``container`` "" but for ContainerResource. ``per``: what value and target are of:
    a ``request`` (percent of it), a ``pod``, or ``all`` together (in the metric's base unit: cores, bytes, requests).
    ``asks``: the fewest pods that would have brought what was seen to the target, tolerance included. ``answers``: when
    the run asked its API beside the HPA, and how long each answer took (s); none of a resource's, which is heard of.
    """

    kind: str
    name: str
    container: str
    per: str
    value: StepSeries
    target: StepSeries
    asks: StepSeries
    answers: tuple[tuple[float, float], ...] = ()

    @property
    def aimed(self) -> bool:
        """Whether the HPA has it at the end of the record."""
        return bool(self.target) and self.target.values[-1] is not None

    @property
    def is_cpu(self) -> bool:
        """Whether it is the CPU of the pods, which is measured apart from the HPA too."""
        return self.kind in ("Resource", "ContainerResource") and self.name == "cpu"


class ConditionSpan(Struct, frozen=True):
    """A span in which a condition of the HPA had one status and reason."""

    type: str
    status: str
    reason: str
    message: str
    start: float
    end: float


class EventAt(Struct, frozen=True):
    """A Kubernetes event on the observer's clock."""

    at: float
    type: str
    reason: str
    message: str
    object: str
    count: int


class GapSpan(Struct, frozen=True):
    """A span in which a source was not heard, or heard late; ``hides``: the figures that are unknown there."""

    source: str
    start: float
    end: float
    cause: str
    hides: str = ""


class NodeLife(Struct, frozen=True):
    """One node. ``came``: None where it was there before the record; ``ready``: when it first was, None: never.
    ``lost``: (from, until) of each time in which it was not Ready though it had been.

    ``for_whom`` and ``why_gone``: the words of the node autoscaler, None where none was heard.
    """

    name: str
    cpu_m: int
    mem_b: int | None
    instance: str | None
    price_class: str | None
    came: float | None
    ready: float | None
    gone: float | None
    for_whom: str | None
    why_gone: str | None
    lost: tuple[tuple[float, float], ...] = ()


InterventionKind = Literal[
    "hpa deleted",
    "hpa edited",
    "keda paused",
    "target deleted",
    "service deleted",
    "service edited",
    "size",
    "rollout",
    "recreated",
    "rollout unready",
    "resize",
    "eviction",
    "relabelled",
    "paused",
]


class Intervention(Struct, frozen=True):
    """What somebody else did to the thing under test: from when until when (the same where it was a moment)."""

    kind: InterventionKind
    at: float
    until: float
    words: str
