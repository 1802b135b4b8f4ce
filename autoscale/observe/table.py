"""What a run watches: one entry for each kind of object, with what becomes of it in the record.

To record another kind, add its row to ``convert`` (and to ``record.rows``, where ``kinds`` lists it) and an entry here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from autoscale.cluster.permissions import Permission
from autoscale.kube.kinds import BY_KIND, Object
from autoscale.kube.resource import Resource
from autoscale.observe import convert
from autoscale.observe.keda import scaled_object_row
from autoscale.observe.scope import Scope
from autoscale.observe.vpa import vpa_row
from autoscale.record.rows.kinds import Row

Rows = dict[str, Row]
"""The rows of one object, by what tells them apart from others of their kind."""

Gone = Literal["", "DELETED", "GONE"]
"""How an object went, in the watch's words; empty of one that is there."""


@dataclass(frozen=True)
class Selection:
    """Which objects of a kind are watched: a label and a field query, None for all."""

    labels: str | None = None
    fields: str | None = None


@dataclass(frozen=True)
class Source:
    """One kind of object that is watched.

    ``selection(scope)``: which of them; None where the run has none. ``rows(obj, scope, gone)``: what is recorded of
    one, None for what is watched for control alone. ``left(key, scope)``: the row of a key that was among an object's
    rows and is in no object's now. ``optional``: a run does without it where it may not be watched or is not served.
    ``addon``: a kind that only some clusters have, watched where an object of it was found.
    ``beside``: the kinds of workload it is watched for, empty for all. ``hides``: the figures that are unknown where it
    was not heard. ``beat``: its watch asks for frequent bookmarks, as figures rest on when it is heard.
    """

    kind: str
    selection: Callable[[Scope], Selection | None]
    rows: Callable[[Object, Scope, Gone], Rows] | None = None
    left: Callable[[str, Scope], Row] | None = None
    optional: bool = False
    addon: bool = False
    beside: tuple[str, ...] = ()
    hides: str = ""
    beat: bool = False

    @property
    def resource(self) -> Resource:
        """Where the API serves the kind."""
        return BY_KIND[self.kind]

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """What watching it takes."""
        of = self.resource
        return tuple(
            Permission(verb, of.group, of.plural, wide=not of.namespaced, optional=self.optional)
            for verb in ("list", "watch")
        )


def _all(_: Scope) -> Selection:
    return Selection()


def _workload(scope: Scope) -> Selection:
    return Selection(fields=f"metadata.name={scope.workload}")


def _labelled(scope: Scope) -> Selection:
    return Selection(labels=scope.labels)


def _hpa(scope: Scope) -> Selection | None:
    return Selection(fields=f"metadata.name={scope.hpa}") if scope.hpa else None


def _scaled(scope: Scope) -> Selection | None:
    return Selection(fields=f"metadata.name={scope.scaled}") if scope.scaled else None


def _vpa(scope: Scope) -> Selection | None:
    return Selection(fields=f"metadata.name={scope.vpa}") if scope.vpa else None


def _service(scope: Scope) -> Selection | None:
    return Selection(fields=f"metadata.name={scope.service}") if scope.service else None


def _slices(scope: Scope) -> Selection | None:
    return Selection(labels=f"{convert.SERVICE_LABEL}={scope.service}") if scope.service else None


def _made(scope: Scope) -> Selection:
    return Selection(labels=scope.load)


def _load_pods(scope: Scope) -> Selection:
    return Selection(labels=f"{scope.load},app.kubernetes.io/name=loadtest")


def _one(obj: Object, row: Row) -> Rows:
    return {obj["metadata"]["uid"]: row}


def _pod_rows(pod: Object, scope: Scope, gone: Gone) -> Rows:
    """No pod is deleted without a time of deletion: one that goes without has labels that are not selected any more."""
    if not scope.takes(pod["metadata"].get("labels")):
        return {}
    row = convert.pod_row(pod, removed=bool(gone))
    return _one(pod, {**row, "left": True} if gone == "DELETED" and row["deletion"] is None else row)


def _workload_rows(workload: Object, scope: Scope, gone: Gone) -> Rows:
    """Of the target, and of the ReplicaSets that it owns."""
    target = f"{scope.kind}/{scope.workload}"
    itself = f"{workload['kind']}/{workload['metadata']['name']}"
    ours = target in (itself, convert.owner(workload))
    if not ours or (gone and itself != target):  # that a ReplicaSet went is no news
        return {}
    row = convert.workload_row(workload)
    return _one(workload, convert.workload_gone(row) if gone else row)


def _hpa_rows(hpa: Object, scope: Scope, gone: Gone) -> Rows:
    if hpa["metadata"]["name"] != scope.hpa:
        return {}
    row = convert.hpa_row(hpa, redact_paths=scope.redact_paths)
    return _one(hpa, {**row, "removed": True} if gone else row)


def _scaled_rows(scaled: Object, scope: Scope, gone: Gone) -> Rows:
    if scaled["metadata"]["name"] != scope.scaled:
        return {}
    row = scaled_object_row(scaled, redact_paths=scope.redact_paths)
    return _one(scaled, {**row, "removed": True} if gone else row)


def _vpa_rows(vpa: Object, scope: Scope, gone: Gone) -> Rows:
    if vpa["metadata"]["name"] != scope.vpa:
        return {}
    row = vpa_row(vpa, redact_paths=scope.redact_paths)
    return _one(vpa, {**row, "removed": True} if gone else row)


def _service_rows(service: Object, scope: Scope, gone: Gone) -> Rows:
    if service["metadata"]["name"] != scope.service:
        return {}
    row = convert.service_row(service)
    return _one(service, {**row, "removed": True} if gone else row)


def _node_rows(node: Object, _: Scope, gone: Gone) -> Rows:
    return _one(node, convert.node_row(node, removed=bool(gone)))


def _event_rows(event: Object, scope: Scope, gone: Gone) -> Rows:
    """Of events about the target, what it owns, its HPA, ScaledObject or VPA, since the run began; and about nodes."""
    row = convert.event_row(event, redact_paths=scope.redact_paths)
    if gone or (row["last"] or scope.since) < scope.since:
        return {}
    kind, _, name = row["object"].partition("/")
    scalers = (
        ("HorizontalPodAutoscaler", scope.hpa),
        ("ScaledObject", scope.scaled),
        ("VerticalPodAutoscaler", scope.vpa),
    )
    ours = (
        (kind, name) in ((scope.kind, scope.workload), *scalers)
        or (kind in ("ReplicaSet", "Pod") and name.startswith(scope.workload + "-"))
        or kind in OF_NODES
    )
    return _one(event, row) if ours else {}


def _endpoint_rows(endpoint_slice: Object, scope: Scope, gone: Gone) -> Rows:
    """By pod uid: a pod may move from one slice of the Service to another."""
    service = (endpoint_slice["metadata"].get("labels") or {}).get(convert.SERVICE_LABEL, "")
    return {} if gone or service != scope.service else {**convert.endpoint_rows(endpoint_slice, service)}


def _endpoint_left(pod_uid: str, scope: Scope) -> Row:
    return convert.endpoint_left(scope.service or "", pod_uid)


NODE_EVENTS = "default"
"""The namespace of events about what has none (core/v1: nodes, Karpenter's NodeClaims)."""
OF_NODES = ("Node", "NodeClaim")
"""The kinds about which these tell why nodes come and go."""

_SIZE = "the size that was asked for, and when"
_PODS = "pods over time, and when each was made, placed, started, ready, gone"
_DECISIONS = "the HPA's decisions, and when they were made"
_TRAFFIC = "when pods began and ceased to get traffic"
SOURCES = (
    Source("Deployment", _workload, _workload_rows, beside=("Deployment",), hides=_SIZE, beat=True),
    Source("StatefulSet", _workload, _workload_rows, beside=("StatefulSet",), hides=_SIZE, beat=True),
    Source("ReplicaSet", _labelled, _workload_rows, beside=("Deployment",), hides=_SIZE),
    Source("Pod", _labelled, _pod_rows, hides=_PODS, beat=True),
    Source("HorizontalPodAutoscaler", _hpa, _hpa_rows, hides=_DECISIONS, beat=True),
    Source(
        "ScaledObject",
        _scaled,
        _scaled_rows,
        optional=True,
        addon=True,
        hides="what KEDA was set to, and how its sources did",
    ),
    Source("VerticalPodAutoscaler", _vpa, _vpa_rows, optional=True, addon=True, hides="what the VPA recommended"),
    Source("Event", _all, _event_rows, hides="what the cluster said of it"),
    Source("Service", _service, _service_rows, optional=True, hides="whether the Service was there"),
    Source("EndpointSlice", _slices, _endpoint_rows, _endpoint_left, hides=_TRAFFIC, beat=True),
    Source("Node", _all, _node_rows, optional=True, hides="nodes over time"),
    Source("Job", _made),
    Source("Pod", _load_pods),
)
"""Everything that a run watches, in the order in which it is begun."""

RECORDED = {source.kind: source for source in SOURCES if source.rows is not None}
"""What is recorded, by kind."""


def watched(*kinds: str) -> tuple[Source, ...]:
    """The sources of a run on workloads of these kinds."""
    return tuple(source for source in SOURCES if not source.beside or set(source.beside) & set(kinds))
