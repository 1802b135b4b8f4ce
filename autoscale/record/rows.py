"""The rows of a record (schema 1), as they stand in the file.

Times are seconds since the epoch; durations seconds; CPU millicores; memory bytes. Unknown is null.
Every row has ``k`` (kind), ``n`` (sequence in the record) and ``t`` (receive time on the observer's clock).
A source's own time is ``at``, on the clock named by ``clk`` (its offset and error stand in ``clock`` rows).
Histogram buckets are ``{str(index): count}``, see ``loadtest.histogram``.
"""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict  # pydantic makes the schema from these and needs this one below 3.12

SCHEMA = 1

Buckets = dict[str, int]


class Condition(TypedDict):
    """One condition of an HPA; ``at`` is its last transition."""

    status: str
    reason: str
    message: str
    at: float | None


class Row(TypedDict):
    """What every row has."""

    k: str
    n: int
    t: float


class Stage(TypedDict):
    """One named span of the load; seconds from the start of the load."""

    name: str
    start_s: float
    end_s: float


class Target(TypedDict):
    """What is loaded and scaled. ``names_pods``: its answers carry the X-Pod header (None: not known yet)."""

    kind: str
    name: str
    namespace: str
    service: str | None
    url: str
    hpa: str | None
    names_pods: bool | None


class HpaConfig(TypedDict):
    """The controller's flags in seconds; None where they could not be learned (a real cluster hides them)."""

    sync_period_s: float | None
    tolerance: float | None
    downscale_stabilization_s: float | None
    cpu_initialization_period_s: float | None
    initial_readiness_delay_s: float | None


class Header(Row):
    """The first row: everything that was decided before the first request.

    ``scenario`` is the resolved scenario: name, model, ``stages`` [Stage], ``points`` [[second, rate]],
    requests, objectives (as text), load settings. ``objects`` are the manifests as applied.
    ``histogram`` is {"min_s", "growth"}. ``accepted`` lists fields the embedded cluster does not enforce.
    """

    schema: int
    run: str
    scenario: dict[str, Any]
    target: Target
    objects: list[dict[str, Any]]
    context: dict[str, Any]
    versions: dict[str, str]
    hpa_config: HpaConfig
    environment: dict[str, Any]
    histogram: dict[str, float]
    accepted: list[str]


class Clock(Row):
    """How far another clock is ahead of the observer's.

    Observer time = ``at`` - ``offset_s``, within ``error_s``.
    """

    clk: str
    offset_s: float
    error_s: float


class Mark(Row):
    """A moment of the run.

    ``load-start``, ``stage`` (with ``stage``), ``load-end``, ``interrupted``, ``worker-lost``, ``generator-failed``.
    """

    name: str
    at: float
    clk: str
    stage: NotRequired[str]


class PodShare(TypedDict):
    """One pod's answers in a second."""

    n: int
    failed: int
    first_at: float | None


class NameShare(TypedDict):
    """What became of the requests of one name in a second; ``response`` as in the row."""

    answered: int
    failed: dict[str, int]
    response: dict[str, Buckets]


class Load(Row):
    """One worker, one second. ``at`` is the second's beginning; age keys of ``response`` and ``service`` are
    whole seconds between that second and the intended one. ``by_name`` is there where the scenario's requests have more
    than one name."""

    shard: int
    pod: str
    seq: int
    at: float
    clk: str
    planned: int | None
    sent: int | None
    answered: int
    failed: dict[str, int]
    dropped: int | None
    in_flight: int | None
    cpu_s: float | None
    lag: Buckets
    response: dict[str, Buckets]
    service: dict[str, Buckets]
    by_pod: dict[str, PodShare]
    by_name: NotRequired[dict[str, NameShare]]


class PodLoad(Row):
    """One worker, ten seconds, one answering pod."""

    shard: int
    seq: int
    at: float
    clk: str
    pod: str
    response: Buckets


class Container(TypedDict):
    """One container of a pod; requests and limits None where unset, ``started`` None until it runs."""

    name: str
    cpu_request_m: int | None
    cpu_limit_m: int | None
    started: float | None
    restarts: int
    reason: str | None


class Pod(Row):
    """A pod's state after a change.

    ``conditions``: {type: [status, transition time]}; ``removed``: gone from the API.
    """

    uid: str
    name: str
    namespace: str
    owner: str | None
    node: str | None
    ip: str | None
    phase: str
    created: float
    deletion: float | None
    conditions: dict[str, tuple[str, float | None]]
    containers: list[Container]
    removed: bool


class Workload(Row):
    """A Deployment, ReplicaSet or StatefulSet after a change."""

    kind: str
    uid: str
    name: str
    generation: int
    spec_replicas: int | None
    status_replicas: int
    ready: int
    available: int


class Hpa(Row):
    """A HorizontalPodAutoscaler after a change. ``spec`` and ``metrics`` as the API gives them
    (autoscaling/v2 ``spec`` and ``status.currentMetrics``); ``conditions`` by type."""

    uid: str
    name: str
    generation: int
    spec: dict[str, Any]
    current: int | None
    desired: int | None
    last_scale: float | None
    metrics: list[dict[str, Any]] | None
    conditions: dict[str, Condition]


class ContainerUsage(TypedDict):
    """What one container used."""

    cpu_m: float
    mem_b: int | None


class Usage(Row):
    """One sample of metrics.k8s.io: ``at`` is its timestamp, ``window_s`` the span it is a mean over."""

    pod_uid: str
    at: float
    clk: str
    window_s: float
    containers: dict[str, ContainerUsage]


class Endpoint(Row):
    """A pod's place in a Service after a change."""

    service: str
    pod_uid: str
    ready: bool | None
    serving: bool | None
    terminating: bool | None


class Node(Row):
    """A node after a change."""

    name: str
    ready: bool | None
    cpu_m: int
    unschedulable: bool


class Event(Row):
    """A Kubernetes event. ``object`` reads ``Kind/name``; ``first`` and ``last`` are the server's times."""

    uid: str
    type: str
    reason: str
    message: str
    object: str
    count: int
    first: float | None
    last: float | None


class Gap(Row):
    """A span in which a source was not heard: what lies in it is unknown."""

    source: str
    since: float
    until: float
    cause: str


class End(Row):
    """The last row of a run that was not cut off. ``totals`` are the sums of the load rows."""

    reason: Literal["done", "interrupted", "failed"]
    rows: int
    totals: dict[str, Any]


KINDS: dict[str, type] = {
    "header": Header, "clock": Clock, "mark": Mark, "load": Load, "pod_load": PodLoad, "pod": Pod,
    "workload": Workload, "hpa": Hpa, "usage": Usage, "endpoint": Endpoint, "node": Node,
    "event": Event, "gap": Gap, "end": End,
}  # fmt: skip
