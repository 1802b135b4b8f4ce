"""Who is told of which changes: a watch hears those of its kind and namespace alone, as they happen."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable

from autoscale.kube import statuses
from autoscale.plane.view import Change

Place = tuple[str, str | None]
"""A shelf, and a namespace (None: all of them)."""


class Subscription:
    """The changes of a place, from a version on. ``most``: how many may wait to be taken."""

    def __init__(self, place: Place, missed: Iterable[Change], most: int) -> None:
        self.place = place
        self._changes, self._most = list(missed), most
        self._lost: Change | None = None
        self._waiter: asyncio.Future[None] | None = None

    def put(self, change: Change) -> None:
        """One more; where too many wait they are forgotten, as the store's history forgets."""
        if len(self._changes) < self._most:
            self._changes.append(change)
        else:
            self._lost = change
        self.wake()

    def take(self) -> list[Change]:
        """What has happened since the last time; ``StatusError`` 410 where some of it is forgotten."""
        if self._lost:
            raise statuses.expired(self._changes[0].version, self._lost.version)
        taken, self._changes = self._changes, []
        return taken

    def wake(self) -> None:
        """Whoever waits looks again."""
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self, timeout_s: float) -> None:
        """Until there is something to take, or the time is up."""
        if self._changes:
            return
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = loop.call_later(timeout_s, self.wake)
        try:
            await self._waiter
        finally:
            timer.cancel()


class Subscriptions:
    """All subscriptions of a store."""

    def __init__(self) -> None:
        self._held: defaultdict[Place, set[Subscription]] = defaultdict(set)

    def add(self, subscription: Subscription) -> None:
        """It is told from now on."""
        self._held[subscription.place].add(subscription)

    def remove(self, subscription: Subscription) -> None:
        """It is told no more."""
        held = self._held[subscription.place]
        held.discard(subscription)
        if not held:
            del self._held[subscription.place]

    def tell(self, change: Change) -> None:
        """Tell all whom a change concerns; that a definition has changed is told to those of its kind."""
        shelf, namespace, name = change.key
        for place in {(shelf, None), (shelf, namespace)}:
            for one in self._held.get(place, ()):
                one.put(change)
        if shelf == "CustomResourceDefinition":
            for place, held in self._held.items():
                if place[0] == name:
                    for one in held:
                        one.wake()
