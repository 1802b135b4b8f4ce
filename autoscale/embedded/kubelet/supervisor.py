"""Who answers the calls of pods' processes that wait (``syscalls``): a thread of its own.

A process waits for each answer, so they are not left to the event loop, which comes to them after all else that it has
at hand, and by longer ways.
"""

import logging
import os
import select
import threading
from collections.abc import Callable

from autoscale.embedded.kubelet import syscalls
from autoscale.embedded.kubelet.syscalls import Call

_LOG = logging.getLogger(__name__)


class Supervisor:
    """Answers as long as there are processes that ask, until ``stop``. Its answers are given in its thread."""

    def __init__(self) -> None:
        self._answers: dict[int, Callable[[int, Call], None]] = {}
        self._epoll: select.epoll | None = None
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._end = -1

    def watch(self, teller: int, answer: Callable[[int, Call], None]) -> None:
        """Have ``answer(teller, call)`` answer what comes from a new process and its children; ``teller`` is closed
        when none is left."""
        if self._epoll is None:
            self._epoll, self._end = select.epoll(), os.eventfd(0)
            self._epoll.register(self._end, select.EPOLLIN)
            self._thread.start()
        syscalls.wake_here(teller)
        self._answers[teller] = answer
        self._epoll.register(teller, select.EPOLLIN)

    def _run(self) -> None:
        assert self._epoll is not None
        while True:
            for teller, _ in self._epoll.poll():
                if teller == self._end:
                    return
                self._answer(teller)

    def _answer(self, teller: int) -> None:
        try:
            call = syscalls.next_call(teller)
        except OSError:
            self._forget(teller)
            return
        if call is not None:
            try:
                self._answers[teller](teller, call)
            except Exception:
                _LOG.exception("a call of a pod's process was answered badly")

    def _forget(self, teller: int) -> None:
        assert self._epoll is not None
        self._epoll.unregister(teller)
        del self._answers[teller]
        # Last: from now on another may have its number.
        os.close(teller)

    def stop(self) -> None:
        """Answer nothing more: what still waits is refused by the system."""
        if self._epoll is not None:
            os.eventfd_write(self._end, 1)
            self._thread.join()
            for teller in list(self._answers):
                self._forget(teller)
            self._epoll.close()
            os.close(self._end)
            self._epoll = None
