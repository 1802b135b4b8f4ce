"""The header: everything that was decided before the first request."""

from typing import Any, Literal, NotRequired, TypedDict

from autoscale.record.rows.fields import Number, Stamp

SCHEMA = 1


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

    ``journeys`` [[second, journeys per second]]: the plan of a locustfile in the open model, in place of ``points``;
    ``users`` [[second, users]]: in the closed model.
    """

    name: str
    model: str | None
    duration_s: Number
    points: list[list[Number]] | None
    journeys: list[list[Number]] | None
    users: list[list[Number]] | None
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
    ``digest``: how that of the end was made, ``sha256/end`` (of every byte before it) or ``sha256`` (of the lines
    before the end); without it BLAKE2b of 16 bytes of those lines, as older releases made it.
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
