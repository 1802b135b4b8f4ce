"""Sends a worker's share of the load at its times and counts what becomes of it."""

import time

import gevent
from gevent.event import Event

from loadtest.driver.output import say, write
from loadtest.driver.pacing import Closed, Open, Pacer
from loadtest.driver.sender import Sender
from loadtest.driver.settings import Settings
from loadtest.rows import Worker
from loadtest.tally import Tally, Tell

STOP_GRACE_S = 5.0  # after a stop, how long requests in flight may still take


class Engine:
    """One worker's load. ``run`` blocks until it is over; ``stop`` ends it early, cleanly.

    ``start`` is the load's second 0 on this machine's clock, in seconds since the epoch; ``tell`` hears of each second.
    """

    def __init__(self, settings: Settings, tell: Tell, start: float) -> None:
        self._duration_s = settings.scenario["duration_s"]
        several = len({request["name"] for request in settings.scenario["requests"]}) > 1
        worker = Worker(settings.shard, settings.pod, start)
        self._tally = Tally(worker, time.process_time(), by_name=several, tell=tell)
        self._sender = Sender(settings, self._tally, start)
        pacing = Open if settings.scenario["model"] == "open" else Closed
        self._pacer: Pacer = pacing(settings, self._sender)
        self._stopping = Event()

    @property
    def stopped(self) -> bool:
        """Whether it was ended early."""
        return bool(self._stopping.is_set())

    def run(self) -> None:
        """Run the load to its end, writing rows as seconds end."""
        writer = gevent.spawn(self._write_rows)
        if not self.stopped:
            self._pacer.run()
            # The load lasts as long as the plan says, even where the plan ends with silence.
            self._stopping.wait(max(0.0, self._duration_s - self._sender.now()))
        self._drain()
        writer.kill()
        self._flush(last=True)
        self._sender.close()

    def stop(self) -> None:
        """Send nothing more; ``run`` returns when what is in flight has ended or its grace is over."""
        self._stopping.set()
        self._pacer.stop()

    def _write_rows(self) -> None:
        while True:
            gevent.sleep(1.0 - self._sender.now() % 1.0)
            self._flush()

    def _flush(self, *, last: bool = False) -> None:
        write(self._tally.rows(self._sender.now(), time.process_time(), last=last))

    def _drain(self) -> None:
        """Wait for what is in flight: as long as it may take, or for the grace after a stop."""
        longest = self._sender.longest_s + 1
        deadline = self._sender.now() + (min(STOP_GRACE_S, longest) if self.stopped else longest)
        while self._sender.in_flight and self._sender.now() < deadline:
            gevent.sleep(0.01)
        if self._sender.in_flight:
            say(f"{self._sender.in_flight} requests were still in flight at the end")
