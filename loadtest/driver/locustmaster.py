"""The load master where the users are a locustfile's: Locust's own dispatch, by the scenario's plan."""

import math
import time
from typing import Any

import gevent
from locust import LoadTestShape, User
from locust.env import Environment

from loadtest.driver.master import POLL_S, Master
from loadtest.driver.output import say
from loadtest.driver.settings import Settings

STEP_S = 1.0  # how often the number of users is set, as Locust's own shapes do
AT_ONCE = 1000.0  # users per second: the plan has the slope


class LocustMaster(Master):
    """Closed: so many users as the plan says, second by second. Open: the pool, warm before the load begins.

    ``shape``: the file's own, where the plan was drawn from it: it may say of which classes the users are.
    """

    def __init__(self, settings: Settings, environment: Environment, shape: LoadTestShape | None) -> None:
        super().__init__(settings, environment)
        self._shape = shape
        self._open = settings.scenario["model"] == "open"
        self._settled: dict[str, dict[str, Any]] = {}

    def _ready(self) -> bool:
        if not self._open:
            return True
        self._runner.register_message("settled", self._hear)
        pool = max(
            self._settings.scenario["load"]["pool"], self._settings.workers * len(self._environment.user_classes)
        )
        self._runner.start(pool, AT_ONCE)
        self._runner.send_message("settle", {})
        deadline = time.monotonic() + self._settings.start_deadline_s
        while len(self._settled) < len(self._members) and not self._stop.is_set():
            if time.monotonic() > deadline:
                return self._fail(f"the locustfile's users were not ready within {self._settings.start_deadline_s:g} s")
            gevent.sleep(POLL_S)
        if not sum(one["users"] for one in self._settled.values()):
            return self._fail("no user of the locustfile is left: " + self._troubles())
        return not self._stop.is_set()

    def _hear(self, msg: Any, **_: Any) -> None:
        self._settled[msg.node_id] = msg.data

    def _troubles(self) -> str:
        told = [words for one in self._settled.values() for words in one["troubles"]]
        return "; ".join(dict.fromkeys(told)) or "they ended by themselves"

    def _fail(self, reason: str) -> bool:
        self._mark("generator-failed", self._now(), reason=reason)
        say(reason)
        return False

    def _begin_users(self, _start: float) -> None:
        if not self._open:
            gevent.spawn(self._follow, _start)

    def _follow(self, start: float) -> None:
        """Set the number of users to that of the plan, each second."""
        plan, at = self._settings.users, 0.0
        before: tuple[int, list[type[User]] | None] = (0, None)
        while at < plan.duration_s:
            gevent.sleep(max(0.0, start + at - self._now()))
            at = max(at, math.floor((self._now() - start) / STEP_S) * STEP_S)  # a dispatch may take longer than a step
            wanted = (math.ceil(plan.rate(at) - 1e-9), self._classes(at))
            if wanted != before:
                self._runner.start(wanted[0], AT_ONCE, user_classes=wanted[1])
                before = wanted
            at += STEP_S

    def _classes(self, at: float) -> list[type[User]] | None:
        """Of which classes the users are at some second; None where it is not said: of all."""
        if self._shape is None:
            return None
        self._shape.runner = self._runner
        self._shape.get_run_time = lambda: at  # type: ignore[method-assign]
        tick = self._shape.tick()
        return list(tick[2]) if tick is not None and len(tick) > 2 and tick[2] else None
