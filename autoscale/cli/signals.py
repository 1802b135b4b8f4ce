"""How a person or a system ends a command that goes on for a while."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from types import FrameType

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def handled(handle: Callable[[int], None]) -> Iterator[None]:
    """Within it ``handle(number)`` is called for Ctrl-C, SIGTERM and SIGHUP; afterwards they do what they did."""

    def handler(number: int, _frame: FrameType | None) -> None:
        handle(number)

    before = {number: signal.signal(number, handler) for number in ENDS}
    try:
        yield
    finally:
        for number, handler_before in before.items():
            signal.signal(number, handler_before)


@contextmanager
def ending(end: Callable[[], object], tell: Callable[[], object] = lambda: None) -> Iterator[None]:
    """The first of these signals calls ``end``, Ctrl-C or SIGTERM after another of them is a KeyboardInterrupt.

    A closed terminal (SIGHUP) asks for an end in order, however often it is told: the kernel says so, and the shell
    once more; systemd and sshd send SIGHUP after SIGTERM. ``tell`` is for words about it: a handler runs within
    whatever is being written at that moment, so they are said from a thread of their own.
    """
    asked = set[int]()

    def handle(number: int) -> None:
        if number != signal.SIGHUP and asked - {signal.SIGHUP}:
            raise KeyboardInterrupt
        end()
        if not asked:
            Thread(target=tell, name="ending", daemon=True).start()
        asked.add(number)

    with handled(handle):
        yield
