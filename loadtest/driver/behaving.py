"""One worker's load where it is a locustfile's: its users do what they do, and all that Locust hears is counted."""

import time
from collections.abc import Callable
from itertools import chain
from time import perf_counter
from typing import Any

import gevent
from gevent.event import Event
from locust import User
from locust.env import Environment

from loadtest.driver.clients import Clients
from loadtest.driver.journeys import Journeys
from loadtest.driver.output import say, write
from loadtest.driver.pool import Pool
from loadtest.driver.reported import Namer, pod_of
from loadtest.driver.settings import Settings
from loadtest.rows import Worker
from loadtest.tally import Tally, Tell

TICK_S = 0.01  # how often it is seen how late the event loop is
LOT = 8
AFTER_S = 5.0


class Behaving:
    """One worker's users. ``run`` blocks until they are gone; ``stop`` ends them early.

    ``start`` is the load's second 0 on this machine's clock, in seconds since the epoch; None as long as it is not
    known: users of the pool may be there before. ``end_users`` has Locust stop them.
    """

    def __init__(
        self, settings: Settings, tell: Tell, environment: Environment, end_users: Callable[[], object]
    ) -> None:
        scenario = settings.scenario
        self._settings, self._tell = settings, tell
        self._environment, self._end_users = environment, end_users
        self._load, self._duration_s = scenario["load"], float(scenario["duration_s"])
        self._header = scenario["target"]["pod_header"]
        self._open = scenario["model"] == "open"
        self._begin = 0.0
        self._tally: Tally | None = None
        self._names = Namer()
        self.pool = Pool(environment.user_classes, self._load["seed"], self._dropped) if self._open else None
        self._journeys = Journeys(self.now, self._journey_ended, self.pool.gate if self.pool else None)
        self._stopping, self._gone = Event(), Event()
        self.troubles: dict[str, int] = {}  # of users, by what was raised, outside of their tasks
        load = self._load
        self._turn: list[tuple[int, float]] = []  # the arrival that is waited for
        self._plan = iter(
            settings.journeys.shard(settings.shard, settings.workers, load["arrivals"], load["seed"])
            if self._open
            else ()
        )
        self._journeys.install()
        self._clients = Clients(self._unseen)
        self._clients.install()
        environment.events.request.add_listener(self._requested)
        environment.events.user_error.add_listener(self._user_error)
        environment.events.test_stopping.add_listener(lambda **_: gevent.spawn(self._until_gone))

    @property
    def stopped(self) -> bool:
        """Whether it was ended early."""
        return bool(self._stopping.is_set())

    def now(self) -> float:
        """Seconds since the load's start."""
        return perf_counter() - self._begin

    def begin(self, start: float) -> None:
        """Count from now on; what was before second 0 warmed up."""
        self._begin = perf_counter() + start - time.time()
        worker = Worker(self._settings.shard, self._settings.pod, start)
        self._tally = Tally(worker, time.process_time(), by_name=True, tell=self._tell)

    def run(self) -> None:
        """Run the load to its end, writing rows as seconds end."""
        assert self._tally is not None
        helpers = [gevent.spawn(self._write_rows), gevent.spawn(self._watch_loop)]
        if self.pool is not None:
            helpers.append(gevent.spawn(self._arrivals, self.pool))
        with gevent.Timeout(max(0.0, self._duration_s - self.now()), False):
            self._gone.wait()
            if not self.stopped:
                say(f"The locustfile ended the load after {self.now():.1f} of {self._duration_s:g} s.")
                self._stopping.set()
        gevent.spawn(self._end_users)
        self._gone.wait(self._load["stop_timeout"] + AFTER_S)
        gevent.killall(helpers)
        if self.pool is not None:
            self._drop_rest(self.pool)
        self._clients.finish()
        self._flush(last=True)

    def stop(self) -> None:
        """End the users; ``run`` returns when they are gone."""
        self._stopping.set()
        gevent.spawn(self._end_users)

    def finish(self) -> None:
        """Write what is counted: the process ends."""
        if self._tally is not None:
            self._flush(last=True)

    def _until_gone(self) -> None:
        """Locust ends the users. Its ``test_stop`` does not say when: it is not fired where a user's own ``quit()`` has
        ended that user in the middle of it (Locust 2.47)."""
        with gevent.Timeout(self._load["stop_timeout"] + AFTER_S, False):
            while self._environment.runner is not None and self._environment.runner.user_count:
                gevent.sleep(TICK_S)
        self._gone.set()

    def _write_rows(self) -> None:
        while True:
            gevent.sleep(1.0 - self.now() % 1.0)
            self._flush()

    def _flush(self, *, last: bool = False) -> None:
        assert self._tally is not None
        write(self._tally.rows(self.now(), time.process_time(), last=last))

    def _watch_loop(self) -> None:
        """How late what is due every TICK_S is done: so late is everything in this process, users' wake-ups too."""
        assert self._tally is not None
        due = max(0.0, self.now())
        while True:
            gevent.sleep(max(0.0, due - self.now()))
            now = self.now()
            while due <= now:
                self._tally.late(now, now - due)
                due += TICK_S

    def _arrivals(self, pool: Pool) -> None:
        """Each journey at its time: on a user that waits, or dropped."""
        assert self._tally is not None
        for count, (n, due) in enumerate(self._plan):
            self._turn = [(n, due)]
            if self.stopped:
                return
            if due > self.now() or count % LOT == 0:
                gevent.sleep(max(0.0, due - self.now()))
            now, self._turn = self.now(), []
            without = pool.arrive(n, due, _alive)
            if without is None:
                self._tally.late(now, now - due)
            else:
                self._dropped(without)

    def _drop_rest(self, pool: Pool) -> None:
        """What was due until the end and did not get its turn."""
        for n, due in chain(self._turn, self._plan) if not self.stopped else ():
            self._dropped(pool.arrive(n, due, lambda _: False) or "")

    def _dropped(self, name: str) -> None:
        if self._tally is not None:
            self._tally.journey_dropped(self.now(), name)

    def _journey_ended(self, name: str, due: float, cause: str | None) -> None:
        if self._tally is not None and (now := self.now()) >= 0 and due >= 0:
            self._tally.journey(now, due, name, cause)

    def _requested(
        self,
        request_type: object,
        name: object,
        response_time: float | None = None,
        response_length: int | None = None,
        exception: object = None,
        response: object = None,
        url: object = None,
        **_: Any,
    ) -> None:
        """Locust's ``request`` event: a request has ended, however."""
        now = self.now()
        if self._tally is None or now < 0:
            return
        begun = max(0.0, now - (response_time or 0.0) / 1000)
        journey = self._journeys.of_this_greenlet()
        due = begun
        if journey is not None and not journey.opened:
            journey.opened = True
            due = max(0.0, min(begun, journey.due)) if journey.intended else begun
        kind = self._names.kind(request_type, name, url)
        pod, length = pod_of(response, self._header), response_length or 0
        self._tally.reported(now)
        if exception:
            cause = self._names.cause(exception, response)
            if journey is not None:
                journey.cause = journey.cause or cause
            self._tally.failed(now, cause, pod, due, kind=kind, length=length)
        else:
            self._tally.answered(now, due, begun, pod, kind=kind, length=length)

    def _unseen(self, cause: str) -> None:
        if self._tally is not None and (now := self.now()) >= 0:
            self._tally.unseen(now, cause)

    def _user_error(self, user_instance: object, exception: BaseException, **_: Any) -> None:
        """A user's own code raised: in a task Locust goes on, in ``on_start`` the user is gone."""
        if isinstance(user_instance, User):
            words = f"{type(user_instance).__name__}.on_start raised {type(exception).__name__}: {exception}"
            if words not in self.troubles:
                say(words)
            self.troubles[words] = self.troubles.get(words, 0) + 1
            if self._tally is not None and self.now() >= 0:
                name = f"{type(user_instance).__name__}.on_start"
                self._tally.journey(self.now(), self.now(), name, type(exception).__name__)


def _alive(user: User) -> bool:
    return user.greenlet is not None and not user.greenlet.dead
