"""How a run scaled: the decisions, the growths and shrinkings, and the lives of the pods.

Units as in ``analysis.results``.
"""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from autoscale.hpa.config import DEFAULTS


class HpaSpec(Struct, frozen=True):
    """A spec of the HPA, as far as measures and findings need it. ``raw`` is the API's form.

    ``target_percent`` (of the request) or ``target_value_m`` (millicores a pod): its target of CPU, both None where it
    has none; ``container``: the only one that counts for it. ``down_window_s``: None where it is the controller's flag
    and the cluster hides that.
    """

    name: str
    min_replicas: int
    max_replicas: int
    target_percent: float | None
    target_value_m: float | None
    container: str | None
    down_window_s: float | None
    up_window_s: float | None
    tolerance: float
    raw: Mapping[str, Any]

    @property
    def scale_down_window_s(self) -> float:
        """The stabilisation window of scale-down; upstream's default where it is hidden."""
        return DEFAULTS.downscale_stabilization_s if self.down_window_s is None else self.down_window_s


class Decision(Struct, frozen=True):
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


class ScaleEvent(Struct, frozen=True):
    """One change of the workload's replicas. ``metric``: what the HPA saw beside its target then, in
    kubectl's form (``cpu: 116%/60%``);
    ``explanation``: one sentence; ``by``: ``hpa`` | ``keda`` (woke it, or put it to sleep) | ``other`` | None (not
    known); ``who``: the field manager that is ``other``, where it is known."""

    at: float
    before: int
    after: int
    reason: str | None
    by: Literal["hpa", "keda", "other"] | None
    metric: str | None
    explanation: str
    who: str | None = None

    @property
    def up(self) -> bool:
        """Whether it grew."""
        return self.after > self.before


PHASES = ("metric", "decision", "created", "scheduled", "pulled", "started", "ready", "in service", "first answer")


ACTIVATION = "activation"
"""The phase that stands for metric and decision where KEDA woke a target that had no pods."""


class Phase(Struct, frozen=True):
    """One part of a chain: from the previous known moment to this one.

    ``duration_s`` None: its moment was not seen (its time is then within the next known phase).
    ``error_s`` bounds the error of ``end``.
    """

    name: str
    start: float | None
    end: float | None
    duration_s: float | None
    error_s: float | None


class PodLife(Struct, frozen=True):
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
    restarted: tuple[tuple[float, str | None], ...]
    reason: str | None
    cpu_request_m: int | None
    cpu_limit_m: int | None


class ScaleUp(Struct, frozen=True):
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


class ColdStart(Struct, frozen=True):
    """A growth from no pods at all, from ``start`` (the load that asked for it) to the first answer (None: none seen).

    ``failed``: requests that ended in a failure meanwhile; ``waited``: those that were due then and were answered late.
    """

    growth: ScaleUp
    start: float
    end: float | None
    failed: int | None
    waited: int | None

    @property
    def length_s(self) -> float | None:
        """How long there was no answer."""
        return None if self.end is None else self.end - self.start

    @property
    def harmed(self) -> int:
        """Requests that failed or waited for it, as far as is known."""
        return (self.failed or 0) + (self.waited or 0)


class KedaSpec(Struct, frozen=True):
    """What KEDA was set to, as its ScaledObject said at the end. ``floor``: the pods while no trigger is active."""

    name: str
    floor: int
    max_replicas: int
    polling_s: float
    cooldown_s: float
    triggers: tuple[str, ...]
    fallback: int | None


class VpaSpec(Struct, frozen=True):
    """A VPA as it was at the end: ``mode``, the ``resources`` that it sizes, and what it last recommended of CPU
    (millicores) for each container; empty where it had not seen enough."""

    name: str
    mode: str
    resources: tuple[str, ...]
    recommended_m: Mapping[str, int]

    @property
    def acts(self) -> bool:
        """Whether it changes pods that run."""
        return self.mode not in ("Off", "Initial")


class ScaleDown(Struct, frozen=True):
    """One shrinking: its pods and the requests that failed from its decision until the last of them was gone."""

    event: ScaleEvent
    pods: tuple[str, ...]
    total_s: float | None
    lost: int | None
    lost_causes: Mapping[str, int]
