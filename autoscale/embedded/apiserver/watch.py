"""Watches of collections: bookmarks, and 410 for what the history has forgotten."""

import asyncio
import json
from collections.abc import Iterator

from aiohttp import web

from autoscale.embedded.apiserver.answers import NOW, negotiate, view_list, view_one
from autoscale.embedded.apiserver.events_out import Tell, send_events
from autoscale.embedded.apiserver.matching import selected, selection
from autoscale.embedded.apiserver.query import flag
from autoscale.embedded.apiserver.routes import Route
from autoscale.kube.kinds import Object
from autoscale.kube.statuses import StatusError, bad_request
from autoscale.plane.store import Change, Store
from autoscale.plane.subscription import Subscription

BOOKMARK_S = 30.0
"""How often a quiet watch tells how far it is (upstream: about a minute)."""

LEAST_BOOKMARK_S = 0.01
"""What a client may ask for at the most often, by ``bookmarkSeconds``: upstream does not know that parameter, and
passes over it. By bookmarks that do not come a client knows that it is heard late."""

WATCH_S = 3600.0
"""How long a watch lasts that does not say."""


async def watch_answer(request: web.Request, route: Route, store: Store) -> web.StreamResponse:
    """A watch: one JSON object an event, until its time is up or the client goes."""
    return await send_events(request, _Watch(request, route, store).send)


class _Watch:
    """One watch: how far it is, when it ends, and how it writes events."""

    def __init__(self, request: web.Request, route: Route, store: Store) -> None:
        query, self.now = request.query, request.app[NOW]
        self.route, self.store, self.view = route, store, negotiate(request, route.form)
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
        self.version = since

    async def send(self, tell: Tell) -> None:
        """Everything, until the end."""
        matches = self.matches
        try:
            since = self.store.version if self.from_now else self.version
            with self.store.subscribed(matches.shelf, matches.namespace, since) as subscription:
                self.version = since
                await self._send(tell, subscription)
        except StatusError as error:
            await tell([_line("ERROR", error.to_dict())])

    async def _send(self, tell: Tell, subscription: Subscription) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self.left_s
        said = loop.time()
        if self.from_now and (first := list(self._initial())):
            await tell(first)
        while (left := end - loop.time()) > 0 and self._served():
            changes = subscription.take()
            self.version = self.store.version
            lines = [line for change in changes if (line := self._changed(change))]
            if not lines and self.bookmarks and loop.time() - said >= self.quiet_s:
                lines = [self._bookmark()]
            if lines:
                await tell(lines)
                said = loop.time()
            quiet = said + self.quiet_s - loop.time() if self.bookmarks else left
            await subscription.wait(max(0.0, min(left, quiet)))

    def _served(self) -> bool:
        """A custom kind may be gone."""
        shelf = self.route.resource.shelf
        return self.route.resource.defined is None or shelf in self.store.objects.catalogue.stored

    def _initial(self) -> Iterator[bytes]:
        for one in selected(self.store, self.matches):
            if not self.view.plain:
                yield _line("ADDED", self._viewed(one.obj))
            else:
                yield b'{"type":"ADDED","object":' + one.raw + b"}\n"
        if self.initial and self.bookmarks:
            yield self._bookmark({"k8s.io/initial-events-end": "true"})

    def _changed(self, change: Change) -> bytes | None:
        event = self.matches.event(change)
        if event is None:
            return None
        if not self.view.plain:
            return _line(event, self._viewed(change.told(event)))
        return change.raw if event == change.type else change.line(event)

    def _viewed(self, obj: Object) -> Object:
        return view_one(self.view, self.route.resource, obj, self.version, self.now())

    def _bookmark(self, annotations: Object | None = None) -> bytes:
        metadata: Object = {"resourceVersion": str(self.version), "creationTimestamp": None}
        if annotations:
            metadata["annotations"] = annotations
        resource = self.view.form.resource if self.view.form else self.route.resource
        obj: Object = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
        if self.view.as_ == "Table":
            about = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
            obj = view_list(self.view, resource, [], self.version, 0.0)
            obj["rows"] = [{"cells": [], "object": about}]
        return _line("BOOKMARK", obj)


def _line(event: str, obj: Object) -> bytes:
    return json.dumps({"type": event, "object": obj}, separators=(",", ":")).encode() + b"\n"
