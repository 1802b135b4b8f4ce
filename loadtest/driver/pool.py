"""The open model's users: a bounded number of them, warm, each waiting for a journey."""

from collections import deque
from collections.abc import Callable
from typing import Any

from gevent.event import AsyncResult
from locust import SequentialTaskSet, User

from loadtest import draw


class Pool:
    """Users who wait, by their class. An arrival takes the one that has waited longest, or finds none."""

    def __init__(self, classes: list[type[User]], seed: int, lost: Callable[[str], object]) -> None:
        self._lost = lost  # hears of a journey that was given to a user who is ended before it begins
        self._free: dict[type[User], deque[tuple[User, Any]]] = {one: deque() for one in classes}
        self._classes = classes
        self._edges = draw.shares([float(one.fixed_count or one.weight) for one in classes])
        self._which = draw.numbers(seed, 0)

    def gate(self, user: User) -> float:
        """Wait for a journey; when it was due."""
        turn: Any = AsyncResult()
        self._free[type(user)].append((user, turn))
        try:
            due: float = turn.get()
        except BaseException:
            if turn.ready():
                self._lost(journey_name(type(user)))
            raise
        return due

    def arrive(self, n: int, due: float, alive: Callable[[User], bool]) -> str | None:
        """Give arrival ``n`` to a user of the class that is drawn for it; the journey's name where none is free."""
        chosen = self._classes[draw.pick(self._edges, self._which(n))]
        free = self._free[chosen]
        while free:
            user, turn = free.popleft()
            if alive(user):
                turn.set(due)
                return None
        return journey_name(chosen)

    @property
    def waiting(self) -> int:
        """How many users wait."""
        return sum(map(len, self._free.values()))


def journey_name(one: type[User]) -> str:
    """What a journey that did not begin is called: as the only one of its class, else as the class."""
    tasks = {getattr(task, "__name__", one.__name__) for task in one.tasks}
    plain = any(isinstance(task, type) and not issubclass(task, SequentialTaskSet) for task in one.tasks)
    return tasks.pop() if len(tasks) == 1 and not plain else one.__name__
