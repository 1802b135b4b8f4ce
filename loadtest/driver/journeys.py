"""Journeys of Locust's users: one task, or one pass of a sequence, from when it was to begin until it ends.

Locust calls ``execute_next_task`` of a TaskSet for each task and ``wait`` after it: both are watched here, for all
TaskSets of this process, since a locustfile's classes are its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent
from locust import User
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser
from locust.user.sequential_taskset import SequentialTaskSet
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING, TaskSet

_PACED = "constant_pacing.<locals>.wait_time_func"  # constant_throughput is made of it


@dataclass(slots=True)
class Journey:
    """One that goes on: ``due`` when it was to begin, ``owner`` whose tasks it is made of, ``left`` of them.

    ``intended``: that moment was fixed before it began, by a plan or a pace; ``opened``: it has had its first request;
    ``cause`` why it has failed, None so far.
    """

    name: str
    due: float
    owner: TaskSet
    left: int
    intended: bool
    opened: bool = False
    cause: str | None = None


class Journeys:
    """Follows every user's journeys. ``gate``: what lets one begin and says when it was due; None for users who begin
    by themselves. ``ended`` hears of each: its name, when it was due, and why it failed (None)."""

    def __init__(
        self,
        now: Callable[[], float],
        ended: Callable[[str, float, str | None], object],
        gate: Callable[[User], float] | None = None,
    ) -> None:
        self._now = now
        self._ended = ended
        self._gate = gate
        self._of: dict[int, Journey] = {}  # by the user's id: a class of a locustfile may have __slots__ or odd setters
        self._begun: dict[int, float] = {}

    def install(self) -> Callable[[], None]:
        """Watch all TaskSets; what is returned ends that."""
        execute, wait = TaskSet.execute_next_task, TaskSet.wait
        TaskSet.execute_next_task = lambda taskset: self._execute(taskset, execute)  # type: ignore[method-assign]
        TaskSet.wait = lambda taskset: self._wait(taskset, wait)  # type: ignore[method-assign]

        def undo() -> None:
            TaskSet.execute_next_task, TaskSet.wait = execute, wait  # type: ignore[method-assign]

        return undo

    def of_this_greenlet(self) -> Journey | None:
        """The journey of the user that runs now; None in a greenlet that a user has started, and in on_start."""
        arguments = getattr(gevent.getcurrent(), "args", ())
        return self._of.get(id(arguments[0])) if arguments and isinstance(arguments[0], User) else None

    def forget(self, user: User) -> None:
        """A user is gone."""
        self._of.pop(id(user), None)
        self._begun.pop(id(user), None)

    def _execute(self, taskset: TaskSet, execute: Callable[[TaskSet], None]) -> None:
        key = id(taskset.user)
        journey = self._of.get(key)
        if journey is None:
            task = taskset._task_queue[0]
            if not isinstance(taskset, SequentialTaskSet) and isinstance(task, type) and issubclass(task, TaskSet):
                execute(taskset)  # the tasks in there are the journeys
                return
            journey = self._of[key] = self._begin(taskset, task)
        self._begun[key] = self._now()
        over = True
        try:
            execute(taskset)
        except InterruptTaskSet:
            journey.left = 0
            raise
        except (RescheduleTask, RescheduleTaskImmediately):
            raise  # a TaskSet within a sequence has handed back
        except StopUser:
            over = False  # the load ends: what a journey would have come to is not known
            raise
        except Exception as error:
            journey.cause = journey.cause or type(error).__name__
            raise
        except BaseException:
            over = False
            raise
        finally:
            if journey.owner is taskset:
                journey.left -= 1
                if journey.left <= 0 or not over:
                    self._of.pop(key, None)
                    if over:
                        self._ended(journey.name, journey.due, journey.cause)

    def _begin(self, taskset: TaskSet, task: Any) -> Journey:
        sequence = isinstance(taskset, SequentialTaskSet)
        name = type(taskset).__name__ if sequence else getattr(task, "__name__", type(task).__name__)
        left = len(taskset.tasks) if sequence else 1
        due = self._due(taskset)
        return Journey(name, self._now() if due is None else due, taskset, left, intended=due is not None)

    def _due(self, taskset: TaskSet) -> float | None:
        """When a journey was to begin: when its arrival was planned, or as its user is paced; None where neither is."""
        user = taskset.user
        if self._gate is not None:
            user._state = LOCUST_STATE_WAITING  # Locust may end it without waiting for a task
            due = self._gate(user)
            user._state = LOCUST_STATE_RUNNING
            return due
        now, before, pace = self._now(), self._begun.get(id(user)), pacing(taskset)
        return None if before is None or pace is None else min(now, before + pace)

    def _wait(self, taskset: TaskSet, wait: Callable[[TaskSet], None]) -> None:
        if self._gate is None or id(taskset.user) in self._of:
            wait(taskset)
        elif taskset.user._state == LOCUST_STATE_STOPPING:
            raise StopUser
        # a user of the pool is free at once: when it begins again is for the plan to say


def pacing(taskset: TaskSet) -> float | None:
    """Seconds from one task's beginning to the next, where ``wait_time`` is ``constant_pacing`` or
    ``constant_throughput``; None otherwise."""
    wait_time: Any = type(taskset).wait_time
    if wait_time is TaskSet.wait_time:
        wait_time = type(taskset.user).wait_time
    if getattr(wait_time, "__qualname__", "") != _PACED:
        return None
    seconds = dict(zip(wait_time.__code__.co_freevars, wait_time.__closure__, strict=True))["wait_time"].cell_contents
    return float(seconds)
