"""The rows of a record (schema 1), as they stand in the file.

Times are seconds since the epoch; durations seconds; CPU millicores; memory bytes. Unknown is null.
Every row has ``k`` (kind), ``n`` (sequence in the record) and ``t`` (receive time on the observer's clock).
A source's own time is ``at``, on the clock named by ``clk`` (its offset and error stand in ``clock`` rows).

These types are the one description: producers make rows of them, the reader and the analysis check what they read
against them (``autoscale.record.shape``), and the JSON schema is made from them.
"""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta

from loadtest import lines

SCHEMA = 1

_HUGE = 10**15  # beyond any time, size or duration that a run can hold
Number = Annotated[float, Meta(gt=-_HUGE, lt=_HUGE)]
Count = Annotated[int, Meta(ge=0, lt=_HUGE)]
Pods = Annotated[int, Meta(ge=0, lt=2**31)]  # the API's int32
Span = Annotated[float, Meta(ge=0, lt=_HUGE)]
Millicores = Annotated[float, Meta(ge=0, lt=10**8)]  # of one container; no machine has 100,000 cores


class Condition(TypedDict):
    """One condition of an HPA or ScaledObject; ``at`` is its last transition, which KEDA does not write."""

    status: str
    reason: str
    message: str
    at: Number | None


class Stamp(TypedDict):
    """What the writer adds to a row: in a record every row has number and time.

    ``of``: to which of several services it belongs; absent where there is one, or it is the header's target.
    """

    n: NotRequired[int]
    t: NotRequired[Number]
    of: NotRequired[str]


class Stage(TypedDict):
    """One named span of the load; seconds from the start of the load."""

    name: str
    start_s: Number
    end_s: Number


class Target(TypedDict):
    """What is loaded and scaled. ``scaled_object``: KEDA's, which made the HPA.
    ``vpa``: what sizes its pods. ``names_pods``: its answers carry the X-Pod header (None: not known yet)."""

    kind: str
    name: str
    namespace: str
    service: str | None
    url: str
    hpa: str | None
    scaled_object: NotRequired[str | None]
    vpa: NotRequired[str | None]
    names_pods: bool | None


class Price(TypedDict):
    """What a pod and a node cost, in any currency."""

    pod_hour: Number
    node_hour: NotRequired[Number | None]
    currency: NotRequired[str | None]


class RecordedScenario(TypedDict, total=False):
    """The resolved scenario; of an imported record only some of it is known. More may stand in it.

    ``journeys`` [[second, journeys per second]]: the plan of a locustfile in the open model, in place of ``points``.
    """

    name: str
    model: str | None
    duration_s: Number
    points: list[list[Number]] | None
    journeys: list[list[Number]] | None
    stages: list[Stage] | None
    requests: list[dict[str, Any]]
    objectives: list[str] | None
    load: dict[str, Any] | None
    price: Price | None


class HpaConfig(TypedDict):
    """The controller's flags in seconds; None where they could not be learned (a real cluster hides them)."""

    sync_period_s: Number | None
    tolerance: Number | None
    downscale_stabilization_s: Number | None
    cpu_initialization_period_s: Number | None
    initial_readiness_delay_s: Number | None


UNKNOWN_CONFIG: HpaConfig = {
    "sync_period_s": None,
    "tolerance": None,
    "downscale_stabilization_s": None,
    "cpu_initialization_period_s": None,
    "initial_readiness_delay_s": None,
}


class Header(Stamp):
    """The first row: everything that was decided before the first request.

    ``scenario`` is the resolved scenario: ``points`` are [[second, rate]], objectives text. ``objects`` are the
    manifests as applied.
    ``also``: other workloads that are recorded beside the target; rows of theirs say so in ``of``, by their names.
    ``histogram`` is {"min_s", "growth"}. ``accepted`` lists fields the embedded cluster does not enforce.
    ``digest``: how that of the end was made, ``sha256``; without it BLAKE2b of 16 bytes, as older releases made it.
    """

    k: Literal["header"]
    schema: int
    run: str
    scenario: RecordedScenario
    target: Target
    also: NotRequired[list[Target]]
    objects: list[dict[str, Any]]
    context: dict[str, Any]
    versions: dict[str, str]
    hpa_config: HpaConfig
    environment: dict[str, Any]
    histogram: dict[str, Number]
    accepted: list[str]
    digest: NotRequired[str]


class Clock(Stamp):
    """How far another clock is ahead of the observer's, from then on until the next row of that clock.

    Observer time = ``at`` - ``offset_s``, within ``error_s``. The observer's own is the machine's at the beginning,
    carried on by the monotonic one; the clock ``wall`` is the machine's, which has a row for each time it was set.
    """

    k: Literal["clock"]
    clk: str
    offset_s: Number
    error_s: Number


class Mark(Stamp):
    """A moment of the run, as the load master (with ``seq``), the observer or an importer saw it.

    ``load-start``, ``stage`` (with ``stage``), ``load-end``, ``interrupted``, ``worker-lost`` (with ``pod``),
    ``generator-failed`` and ``failed`` (the run; both with ``reason``).
    """

    k: Literal["mark"]
    name: str
    at: Number
    clk: str
    stage: NotRequired[str]
    pod: NotRequired[str]
    reason: NotRequired[str]
    seq: NotRequired[int]


class Load(Stamp, lines.Load):
    """One worker, one second. ``at`` is the second's beginning; age keys of ``response`` and ``service`` are
    whole seconds between that second and the intended one. ``by_name`` is there where the scenario's requests have more
    than one name. ``answered`` and ``failed`` are None where a source does not tell how requests ended."""


class PodLoad(Stamp, lines.PodLoad):
    """One worker, ten seconds, one answering pod."""


class Container(TypedDict):
    """One container of a pod; requests (asked for) and limits (in force) None where unset, ``started`` None until it
    runs. ``reason``: why it waits or ended, of one that runs again why it ended before. Init containers that restart
    always stand behind the others."""

    name: str
    cpu_request_m: Count | None
    cpu_limit_m: Count | None
    mem_request_b: NotRequired[Count | None]
    started: Number | None
    restarts: Count
    reason: str | None


class Pod(Stamp):
    """A pod's state after a change.

    ``conditions``: {type: [status, transition time]}; ``removed``: gone from the API. ``sized_by``: who wrote last
    what its containers ask for, by the field managers.
    """

    k: Literal["pod"]
    uid: str
    name: str
    namespace: str
    owner: str | None
    node: str | None
    ip: str | None
    phase: str
    created: Number
    deletion: Number | None
    conditions: dict[str, tuple[str, Number | None]]
    containers: list[Container]
    sized_by: NotRequired[str | None]
    removed: bool


class Workload(Stamp):
    """A Deployment, ReplicaSet or StatefulSet after a change; ``removed``: the target is gone from the API.

    Who wrote last, by the field managers: ``replicas_by`` its size, ``template_by`` what its pods are made from."""

    k: Literal["workload"]
    kind: str
    uid: str
    name: str
    generation: Count
    spec_replicas: Pods | None
    status_replicas: Pods
    ready: Pods
    available: Pods
    replicas_by: NotRequired[str | None]
    template_by: NotRequired[str | None]
    removed: NotRequired[bool]


class Amounts(TypedDict, total=False):
    """A metric's target or current value, as the API gives it."""

    type: str | None
    averageUtilization: Number | None
    averageValue: str | None
    value: str | None


class ResourceMetric(TypedDict, total=False):
    """A ``resource`` or ``containerResource`` metric of an HPA's spec or status."""

    name: str | None
    container: str | None
    target: Amounts | None
    current: Amounts | None


class OtherMetric(TypedDict, total=False):
    """A ``pods``, ``object`` or ``external`` metric of an HPA's spec or status."""

    metric: dict[str, Any] | None
    current: dict[str, Any] | None


class Metric(TypedDict, total=False):
    """One metric of an HPA's spec or status."""

    type: str | None
    resource: ResourceMetric | None
    containerResource: ResourceMetric | None
    pods: OtherMetric | None
    object: OtherMetric | None
    external: OtherMetric | None


class Rules(TypedDict, total=False):
    """One direction of an HPA's ``behavior``."""

    stabilizationWindowSeconds: Number | None
    policies: list[dict[str, Any]] | None
    tolerance: str | Number | None


class Behavior(TypedDict, total=False):
    """An HPA's ``behavior``."""

    scaleUp: Rules | None
    scaleDown: Rules | None


class HpaSpec(TypedDict, total=False):
    """What is read of an autoscaling/v2 ``spec``; all that the API gave stands in the record."""

    minReplicas: Pods | None
    maxReplicas: Pods
    metrics: list[Metric] | None
    behavior: Behavior | None


class Hpa(Stamp):
    """A HorizontalPodAutoscaler after a change. ``spec`` and ``metrics`` as the API gives them
    (autoscaling/v2 ``spec`` and ``status.currentMetrics``); ``conditions`` by type; ``spec_by``: who wrote the spec
    last, by the field managers; ``removed``: it is gone."""

    k: Literal["hpa"]
    uid: str
    name: str
    generation: Count
    spec: HpaSpec
    current: Pods | None
    desired: Pods | None
    last_scale: Number | None
    metrics: list[Metric] | None
    conditions: dict[str, Condition]
    spec_by: NotRequired[str | None]
    removed: NotRequired[bool]


class Trigger(TypedDict):
    """A trigger of a ScaledObject; ``settings``: those of its metadata that say when it is active and how much."""

    type: str
    name: str | None
    settings: dict[str, str]


class Fallback(TypedDict):
    """What a ScaledObject does while its sources fail: from so many failures on so many pods."""

    failures: Count
    replicas: Count
    behavior: str


class Health(TypedDict):
    """How the source of one of a ScaledObject's metrics does: ``status`` is Happy or Failing."""

    status: str | None
    failures: Count | None


Paused = Literal["no", "whole", "scale in", "scale out"]


class ScaledObject(Stamp):
    """A KEDA ScaledObject after a change: the settings in force, defaults filled in, and its status.

    ``idle``: the pods while no trigger is active, None where that is ``min``. ``paused``: what of it is, by its
    annotations; ``health`` by metric; ``last_active`` as KEDA last wrote it; ``removed``: it is gone.
    """

    k: Literal["scaled_object"]
    uid: str
    name: str
    generation: Count
    hpa: str | None
    min: Count
    max: Count
    idle: Count | None
    polling_s: Number
    cooldown_s: Number
    initial_cooldown_s: Number
    triggers: list[Trigger]
    fallback: Fallback | None
    paused: Paused
    health: dict[str, Health]
    last_active: Number | None
    conditions: dict[str, Condition]
    removed: NotRequired[bool]


class Recommendation(TypedDict):
    """What a VPA recommends for one container, within its policy: what to ask for, and the bounds within which it does
    nothing."""

    name: str
    cpu_m: Count | None
    mem_b: Count | None
    lower_cpu_m: Count | None
    upper_cpu_m: Count | None


class Vpa(Stamp):
    """A VerticalPodAutoscaler after a change. ``mode``: Off, Initial, Recreate, InPlaceOrRecreate, InPlace, Auto.

    ``resources``: what it changes (``cpu``, ``memory``); ``recommended`` is empty until it has seen enough.
    """

    k: Literal["vpa"]
    uid: str
    name: str
    generation: Count
    mode: str
    resources: list[str]
    recommended: list[Recommendation]
    conditions: dict[str, Condition]
    removed: NotRequired[bool]


class Service(Stamp):
    """The Service by which the load reaches the pods, as it is there; ``removed``: it is gone. ``uid``: which it is."""

    k: Literal["service"]
    uid: str
    name: str
    removed: NotRequired[bool]


class ContainerUsage(TypedDict):
    """What one container used."""

    cpu_m: Millicores
    mem_b: Count | None


class Usage(Stamp):
    """One sample of metrics.k8s.io: ``at`` is its timestamp, ``window_s`` the span it is a mean over."""

    k: Literal["usage"]
    pod_uid: str
    at: Number
    clk: str
    window_s: Span
    containers: dict[str, ContainerUsage]


class Endpoint(Stamp):
    """A pod's place in a Service after a change."""

    k: Literal["endpoint"]
    service: str
    pod_uid: str
    ready: bool | None
    serving: bool | None
    terminating: bool | None


class Node(Stamp):
    """A node after a change; ``removed``: it is gone.

    ``created``: when, by the server; ``mem_b``: what pods may ask for; ``instance``: the type that its provider sells;
    ``price_class``: ``spot`` or ``on-demand``, where its labels say so.
    """

    k: Literal["node"]
    name: str
    ready: bool | None
    cpu_m: Count
    mem_b: NotRequired[Count | None]
    created: NotRequired[Number | None]
    instance: NotRequired[str | None]
    price_class: NotRequired[str | None]
    unschedulable: bool
    removed: NotRequired[bool]


class Event(Stamp):
    """A Kubernetes event. ``object`` reads ``Kind/name``; ``first`` and ``last`` are the server's times."""

    k: Literal["event"]
    uid: str
    type: str
    reason: str
    message: str
    object: str
    count: Count
    first: Number | None
    last: Number | None


class Gap(Stamp):
    """A span in which a source was not heard, or heard late: what lies in it, or when in it, is unknown.

    ``hides`` names the figures that are unknown there.
    """

    k: Literal["gap"]
    source: str
    since: Number
    until: Number
    cause: str
    hides: NotRequired[str]


class Totals(TypedDict, total=False):
    """Sums over the load rows; ``gaps`` counts the gap rows, ``workers`` those that sent load rows."""

    planned: Count | None
    sent: Count | None
    answered: Count | None
    dropped: Count | None
    failed: dict[str, Count] | None
    gaps: Count
    workers: Count


Reason = Literal["done", "interrupted", "failed"]


class End(Stamp):
    """The last row of a run that was not cut off.

    ``rows``: how many rows the record has, this one included. ``digest``: that of the header's kind, hexadecimal,
    of all bytes before this row, so of every line with its line feed.
    """

    k: Literal["end"]
    reason: Reason
    rows: Count
    totals: Totals
    digest: NotRequired[str]


class EndAsRead(End):
    """``digest_holds``: the reader's word on whether it is that of the bytes read; it stands in no file."""

    digest_holds: NotRequired[bool]


Row = (
    Header
    | Clock
    | Mark
    | Load
    | PodLoad
    | Pod
    | Workload
    | Hpa
    | ScaledObject
    | Vpa
    | Service
    | Usage
    | Endpoint
    | Node
    | Event
    | Gap
    | End
)
KINDS: dict[str, type] = {
    "header": Header,
    "clock": Clock,
    "mark": Mark,
    "load": Load,
    "pod_load": PodLoad,
    "pod": Pod,
    "workload": Workload,
    "hpa": Hpa,
    "scaled_object": ScaledObject,
    "vpa": Vpa,
    "service": Service,
    "usage": Usage,
    "endpoint": Endpoint,
    "node": Node,
    "event": Event,
    "gap": Gap,
    "end": End,
}
