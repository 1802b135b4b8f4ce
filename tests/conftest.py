"""What every test may use."""

import os
import signal
import time
from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import settings

# Properties have no bound on wall time: a busy machine is no mistake.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Started by nohup or behind an `&`, the signals of keyboard and terminal are ignored, and every program that a test
# starts would ignore them too: its Ctrl-C would never come.
for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

T = TypeVar("T")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, those of whole runs (which mostly wait) and those that compute in turn: files that run side by
    side then keep the machine busy and end together."""
    turns: dict[bool, dict[str, int]] = {True: {}, False: {}}

    def turn(item: pytest.Item) -> tuple[bool, int, bool]:
        runs = item.get_closest_marker("e2e") is not None
        if not runs and item.get_closest_marker("long") is None:
            return True, 0, runs
        place = turns[runs]
        return False, place.setdefault(str(item.path), len(place)), runs

    items.sort(key=turn)


def need(present: bool, reason: str) -> None:
    """Skip where something is absent, saying the reason and the cure; in CI (AUTOSCALE_REQUIRE=all) fail instead."""
    if present:
        return
    if os.environ.get("AUTOSCALE_REQUIRE") == "all":
        pytest.fail(f"required here: {reason}")
    pytest.skip(reason)


def eventually(
    look: Callable[[], T | None], what: str = "the condition", seconds: float = 90.0, every_s: float = 0.05
) -> T:
    """Look again and again until what is found is true, and return it; AssertionError where that does not come."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s for {what}")
        time.sleep(every_s)
    return found
