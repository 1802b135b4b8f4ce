"""How a person or a system ends a command that goes on for a while."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from types import FrameType

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """What SIGTERM and SIGHUP do to a command that has no order of its own to end in: the same as Ctrl-C."""
    raise KeyboardInterrupt


def by_default() -> None:
    """From now on all of these signals end the command as Ctrl-C does, so that it tidies up after itself; a closed
    terminal only where nobody (nohup) has said that it should not matter."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, interrupt)


@contextmanager
def handled(handle: Callable[[int], None]) -> Iterator[None]:
    """Within it ``handle(number)`` is called for Ctrl-C, SIGTERM and SIGHUP; afterwards they do what they did. What
    was started with nohup outlives its terminal."""

    def handler(number: int, _frame: FrameType | None) -> None:
        handle(number)

    heeded = [number for number in ENDS if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in heeded}
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
