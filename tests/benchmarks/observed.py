"""What an observer in a process of its own did: its rows, when each was in the record, its CPU and memory."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import eventually

Row = dict[str, Any]
PATIENCE_S = 60.0


@dataclass
class Observed:
    """``rows[i]`` was in the record at ``written[i]`` (epoch seconds), when ``used[i]`` CPU seconds had been spent.

    ``before`` and ``peak``: resident bytes before the first list and at the most. All but ``record`` is there once
    the observer has ended.
    """

    record: Path
    rows: list[Row] = field(default_factory=list)
    written: list[float] = field(default_factory=list)
    used: list[float] = field(default_factory=list)
    before: int = 0
    peak: int = 0

    def so_far(self) -> list[Row]:
        """The rows in the record at this moment; a line that is being written is left out."""
        text = self.record.read_text(encoding="utf-8") if self.record.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def await_rows(self, enough: Callable[[list[Row]], bool], what: str) -> None:
        """Until the record says ``enough``."""
        eventually(lambda: enough(self.so_far()), what, PATIENCE_S, every_s=0.2)

    def cpu_share(self, since: float, until: float) -> float:
        """CPU seconds per second between two times, counted between the first and the last row in between."""
        inside = [i for i, at in enumerate(self.written) if since <= at <= until]
        first, last = inside[0], inside[-1]
        return (self.used[last] - self.used[first]) / (self.written[last] - self.written[first])

    def count(self, since: float, until: float) -> int:
        """Rows written between two times."""
        return sum(since <= at <= until for at in self.written)


@contextmanager
def observing(context: str, kubeconfig: Path, namespace: str, label: str, folder: Path) -> Iterator[Observed]:
    """An observer of deployment/web; on leaving it has ended and the rest of ``Observed`` is filled in."""
    seen = Observed(folder / "record.jsonl")
    words = [context, str(kubeconfig), namespace, label, str(seen.record)]
    command = [sys.executable, "-m", "tests.benchmarks.observer", *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield seen
            said = json.loads(child.communicate(timeout=PATIENCE_S)[0])
        finally:
            child.kill()
    seen.rows = seen.so_far()
    seen.written, seen.used, seen.before, seen.peak = (said[key] for key in ("written", "used", "before", "peak"))


def percentile(values: list[float], share: float) -> float:
    """The nearest-rank percentile, ``share`` in 0..1."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def memory_figure(seen: Observed) -> str:
    """Peak and start of the resident memory in words."""
    return f"{seen.peak / 2**20:.0f} MB at its peak ({seen.before / 2**20:.0f} MB before the first list)"
