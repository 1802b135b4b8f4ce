"""List and watch on raw JSON: back-off, 410 both ways, bookmarks, read timeout, and what was missed is said."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from autoscale.base.errors import ClusterError
from autoscale.base.times import parse_time
from autoscale.cluster.answers import Stream, parsed
from autoscale.cluster.client import Cluster
from autoscale.cluster.failures import Refused, passes, refused
from autoscale.kube.resource import Resource

FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 5.0
# Changes that are heard later than this are said to be: their receive times are no longer when they happened.
LATE_S = 2.0
# What a stalled connection held back comes within so long of its end.
BURST_S = 0.5
BEATS = 4  # so many bookmarks on end, each soon after the last, are a beat that can be missed
# How often a watch asks for bookmarks where lateness matters: the embedded cluster sends them, upstream does not know
# the parameter, and sends one a minute.
BEAT_S = 1.5


@dataclass(frozen=True)
class Change:
    """One object as the API server sent it.

    ``type``: LISTED (it was there when the list began), ADDED, MODIFIED, DELETED, or
    GONE (it vanished while the watch was interrupted: when is unknown). ``t``: receive time. ``written``: when the API
    server wrote that change, by its own clock, cut to seconds; None where the object does not tell.
    """

    kind: str
    type: str
    object: dict[str, Any]
    t: float
    written: float | None = None


@dataclass(frozen=True)
class Lost:
    """A span in which ``source`` was not heard: what happened in it is not known, or was heard late."""

    source: str
    since: float
    until: float
    cause: str


class Watch:
    """One list+watch. ``changes()`` runs in one thread; ``cancel()`` may be called from another.

    ``silence_s`` is how long nothing may be heard before the connection counts as dead: the server is
    asked to end each watch a little earlier (it sends a bookmark before), so a quiet collection is no failure.
    ``beat``: bookmarks are asked for so often that a stalled connection is known by those that do not come.
    ``patience_s`` is how long the first list is tried for while the server does not answer.
    """

    def __init__(
        self,
        cluster: Cluster,
        resource: Resource,
        namespace: str | None,
        *,
        labels: str | None = None,
        fields: str | None = None,
        silence_s: float = 30.0,
        patience_s: float = 30.0,
        beat: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.source = resource.plural
        self._cluster = cluster
        self._resource = resource
        self._path = resource.path(namespace)
        self._selectors = {"labelSelector": labels, "fieldSelector": fields}
        self._silence_s = silence_s
        self._patience_s = patience_s
        self._beat = beat
        self._clock = clock
        self._stop = threading.Event()
        self._stream: Stream | None = None
        self._known: dict[str, dict[str, Any]] = {}
        self._stamps: dict[str, str] = {}  # the newest time in each
        self._version: str | None = None
        self._heard = 0.0  # up to then the collection is known
        self._answered = 0.0  # the server's last sign of life
        self._broke: float | None = None
        self._progress = False
        self._connected = False
        self._beats = False
        self._quick = 0  # bookmarks on end that came as quickly as a beat
        self._bookmark = 0.0  # when the last one came
        self._silence: tuple[float, float] | None = None  # the last one that was too long

    def cancel(self) -> None:
        """End ``changes()`` soon, wherever it waits."""
        self._stop.set()
        stream = self._stream
        if stream is not None:
            stream.cancel()

    def changes(self) -> Iterator[Change | Lost]:
        """Every object, then every change, until cancelled. Raises ClusterError only when the first list fails."""
        yield from self._first_list()
        delay, failing = FIRST_DELAY_S, ""
        while not self._stop.is_set():
            self._progress = self._connected = False
            try:
                if self._version is None:
                    since = self._heard
                    yield from self._list()
                    yield Lost(self.source, since, self._heard, failing)
                    failing, self._broke = "", None
                yield from self._follow(failing)
                self._note_break()
                failing = "" if self._progress or self._stop.is_set() else "the watch ends as soon as it begins"
            except ClusterError as error:
                if self._stop.is_set() and self._connected:
                    return  # broken off by `cancel`, while it was heard
                failing = error.what
                self._note_break()
                if isinstance(error, Refused) and error.code == 410:
                    self._version = None
            # A successful list is no progress: a server that lists and then says 410 would be asked 20 times a second.
            delay = FIRST_DELAY_S if self._progress else min(delay * 2, LONGEST_DELAY_S)
            self._stop.wait(delay)
        if failing:
            yield Lost(self.source, self._heard, self._clock(), failing)

    def _first_list(self) -> Iterator[Change | Lost]:
        """The collection as it is found; a server that is away is waited for, one that refuses is not."""
        began, delay, failing = self._clock(), FIRST_DELAY_S, ""
        while not self._stop.is_set():
            try:
                yield from self._list()
            except ClusterError as error:
                if not passes(error) or self._clock() - began > self._patience_s:
                    raise
                failing = error.what
                delay = min(delay * 2, LONGEST_DELAY_S)
                self._stop.wait(delay)
            else:
                break
        if failing:
            yield Lost(self.source, began, self._clock(), failing)

    def _list(self) -> Iterator[Change]:
        """The whole collection; what is new or changed against what was known, and what vanished."""
        page = self._cluster.list(self._path, **self._selectors)
        now = self._heard = self._answered = self._clock()
        first = self._version is None and not self._known
        found = {item["metadata"]["uid"]: item for item in page["items"]}
        for uid in [uid for uid in self._known if uid not in found]:
            self._stamps.pop(uid, None)
            yield Change(self._resource.kind, "GONE", self._known.pop(uid), now)
        for uid, item in found.items():
            before = self._known.get(uid)
            if before is None or _version(before) != _version(item):
                self._known[uid], self._stamps[uid] = item, _newest(item["metadata"])
                yield Change(self._resource.kind, "LISTED" if first else "MODIFIED" if before else "ADDED", item, now)
        self._version = page["metadata"]["resourceVersion"]

    def _note_break(self) -> None:
        """Remember since when the server is not heard: since now, or since it fell silent."""
        if self._broke is None:
            now = self._clock()
            self._broke = self._answered if now - self._answered >= self._silence_s else now

    def _follow(self, failing: str) -> Iterator[Change | Lost]:
        """One watch from the last version on, until the server ends it. Raises ClusterError when it breaks.

        No change is lost by a break, but what happened in a long one is heard late: a gap says so.
        """
        query = {
            **self._selectors,
            "watch": True,
            "allowWatchBookmarks": True,
            "resourceVersion": self._version,
            "bookmarkSeconds": BEAT_S if self._beat else None,
            "timeoutSeconds": max(1, int(self._silence_s * 0.8)),
        }
        began = self._clock()
        with self._cluster.stream(self._path, query=query, read_s=self._silence_s) as stream:
            self._stream, self._connected = stream, True
            if self._stop.is_set():
                return
            self._answered = self._clock()
            if self._broke is not None and self._answered - self._broke > LATE_S:
                yield Lost(self.source, self._broke, self._answered, failing or "the watch was answered late")
            self._broke = None
            for line in stream:
                yield from self._event(line)
        if not self._stop.is_set() and self._clock() - began > self._silence_s / 2:
            self._progress = True  # a quiet watch that the server ended when it was asked to
            self._heard = self._answered = self._clock()

    def _event(self, line: bytes) -> Iterator[Change | Lost]:
        """One line of the watch."""
        try:
            event = parsed(line)
            kind, item = event["type"], event["object"]
        except (ValueError, KeyError, TypeError) as error:
            raise ClusterError(f"the watch of {self.source} broke off in the middle of a line") from error
        if kind == "ERROR":
            # Whatever it is, only a new list is sure to mend it: 410 is how that is said.
            raise refused("GET", self._path, 410, item if isinstance(item, dict) else {})
        self._version = item["metadata"]["resourceVersion"]
        before, self._heard = self._answered, self._clock()
        self._answered = self._heard
        self._progress = True
        if self._silence or kind == "BOOKMARK" or self._heard - before > LATE_S:
            yield from self._stalled(before, change=kind != "BOOKMARK")
        if kind == "BOOKMARK":
            return
        uid = item["metadata"]["uid"]
        newest, known = _newest(item["metadata"]), self._stamps.pop(uid, "")
        if kind == "DELETED":
            self._known.pop(uid, None)
        else:
            self._known[uid], self._stamps[uid] = item, newest
        # Not every write leaves its time (a binding, a field that is only taken away): an old one tells nothing.
        written = parse_time(newest) if newest > known else None
        yield Change(kind=self._resource.kind, type=kind, object=item, t=self._heard, written=written)

    def _stalled(self, before: float, *, change: bool) -> Iterator[Lost]:
        """The gap of a silence that was too long for a server that is heard every second, and held a change back.

        Without a change nothing was heard late. Servers that send a bookmark once a minute are not bound by this.
        """
        now = self._heard
        if self._beats and now - before > LATE_S:
            self._silence = before, now
        if not change:
            # Upstream may send two or three close to a watch's end, and then is silent for long.
            self._quick = self._quick + 1 if now - self._bookmark < LATE_S else 0
            self._beats = self._quick >= BEATS
            self._bookmark = now
        if change and self._silence:
            since, until = self._silence
            self._silence = None
            if now - until < BURST_S:
                yield Lost(self.source, since, until, f"the connection stalled for {until - since:.1f} s")


def _newest(metadata: dict[str, Any]) -> str:
    """The newest time (RFC 3339 in UTC, so the greatest text) that the API server put into an object's metadata.

    That is when it was made, or a field manager wrote; ``deletionTimestamp`` lies ahead of its writing, and is no such
    time.
    """
    newest: str = metadata.get("creationTimestamp") or ""
    for entry in metadata.get("managedFields") or ():
        if (at := entry.get("time") or "") > newest:
            newest = at
    return newest


def _version(item: dict[str, Any]) -> str:
    """The resource version of an object."""
    return str(item["metadata"].get("resourceVersion", ""))
