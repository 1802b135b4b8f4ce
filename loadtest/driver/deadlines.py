"""One timer for all that may take equally long: what began first is due first."""

from collections import OrderedDict
from collections.abc import Callable
from time import perf_counter
from typing import Any

from gevent import get_hub


class Deadlines:
    """Calls ``expire(member)`` for each member that has been in for ``seconds``."""

    def __init__(self, seconds: float, expire: Callable[[Any], object]) -> None:
        self._seconds = seconds
        self._expire = expire
        self._members: OrderedDict[Any, float] = OrderedDict()
        self._timer: Any = None

    def add(self, member: Any) -> None:
        """Its time begins."""
        self._members[member] = perf_counter() + self._seconds
        if self._timer is None:
            self._arm(self._seconds)

    def remove(self, member: Any) -> None:
        """It ended in time."""
        self._members.pop(member, None)

    def _arm(self, seconds: float) -> None:
        self._timer = get_hub().loop.timer(max(0.0, seconds))
        self._timer.start(self._ring, update=True)

    def _ring(self) -> None:
        """Expire what is due, and sleep until the next one is; those that ended meanwhile are gone from in between."""
        self._timer.close()
        self._timer = None
        now = perf_counter()
        while self._members:
            member, due = next(iter(self._members.items()))
            if due > now:
                self._arm(due - now)
                return
            del self._members[member]
            self._expire(member)
