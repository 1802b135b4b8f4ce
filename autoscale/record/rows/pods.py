"""A pod: its states, what it uses, its place in a Service."""

from typing import Literal, NotRequired, TypedDict

from autoscale.record.rows.fields import Count, Millicores, Number, Span, Stamp


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

    ``conditions``: {type: [status, transition time]}; ``removed``: gone from the API, or, with ``left``, from the
    target's selector, as its labels were changed. ``sized_by``: who wrote last what its containers ask for, by the
    field managers.
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
    left: NotRequired[bool]


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
