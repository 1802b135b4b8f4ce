"""Which objects a request is about: its namespace, labelSelector and fieldSelector."""

from collections.abc import Iterator
from dataclasses import dataclass

from aiohttp import web

from autoscale.embedded.apiserver.routes import Route
from autoscale.kube.field_query import fields_match
from autoscale.kube.kinds import Object
from autoscale.kube.label_query import SelectorError, parse_label_query
from autoscale.kube.requirements import Requirement, all_match
from autoscale.kube.resource import Resource
from autoscale.kube.statuses import bad_request
from autoscale.plane.store import Change, Store, Stored


@dataclass(frozen=True)
class Selection:
    """Which objects a request is about."""

    resource: Resource
    namespace: str | None
    labels: str
    fields: str

    def matcher(self) -> "Matcher":
        """The test; ``StatusError`` 400 where a selector cannot be read."""
        return Matcher(self)


class Matcher:
    """Whether an object is selected. Without selectors the kind and the namespace decide."""

    def __init__(self, selection: Selection) -> None:
        self.shelf, self.namespace = selection.resource.shelf, selection.namespace
        self._labels = _label_query(selection.labels)
        self._fields = fields_match(selection.fields, selection.resource) if selection.fields else None

    def __call__(self, obj: Object) -> bool:
        """Whether it is selected."""
        metadata = obj["metadata"]
        return (
            (self.namespace is None or metadata.get("namespace") == self.namespace)
            and (not self._labels or all_match(self._labels, metadata.get("labels") or {}))
            and (self._fields is None or self._fields(obj))
        )

    def event(self, change: Change) -> str | None:
        """What a watcher of this selection is told of a change: ADDED, MODIFIED, DELETED or nothing."""
        if change.key[0] != self.shelf or (self.namespace is not None and change.key[1] != self.namespace):
            return None
        was = change.previous is not None and self(change.previous)
        if change.type == "DELETED":
            return "DELETED" if was else None
        if self(change.stored.obj):
            return "MODIFIED" if was else "ADDED"
        return "DELETED" if was else None


def _label_query(text: str) -> tuple[Requirement, ...]:
    try:
        return parse_label_query(text)
    except SelectorError as error:
        raise bad_request(str(error)) from None


def selection(request: web.Request, route: Route) -> Selection:
    """The selection of a request: its namespace, labelSelector and fieldSelector."""
    labels, fields = request.query.get("labelSelector", ""), request.query.get("fieldSelector", "")
    if route.form:
        fields = route.form.selector(fields)
    if route.name:
        fields = ",".join(filter(None, (fields, f"metadata.name={route.name}")))
    return Selection(route.resource, route.namespace, labels, fields)


def selected(store: Store, wanted: Matcher) -> Iterator[Stored]:
    """The stored objects of a selection, in order."""
    return (one for one in store.objects.entries(wanted.shelf, wanted.namespace) if wanted(one.obj))
