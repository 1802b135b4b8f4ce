"""Lists and watches of collections: selectors, bookmarks, and 410 for what the history has forgotten."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass

from aiohttp import web

from autoscale.embedded.apiserver.answers import NOW, View, negotiate, raw_answer, view_list, view_one
from autoscale.embedded.apiserver.events_out import Tell, send_events
from autoscale.embedded.apiserver.query import flag
from autoscale.embedded.apiserver.routes import Route
from autoscale.kube.field_query import fields_match
from autoscale.kube.kinds import Object
from autoscale.kube.label_query import SelectorError, parse_label_query
from autoscale.kube.requirements import Requirement, all_match
from autoscale.kube.statuses import StatusError, bad_request
from autoscale.plane.store import Change, Store, Stored

BOOKMARK_S = 30.0
"""How often a quiet watch tells how far it is (upstream: about a minute)."""

LEAST_BOOKMARK_S = 0.01
"""What a client may ask for at the most often, by ``bookmarkSeconds``: upstream does not know that parameter, and
passes over it. By bookmarks that do not come a client knows that it is heard late."""

WATCH_S = 3600.0
"""How long a watch lasts that does not say."""


@dataclass(frozen=True)
class Selection:
    """Which objects a request is about."""

    kind: str
    namespace: str | None
    labels: str
    fields: str

    def matcher(self) -> "Matcher":
        """The test; ``StatusError`` 400 where a selector cannot be read."""
        return Matcher(self)


class Matcher:
    """Whether an object is selected. Without selectors the kind and the namespace decide."""

    def __init__(self, selection: Selection) -> None:
        self.kind, self.namespace = selection.kind, selection.namespace
        self._labels = _label_query(selection.labels)
        self._fields = fields_match(selection.fields, selection.kind) if selection.fields else None

    def __call__(self, obj: Object) -> bool:
        metadata = obj["metadata"]
        return (
            (self.namespace is None or metadata.get("namespace") == self.namespace)
            and (not self._labels or all_match(self._labels, metadata.get("labels") or {}))
            and (self._fields is None or self._fields(obj))
        )

    def event(self, change: Change) -> str | None:
        """What a watcher of this selection is told of a change: ADDED, MODIFIED, DELETED or nothing."""
        if change.key[0] != self.kind or (self.namespace is not None and change.key[1] != self.namespace):
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
    if route.name:
        fields = ",".join(filter(None, (fields, f"metadata.name={route.name}")))
    return Selection(route.resource.kind, route.namespace, labels, fields)


def selected(store: Store, wanted: Matcher) -> Iterator[Stored]:
    """The stored objects of a selection, in order."""
    return (one for one in store.objects.entries(wanted.kind, wanted.namespace) if wanted(one.obj))


def list_answer(request: web.Request, route: Route, store: Store) -> web.Response:
    """A whole list (never in pages: ``limit`` is not needed on one machine)."""
    if request.query.get("continue"):
        raise bad_request("continue key is not valid: the embedded cluster gives whole lists")
    found, view, version = list(selected(store, selection(request, route).matcher())), negotiate(request), store.version
    if view.as_:
        body = view_list(view, route.resource, [one.obj for one in found], version, request.app[NOW]())
        return raw_answer(json.dumps(body, separators=(",", ":")).encode())
    resource = route.resource
    head = {"kind": f"{resource.kind}List", "apiVersion": resource.api_version}
    start = json.dumps({**head, "metadata": {"resourceVersion": str(version)}}, separators=(",", ":"))
    items = b",".join(one.raw for one in found)
    return raw_answer(start[:-1].encode() + b',"items":[' + items + b"]}")


async def watch_answer(request: web.Request, route: Route, store: Store) -> web.StreamResponse:
    """A watch: one JSON object an event, until its time is up or the client goes."""
    return await send_events(request, _Watch(request, route, store).send)


class _Watch:
    """One watch: how far it is, when it ends, and how it writes events."""

    def __init__(self, request: web.Request, route: Route, store: Store) -> None:
        query, self.now = request.query, request.app[NOW]
        self.route, self.store, self.view = route, store, negotiate(request)
        self.matches = selection(request, route).matcher()
        self.bookmarks = flag(request, "allowWatchBookmarks")
        self.initial = flag(request, "sendInitialEvents")
        try:
            since = int(query.get("resourceVersion") or 0)
            self.left_s = float(query.get("timeoutSeconds") or WATCH_S) or WATCH_S
            self.quiet_s = max(LEAST_BOOKMARK_S, float(query.get("bookmarkSeconds") or BOOKMARK_S))
        except ValueError:
            raise bad_request("resourceVersion, timeoutSeconds and bookmarkSeconds are numbers") from None
        self.from_now = since == 0 or self.initial
        self.version = store.version if self.from_now else since

    async def send(self, tell: Tell) -> None:
        """Everything, until the end."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self.left_s
        said = loop.time()
        if self.from_now and (first := list(self._initial())):
            await tell(first)
        while (left := end - loop.time()) > 0:
            try:
                changes = self.store.changes(self.version)
            except StatusError as error:
                await tell([_line("ERROR", error.to_dict())])
                return
            self.version = self.store.version
            lines = [line for change in changes if (line := self._changed(change))]
            if not lines and self.bookmarks and loop.time() - said >= self.quiet_s:
                lines = [self._bookmark()]
            if lines:
                await tell(lines)
                said = loop.time()
            quiet = said + self.quiet_s - loop.time() if self.bookmarks else left
            await self.store.wait_change(self.version, max(0.0, min(left, quiet)))

    def _initial(self) -> Iterator[bytes]:
        for one in selected(self.store, self.matches):
            if self.view.as_:
                yield _line("ADDED", self._viewed(one.obj))
            else:
                yield b'{"type":"ADDED","object":' + one.raw + b"}\n"
        if self.initial and self.bookmarks:
            yield self._bookmark({"k8s.io/initial-events-end": "true"})

    def _changed(self, change: Change) -> bytes | None:
        event = self.matches.event(change)
        if event is None:
            return None
        if self.view.as_:
            return _line(event, self._viewed(change.stored.obj))
        return change.raw if event == change.type else change.line(event)

    def _viewed(self, obj: Object) -> Object:
        return view_one(self.view, self.route.resource, obj, self.version, self.now())

    def _bookmark(self, annotations: Object | None = None) -> bytes:
        metadata: Object = {"resourceVersion": str(self.version), "creationTimestamp": None}
        if annotations:
            metadata["annotations"] = annotations
        resource = self.route.resource
        obj: Object = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
        if self.view.as_ == "Table":
            about = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
            obj = view_list(self.view, resource, [], self.version, 0.0)
            obj["rows"] = [{"cells": [], "object": about}]
        return _line("BOOKMARK", obj)


def _line(event: str, obj: Object) -> bytes:
    return json.dumps({"type": event, "object": obj}, separators=(",", ":")).encode() + b"\n"


__all__ = ["Selection", "View", "list_answer", "selected", "selection", "watch_answer"]
