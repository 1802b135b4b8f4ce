"""A run whose machine's clock is set while it records."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import cast

from autoscale.base.steady import SteadyClock
from autoscale.cluster.client import Cluster
from autoscale.observe.fold import Fold
from autoscale.observe.scope import Scope
from autoscale.observe.view import View
from autoscale.record.writer import Writer
from autoscale.run.recorder import Recorder

SCOPE = Scope("Deployment", "web", "web", "web", 0.0)
NOBODY = cast("Cluster", None)


def test_each_setting_of_the_machines_clock_is_a_row_and_times_go_on(tmp_path: Path) -> None:
    """Set back by an hour and forth again; what is slewed by less than a tenth of a second is none."""
    wall, monotonic = [5000.0], [0.0]
    with Writer(tmp_path / "record.jsonl") as writer, ExitStack() as stack:
        clock = SteadyClock(lambda: wall[0], lambda: monotonic[0])
        run = Recorder(NOBODY, "default", writer, Fold(SCOPE), View(SCOPE), stack, clock=clock)
        for step in (0.0, -3600.0, 0.05, 3600.0):
            wall[0], monotonic[0] = wall[0] + 10 + step, monotonic[0] + 10
            run.take(0)
            run.mark("tick")
    rows = [json.loads(line) for line in (tmp_path / "record.jsonl").read_text().splitlines()]
    assert [(row["t"], row["offset_s"]) for row in rows if row["k"] == "clock"] == [(5020.0, -3600.0), (5040.0, 0.05)]
    assert all(row["clk"] == "wall" for row in rows if row["k"] == "clock")
    assert [row["at"] for row in rows if row["k"] == "mark"] == [5010.0, 5020.0, 5030.0, 5040.0]
