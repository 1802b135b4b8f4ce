"""How busy the machine is that carries an embedded cluster, its load and its recorder."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from autoscale.base.steady import SteadyClock
from autoscale.observe.fold import Measured
from autoscale.observe.sources import Inbox, running

PERIOD_S = 5.0
STAT = Path("/proc/stat")


class Times(NamedTuple):
    """The time of all CPUs together since the machine began, in ticks."""

    idle: int
    total: int


def times(text: str) -> Times:
    """Of the first line of ``/proc/stat``: what other virtual machines took (*steal*) is no idling, what waits for a
    disk is. ValueError for another text. Source: proc_stat(5)."""
    name, *figures = text.partition("\n")[0].split()
    if name != "cpu" or len(figures) < 8:
        raise ValueError(f"{text[:40]!r} is no line of all CPUs")
    each = [int(figure) for figure in figures[:8]]  # guests' time is in the users'
    return Times(idle=each[3] + each[4], total=sum(each))


def busy(before: Times, after: Times) -> float | None:
    """The share of the time between in which the CPUs did not idle; None where no time passed."""
    total = after.total - before.total
    return None if total <= 0 else min(1.0, max(0.0, 1 - (after.idle - before.idle) / total))


@contextmanager
def watched(inbox: Inbox, clock: SteadyClock, stat: Path = STAT, period_s: float = PERIOD_S) -> Iterator[None]:
    """A row each period; none where the system does not tell."""
    stop = threading.Event()

    def work() -> None:
        last, since = _read(stat), clock()
        while last is not None and not stop.wait(period_s):
            now, at = _read(stat), clock()
            share = busy(last, now) if now is not None else None
            if share is not None:
                inbox.put(Measured({"k": "machine", "busy": round(share, 3), "over_s": round(at - since, 3)}, at))
            last, since = now, at

    with running("machine", work, stop.set, inbox):
        yield


def _read(stat: Path) -> Times | None:
    try:
        return times(stat.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
