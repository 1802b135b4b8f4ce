"""Faults that are done to a whole run."""

import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from autoscale.base.exits import ExitCode
from tests.faults.fault import Met, Wanted
from tests.faults.leftovers import left
from tests.faults.oracle import untrue
from tests.faults.stage import AUTOSCALE, LONGEST_S, SCENARIO, Stage, environment, staged

ATTEMPTS = 2
GONE_S = 30.0
"""How long what a run left may take to go: pods get their grace."""


@dataclass(frozen=True)
class WholeRun:
    """``act`` is done to the run and returns when it is done. ``after_next``: what is left may go with the next start,
    as nothing of the run survived that could remove it."""

    name: str
    act: Callable[[Stage], object]
    wanted: Wanted
    words: Sequence[str] = ()
    after_next: bool = False
    quick: bool = False

    def meet(self, home: Path) -> Met:
        """Met again where a busy machine made the load generator the limit: nothing else is then known."""
        for number in range(ATTEMPTS):
            (home / str(number)).mkdir()
            met = self._meet(home / str(number))
            if met.code != ExitCode.INVALID:
                break
        return met

    def _meet(self, home: Path) -> Met:
        """Run, let it happen, wait for the end, look at what there is, and begin the next run."""
        with self.staged(home) as stage:
            self.act(stage)
            code = stage.run.wait(LONGEST_S)
            ended = time.monotonic()
        said = stage.told()
        met = Met(code, said, amiss=self.wanted.amiss(code, said), **counted(stage))
        met.amiss += untrue(code, stage.rows())
        met.left = [] if self.after_next else gone(lambda: self.left(stage))
        next_run(home, self.asked(home), met, ended)
        met.left += gone(lambda: self.left(stage)) if self.after_next else []
        return met

    def asked(self, home: Path) -> list[str]:
        """The scenario, and where it is run."""
        return [str(SCENARIO)]

    def staged(self, home: Path) -> AbstractContextManager[Stage]:
        """The run."""
        return staged(home, *self.asked(home), *self.words)

    def left(self, stage: Stage) -> list[str]:
        """What is still there of it."""
        return left(stage.home, stage.marks)


def counted(stage: Stage) -> dict[str, object]:
    """How many rows that a worker wrote are not in the record, and whether record or verdict tell so."""
    written, kept = sum(stage.written.values()), len(stage.rows("load"))
    seqs = {(row["shard"], row["seq"]) for row in stage.rows("load")}
    holes = sum(max(n for s, n in seqs if s == shard) + 1 for shard in {s for s, _ in seqs}) - len(seqs)
    lost = max(written - kept, holes, 0)
    return {"lost": lost if stage.record else None, "named": not lost or names_the_loss(stage)}


def names_the_loss(stage: Stage) -> bool:
    """Whether a reader of the record learns that rows are missing: a gap, holes, or a record without its end."""
    rows = stage.rows()
    told = any(row["k"] == "gap" and str(row["source"]).startswith(("load", "log")) for row in rows)
    return told or not rows or rows[-1]["k"] != "end" or rows[-1]["reason"] != "done"


def gone(found: Callable[[], list[str]]) -> list[str]:
    """What is still left when it has had its time."""
    end = time.monotonic() + GONE_S
    while (there := found()) and time.monotonic() < end:
        time.sleep(0.1)
    return there


def next_run(home: Path, words: Sequence[str], met: Met, ended: float) -> None:
    """Ask until the next run would begin, on a cluster that it starts for that where none is there."""
    line = [*AUTOSCALE, "run", *words, "--no-web", "--dry-run", "--out", f"{home}/next"]
    while time.monotonic() < ended + LONGEST_S:
        done = subprocess.run(line, env=environment(home), cwd=home, capture_output=True, stdin=subprocess.DEVNULL)
        if done.returncode == 0:
            met.next_s = time.monotonic() - ended
            return
        time.sleep(0.5)
    met.amiss.append(f"the next run does not begin: {(done.stdout + done.stderr).decode(errors='replace')[-300:]}")
