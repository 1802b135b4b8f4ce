"""A load worker: waits for the master's start, sends its share, writes its rows."""

import gc
import os
import resource
import signal
import time
from typing import Any, Protocol

import gevent
from gevent.event import Event
from locust import runners
from locust.env import Environment

from loadtest.counts import Ended, Kind
from loadtest.driver import statistics
from loadtest.driver.engine import STOP_GRACE_S, Engine
from loadtest.driver.output import say
from loadtest.driver.settings import Settings
from loadtest.driver.users import user_class

LET_GO_S = 15.0  # how long a worker that is done waits for the master's word to leave
GENERATOR_FAILED = 4  # the exit code of autoscale.base.exits


class Running(Protocol):
    """A worker's load: ``run`` blocks until it is over, ``stop`` ends it early."""

    @property
    def stopped(self) -> bool:
        """Whether it was ended early."""

    def run(self) -> None:
        """Run to the end."""

    def stop(self) -> None:
        """End it."""


class Worker:
    """A worker between Locust's messages and its engine, which exists once the start is known."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine: Running | None = None
        self._runner: Any = None
        self._leaving = False
        self._begun = Event()
        self._over = Event()

    def run(self) -> int:
        """Connect, wait for the start, send, say so, leave; the exit code."""
        gevent.signal_handler(signal.SIGTERM, self._terminate)
        if not self._connect():
            return GENERATOR_FAILED
        if not self._begun.wait(self._settings.start_deadline_s):
            say(f"The load master did not give the start within {self._settings.start_deadline_s:g} s.")
            return GENERATOR_FAILED
        self._over.wait()
        if not self._leaving:
            self._runner.greenlet.join(timeout=LET_GO_S)
        return 0

    def _connect(self) -> bool:
        runners.CONNECT_TIMEOUT = 1
        runners.CONNECT_RETRY_COUNT = int(self._settings.start_deadline_s)
        runners.MASTER_HEARTBEAT_TIMEOUT = 10**9  # a worker whose master has died finishes its plan
        runners.WORKER_REPORT_INTERVAL = 1.0
        environment = self._environment()
        try:
            self._runner = environment.create_worker_runner(self._settings.master_host, self._settings.master_port)
        except ConnectionError:
            say(f"No load master at {self._settings.master_host}:{self._settings.master_port} within the deadline.")
            return False
        self._connected(environment)
        self._runner.register_message("time", self._tell_time)
        self._runner.register_message("begin", self._begin)
        self._runner.send_message("hello", {"shard": self._settings.shard, "pod": self._settings.pod})
        return True

    def _environment(self) -> Environment:
        """What Locust is told: one user, who is there as long as the load."""
        environment = Environment(user_classes=[user_class(self._over.wait)], host=self._settings.url)
        environment.events.test_stopping.add_listener(self._stopping)
        return environment

    def _connected(self, environment: Environment) -> None:
        """The runner is there; nothing has been said of this worker yet."""

    def _make_engine(self, start: float) -> "Running":
        return Engine(self._settings, self._tell, start)

    def _tell_time(self, **_: Any) -> None:
        """The master asks for this machine's time."""
        self._runner.send_message("time", {"remote": time.time()})

    def _begin(self, msg: Any, **_: Any) -> None:
        """The master says when second 0 is, on this machine's clock."""
        if self._engine is None:
            gc.collect()
            gc.freeze()  # what Locust brought stays: a full collection would take tens of milliseconds of lag
            self._engine = self._make_engine(msg.data["start"])
            gevent.spawn(self._carry_out, self._engine)

    def _carry_out(self, engine: "Running") -> None:
        self._begun.set()
        try:
            engine.run()
        finally:
            self._runner.send_message("done", {"stopped": engine.stopped})
            self._over.set()

    def _tell(self, at: float, ended: dict[Kind, Ended]) -> None:
        """Feed Locust's own statistics."""
        statistics.tell(self._runner.stats, at, ended)

    def _stopping(self, **_: Any) -> None:
        """Locust is about to end its users (Stop on the page, or quit): end the load cleanly before it does."""
        if self._engine is not None:
            self._engine.stop()
            self._over.wait(STOP_GRACE_S + 1)

    def _terminate(self) -> None:
        """SIGTERM: send nothing more, wait for what is in flight, write the last rows, leave."""
        self._leaving = True
        if self._engine is None:
            os._exit(0)  # nothing was sent, nothing is to be written
        self._engine.stop()


def raise_file_limit() -> None:
    """Allow as many connections as the system lets this process have."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
