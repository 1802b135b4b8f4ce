"""A load worker whose users are a locustfile's."""

from typing import Any

import gevent
from locust.env import Environment

from loadtest.driver.behaving import Behaving
from loadtest.driver.output import say
from loadtest.driver.settings import Settings
from loadtest.driver.worker import GENERATOR_FAILED, Running, Worker

POLL_S = 0.05


class LocustWorker(Worker):
    """Locust starts and stops the users as its master says; their requests are counted here, and told to Locust's own
    statistics from the same counts."""

    def __init__(self, settings: Settings, environment: Environment) -> None:
        super().__init__(settings)
        self._itself = environment
        self._behaving = Behaving(settings, self._tell, environment, self._end_users)
        self._known = list(environment.events.request._handlers)

    def run(self) -> int:
        """As any worker; a locustfile that ends the process loses nothing of what was counted."""
        try:
            return super().run()
        except (SystemExit, KeyboardInterrupt) as error:
            self._behaving.finish()
            say(f"The locustfile ended the process ({type(error).__name__}: {error}).")
            return GENERATOR_FAILED

    def _environment(self) -> Environment:
        return self._itself

    def _connected(self, environment: Environment) -> None:
        for handler in environment.events.request._handlers[:]:
            if handler not in self._known:  # Locust's own: its statistics are told what the rows say, once
                environment.events.request.remove_listener(handler)
        environment.events.init.fire(environment=environment, runner=self._runner, web_ui=None)
        self._runner.register_message("settle", self._settle)

    def _make_engine(self, start: float) -> Running:
        self._behaving.begin(start)
        return self._behaving

    def _settle(self, **_: Any) -> None:
        """The master asks to be told when the users of the pool are warm."""
        gevent.spawn(self._settled)

    def _settled(self) -> None:
        runner, pool = self._runner, self._behaving.pool
        while pool is not None and (
            (runner.user_count == 0 and not self._behaving.troubles) or pool.waiting < runner.user_count
        ):
            gevent.sleep(POLL_S)
        data = {"users": runner.user_count, "troubles": list(self._behaving.troubles)[:3]}
        runner.send_message("settled", data)

    def _end_users(self) -> None:
        self._runner.stop()
