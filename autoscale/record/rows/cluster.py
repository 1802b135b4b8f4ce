"""What else the cluster has: the workload, its Service, nodes, events."""

from typing import Literal, NotRequired

from autoscale.record.rows.fields import Count, Number, Pods, Stamp


class Workload(Stamp):
    """A Deployment, ReplicaSet or StatefulSet after a change; ``removed``: the target is gone from the API.

    Who wrote last, by the field managers: ``replicas_by`` its size, ``template_by`` what its pods are made from,
    ``paused_by`` that it is ``paused`` (a Deployment's rollouts)."""

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
    paused: NotRequired[bool]
    paused_by: NotRequired[str | None]
    removed: NotRequired[bool]


class Service(Stamp):
    """The Service by which the load reaches the pods, as it is there; ``removed``: it is gone. ``uid``: which it is;
    ``leads_to``: the pods and ports, in words."""

    k: Literal["service"]
    uid: str
    name: str
    leads_to: NotRequired[str]
    removed: NotRequired[bool]


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
