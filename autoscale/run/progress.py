"""What a run shows in the terminal: one live line where there is a terminal, plain lines where there is none."""

import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, cast

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from autoscale.base.outlets import Outlet
from autoscale.base.steady import SteadyClock
from autoscale.base.visible import one_line, visible
from autoscale.record.decided import decided_size
from autoscale.record.rows.kinds import Row
from loadtest import histogram
from loadtest.lines import Buckets

PLAIN_PERIOD_S = 10.0
_RECENT_S = 5


@dataclass
class Progress:
    """A small fold over rows: stage, rate, p95 of the last seconds, pods, time left. No I/O."""

    duration_s: float = 0.0
    stage: str = ""
    start: float | None = None
    ended: bool = False
    over: bool = False
    at_rest: bool = False
    desired: int | None = None
    ready: int | None = None
    target: str = ""
    _seconds: deque[tuple[float, int, int, dict[str, Buckets]]] = field(default_factory=lambda: deque(maxlen=200))

    def add(self, row: Row) -> None:
        """Take in one row."""
        match row["k"]:
            case "header":
                self.duration_s, self.target = row["scenario"]["duration_s"], row["target"]["name"]
                self.start, self.ended, self.over, self.stage = None, False, False, ""
            case "mark" if row["name"] == "load-start":
                self.start = row["t"]
            case "mark" if row["name"] == "stage":
                self.stage = row["stage"]
            case "mark" if row["name"] == "load-end":
                self.ended = True
            case "end":
                self.start, self.over = None, True
            case "load":
                failed = sum((row["failed"] or {}).values())
                self._seconds.append((row["at"], row["answered"] or 0, failed, row["response"]))
            case "hpa" if row.get("of") is None:
                self.desired = decided_size(row)
            case "workload" if row.get("of") is None and row["name"] == self.target:
                self.ready = row["ready"]

    def line(self, now: float) -> str:
        """One line, at most 80 characters or so."""
        if self.at_rest:
            return ""
        if self.over:
            return "cleaning up"
        if self.start is None:
            return self._pods()
        recent = self._recent()
        answered, failed = sum(item[1] for item in recent), sum(item[2] for item in recent)
        seconds = len({item[0] for item in recent}) or 1
        left = max(0.0, self.start + self.duration_s - now)
        phase = "scale-down" if self.ended else f"{self.stage or 'load'}, {left // 60:.0f}:{left % 60:02.0f} left"
        parts = [
            phase,
            "" if self.ended else f"{answered / seconds:.0f} req/s",
            "" if self.ended else f"p95 {_milliseconds(p95([item[3] for item in recent]))}",
            f"{failed} failed" if failed and not self.ended else "",
            self._pods(),
        ]
        return " | ".join(part for part in parts if part)

    def _pods(self) -> str:
        """Ready and desired pods."""
        return f"pods {_text(self.ready)} ready, {_text(self.desired)} desired"

    def _recent(self) -> list[tuple[float, int, int, dict[str, Buckets]]]:
        """The load rows of the last seconds that were heard."""
        newest = max((item[0] for item in self._seconds), default=0.0)
        return [item for item in self._seconds if item[0] > newest - _RECENT_S]


def p95(responses: list[dict[str, Buckets]]) -> float | None:
    """The 95th percentile (seconds) of ``{age: buckets}`` of several rows, from merged buckets."""
    buckets = [histogram.from_json(item) for response in responses for item in response.values()]
    return histogram.quantile(histogram.merge(buckets), 0.95)


def _text(value: int | None) -> str:
    return "unknown" if value is None else str(value)


def _milliseconds(seconds: float | None) -> str:
    return "?" if seconds is None else f"{seconds * 1000:.0f} ms"


class Screen:
    """Where a run speaks: ``say`` prints a line, ``add`` is the run's listener, ``outlet`` what it prints to."""

    def __init__(self, console: Console, progress: Progress, outlet: Outlet) -> None:
        self._console = console
        self._progress = progress
        self.outlet = outlet

    def say(self, text: str) -> None:
        """One line that stays."""
        self._console.print(Text(visible(text)), soft_wrap=True)

    def rest(self) -> None:
        """The runs are over and cleaned up after: whatever follows (a page that stays) is no part of them."""
        self._progress.at_rest = True

    def add(self, row: Row) -> None:
        """A row of the record; scale events and stages are worth a line that stays."""
        self._progress.add(row)
        if row["k"] == "event" and row["reason"] == "SuccessfulRescale":
            self._at_once(f"{row['object']}: {row['message']}")
        if row["k"] == "gap":
            self._at_once(f"not heard: {row['source']} ({row['cause']})")

    def _at_once(self, text: str) -> None:
        """One line, with the time of day."""
        self.say(f"  {time.strftime('%H:%M:%S')} {one_line(text)}")


@contextmanager
def screen() -> Iterator[Screen]:
    """The terminal during a run: a line that is drawn anew twice a second, or a plain one every ten."""
    outlet = Outlet(sys.stdout)
    console, progress, now = Console(file=cast("IO[str]", outlet)), Progress(), SteadyClock()
    if console.is_terminal:
        with Live(console=console, refresh_per_second=2, transient=True, get_renderable=lambda: _live(progress, now)):
            yield Screen(console, progress, outlet)
        return
    stop = threading.Event()
    thread = threading.Thread(target=_plain, args=(console, progress, now, stop), name="progress", daemon=True)
    thread.start()
    try:
        yield Screen(console, progress, outlet)
    finally:
        stop.set()
        thread.join(5)


def _live(progress: Progress, now: SteadyClock) -> Text:
    """The line as it stands now."""
    return Text(visible(progress.line(now())), style="bold", no_wrap=True, overflow="ellipsis")


def _plain(console: Console, progress: Progress, now: SteadyClock, stop: threading.Event) -> None:
    """A line now and again."""
    while not stop.wait(PLAIN_PERIOD_S):
        if progress.start is not None:
            console.print(Text(visible(progress.line(now()))), soft_wrap=True)


def ask(prompt: str) -> str:
    """Put a question at the terminal."""
    return str(click.prompt(prompt, default="", show_default=False))
