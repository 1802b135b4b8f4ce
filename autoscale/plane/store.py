"""The store (etcd's part): all objects, one resource version, a bounded watch history.

The read side is ``Objects``; the write side is values (``Create`` ... ``Emit``) given to ``Store.apply``. A stored
dict is never changed in place: every write puts a new one, so what was read stays as it was read and must not be
mutated by the reader. One asyncio loop owns a store; nothing here blocks or reads a clock.
"""

import asyncio
import contextlib
import random
import uuid
from collections import deque
from collections.abc import Iterator
from typing import Any

from autoscale.base.times import format_time, parse_time
from autoscale.kube import statuses
from autoscale.kube.conditions import is_finished
from autoscale.kube.initial import initial_status
from autoscale.kube.kinds import RESOURCES, Key, Object
from autoscale.kube.patches.ownership import Owner, after_update, write_owners
from autoscale.kube.resource import Resource
from autoscale.plane.events import Emit, EventRecorder
from autoscale.plane.subscription import Subscription, Subscriptions
from autoscale.plane.view import Change, Objects, Shelf, Shelves, Stored
from autoscale.plane.writes import Create, Delete, Remove, Update, UpdateStatus, Write

HISTORY = 20_000
"""Changes kept for watches; a watch further behind gets 410 Expired."""

NAME_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""What Kubernetes appends to generateName (no vowels, so no words)."""


__all__ = [
    "Change",
    "Create",
    "Delete",
    "Emit",
    "Objects",
    "Remove",
    "Store",
    "Stored",
    "Update",
    "UpdateStatus",
    "Write",
]


class Store:
    """All objects of a cluster. ``seed`` fixes generated names and uids (for tests under a virtual clock)."""

    def __init__(self, *, seed: int | None = None, history: int = HISTORY) -> None:
        self.version = 0
        self._kinds = Shelves((kind, Shelf()) for kind in RESOURCES)
        self._history: deque[Change] = deque(maxlen=history)
        self._random = random.Random(seed)
        self._recorder = EventRecorder()
        self._waiters: list[asyncio.Future[None]] = []
        self._subscriptions = Subscriptions()
        self._committing = True
        self.objects = Objects(self._kinds, lambda: self.version)

    def preview(self, write: Write, now: float) -> Object | None:
        """What ``apply`` would return, without doing it (a dry run)."""
        self._committing = False
        try:
            return self.apply(write, now)
        finally:
            self._committing = True

    def apply(self, write: Write, now: float) -> Object | None:
        """Do one write at ``now`` (seconds since the epoch).

        Returns the object as it then is; None where it is gone. Raises ``StatusError`` (404, 409).
        """
        match write:
            case Create(obj):
                return self._create(obj, now)
            case Update(obj, manager):
                return self._update(obj, manager, now)
            case UpdateStatus(obj, owned):
                return self._update_status(obj, owned=owned)
            case Delete():
                return self._delete(write, now)
            case Remove(kind, namespace, name, uid):
                current = self.objects.get(kind, namespace, name)
                if current and uid in (None, current["metadata"]["uid"]):
                    self._remove((kind, namespace, name))
                return None
            case Emit():
                return self._emit(write, now)

    def changes(self, since: int) -> list[Change]:
        """What happened after version ``since``, oldest first; ``StatusError`` 410 where that is forgotten."""
        oldest = self._history[0].version if self._history else self.version + 1
        if since > self.version or since < oldest - 1:
            raise statuses.expired(since, oldest - 1)
        behind = self.version - since
        return [self._history[index] for index in range(len(self._history) - behind, len(self._history))]

    @contextlib.contextmanager
    def subscribed(self, shelf: str, namespace: str | None, since: int) -> Iterator[Subscription]:
        """The changes of a kind (in a namespace; None: in all) after version ``since``, as they happen.

        ``StatusError`` 410 where that is forgotten.
        """
        missed = [one for one in self.changes(since) if one.key[0] == shelf and namespace in (None, one.key[1])]
        subscription = Subscription((shelf, namespace), missed, self._history.maxlen or HISTORY)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.remove(subscription)

    async def wait_change(self, since: int, timeout_s: float | None = None) -> int:
        """Wait until the version is above ``since`` (or the time is up); returns the version."""
        if self.version <= since:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                await asyncio.wait((waiter,), timeout=timeout_s)
            finally:
                if not waiter.done():
                    waiter.cancel()
                    self._waiters.remove(waiter)
        return self.version

    def generate_name(self, prefix: str) -> str:
        """``prefix`` and five random letters, as the API server names what has only a generateName."""
        return prefix[:58] + "".join(self._random.choices(NAME_ALPHABET, k=5))

    def _create(self, obj: Object, now: float) -> Object:
        metadata = dict(obj.get("metadata", {}))
        if not metadata.get("name"):
            metadata["name"] = self.generate_name(metadata.get("generateName", ""))
        resource = self.objects.catalogue.of(obj)
        key = self.objects.catalogue.key_of({**obj, "metadata": metadata})
        if self.objects.get(*key) is not None:
            raise statuses.already_exists(key)
        if key[1]:
            metadata["namespace"] = key[1]
        metadata["uid"] = metadata.get("uid") or str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        metadata["creationTimestamp"] = format_time(now)
        for absent in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"):
            metadata.pop(absent, None)
        if resource.generation:
            metadata["generation"] = 1
        new = {"kind": resource.kind, "apiVersion": resource.api_version, **obj, "metadata": metadata}
        status = initial_status(new, resource)
        return self._put(key, _with_status(new, status))

    def _update(self, obj: Object, manager: str, now: float) -> Object | None:
        key, current = self._current(obj, optimistic=True)
        kept = {name: current["metadata"][name] for name in _SYSTEM if name in current["metadata"]}
        metadata = {name: value for name, value in obj["metadata"].items() if name not in _SYSTEM} | kept
        resource = self.objects.catalogue.on(key[0])
        new = {"kind": resource.kind, "apiVersion": current["apiVersion"], **obj, "metadata": metadata}
        if "status" in resource.subresources or ("status" in current and resource.defined is None):
            new = _with_status(new, current.get("status"))
        if "generation" in metadata and _meant(new, resource) != _meant(current, resource):
            metadata["generation"] += 1
        if new == current:
            return current
        if manager and metadata.get("managedFields"):
            owner = Owner(
                manager=manager,
                operation="Update",
                api_version=current["apiVersion"],
                time=format_time(now),
                fields=frozenset(),
            )
            metadata["managedFields"] = write_owners(after_update(current, new, owner, resource.type))
        put = self._put(key, new)
        if metadata.get("deletionTimestamp") and _finalizers(current) and not _finalizers(new) and _gone_at_once(new):
            self._remove(key)
            return None
        return put

    def _update_status(self, obj: Object, *, owned: bool) -> Object:
        key, current = self._current(obj, optimistic=False)
        owners = (obj if owned else current)["metadata"].get("managedFields")
        metadata = {**current["metadata"], **({"managedFields": owners} if owners else {})}
        if obj.get("status") == current.get("status") and metadata == current["metadata"]:
            return current
        return self._put(key, {**current, "metadata": metadata, "status": obj.get("status")})

    def _delete(self, write: Delete, now: float) -> Object | None:
        key = (write.kind, write.namespace, write.name)
        current = self.objects.get(*key)
        if current is None:
            raise statuses.not_found(key)
        if write.uid not in (None, current["metadata"]["uid"]):
            raise statuses.conflict(
                key,
                f"Precondition failed: UID in precondition: {write.uid}, UID in object meta: "
                f"{current['metadata']['uid']}",
            )
        grace = _grace(current, write.grace_s)
        if grace == 0 and write.kind not in _HOLDERS and not _finalizers(current):
            if write.kind == "Pod" and "deletionTimestamp" not in current["metadata"]:
                self._put(key, _mark_deleted(current, 0, now))  # as upstream: no pod goes without a word before
            self._remove(key)
            return None
        return self._put(key, marked) if (marked := _mark_deleted(current, grace, now)) != current else current

    def _current(self, obj: Object, *, optimistic: bool) -> tuple[Key, Object]:
        key = self.objects.catalogue.key_of(obj)
        current = self.objects.get(*key)
        if current is None:
            raise statuses.not_found(key)
        for name in ("uid", "resourceVersion") if optimistic else ("uid",):
            if obj["metadata"].get(name) not in (None, "", current["metadata"][name]):
                raise statuses.conflict(key)
        return key, current

    def _emit(self, write: Emit, now: float) -> Object:
        for old in self._recorder.expire(self.objects, now):
            self._remove(old)
        key, event = self._recorder.record(write, self.objects, now)
        return self._create(event, now) if self.objects.get(*key) is None else self._put(key, event)

    def _put(self, key: Key, obj: Object) -> Object:
        if not self._committing:
            return obj
        self.version += 1
        obj["metadata"]["resourceVersion"] = str(self.version)
        kind, at = self._kinds[key[0]], key[1:]
        before, stored = kind.entries.get(at), Stored(obj)
        kind.put(at, stored, self.version)
        event_type = "MODIFIED" if before else "ADDED"
        self._tell(
            Change(
                version=self.version, type=event_type, key=key, stored=stored, previous=before.obj if before else None
            )
        )
        return obj

    def _remove(self, key: Key) -> None:
        if not self._committing:
            return
        self.version += 1
        kind = self._kinds[key[0]]
        last = kind.entries[key[1:]].obj
        kind.remove(key[1:], self.version)
        final = {**last, "metadata": {**last["metadata"], "resourceVersion": str(self.version)}}
        self._tell(Change(version=self.version, type="DELETED", key=key, stored=Stored(final), previous=last))

    def _tell(self, change: Change) -> None:
        self._history.append(change)
        self._subscriptions.tell(change)
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)


CLEAN_UP = "customresourcecleanup.apiextensions.k8s.io"
"""What keeps a definition that is deleted until its objects are gone."""

_HOLDERS = ("Namespace", "CustomResourceDefinition")
"""Kinds whose objects are gone only when a controller has removed what they hold."""

_SYSTEM = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "resourceVersion",
    "namespace",
    "generateName",
)
"""Metadata that only the server sets; an update keeps it as it is."""


def _with_status(obj: Object, status: Any) -> Object:
    """The object with that status; None: with none."""
    rest = {name: value for name, value in obj.items() if name != "status"}
    return rest if status is None else {**rest, "status": status}


def _meant(obj: Object, resource: Resource) -> Any:
    """Whose changes are counted as generations: the spec; of a custom kind all but what it is called and how it is."""
    if resource.defined is None:
        return obj.get("spec")
    ignored = {"metadata", *(name for name in resource.subresources if name == "status")}
    return {name: value for name, value in obj.items() if name not in ignored}


def _finalizers(obj: Object) -> list[str]:
    found: list[str] = obj["metadata"].get("finalizers") or []
    return found


def _gone_at_once(obj: Object) -> bool:
    """Nothing runs that would have to be ended first: not a pod, or one that is finished or has no node."""
    if obj["kind"] != "Pod":
        return True
    return is_finished(obj) or not obj.get("spec", {}).get("nodeName")


def _grace(obj: Object, asked: int | None) -> int:
    if _gone_at_once(obj):
        return 0
    own: int = obj["spec"].get("terminationGracePeriodSeconds", 30)
    return max(0, own if asked is None else asked)


def _mark_deleted(obj: Object, grace: int, now: float) -> Object:
    """The object with its end announced; a second delete may only bring that end forward."""
    metadata: dict[str, Any] = dict(obj["metadata"])
    if "deletionTimestamp" in metadata:
        if now + grace >= parse_time(metadata["deletionTimestamp"]):
            return obj
    elif "generation" in metadata:
        metadata["generation"] += 1
    metadata["deletionTimestamp"] = format_time(now + grace)
    metadata["deletionGracePeriodSeconds"] = grace
    marked = {**obj, "metadata": metadata}
    if obj["kind"] == "CustomResourceDefinition":
        metadata["finalizers"] = list(dict.fromkeys([*_finalizers(obj), CLEAN_UP]))
    if obj["kind"] == "Namespace":
        marked["status"] = {**obj.get("status", {}), "phase": "Terminating"}
    return marked
