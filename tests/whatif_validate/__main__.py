"""``make whatif-validate``: predict runs before they are made, make them, and print both side by side.

Calibrates on runs of some loads, writes every prediction down (``predictions.md``), then makes the runs: all cases
once before any a second time. With ``--again FOLDER`` runs that were made before are compared with what the model says
today.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import yaml

from autoscale.whatif.answer import Model, Outcome, prepare
from autoscale.whatif.evidence import gather
from loadtest.scenario_text import read
from tests.whatif_validate.beside import Compared, compare, predict, summary, table, told
from tests.whatif_validate.cases import LOADS, NAMES, cases, under

HERE = Path(__file__).parent
DEFAULT = ["spike", "target 40", "at most 3", "sine", "ramp", "window 120", "request 70m"]


class Runs:
    """Makes real runs into one folder, as many at once as there are places for an embedded cluster's state."""

    def __init__(self, out: Path, context: str, at_once: int) -> None:
        self.out, self.context = out, context
        self.states: SimpleQueue[Path] = SimpleQueue()
        for i in range(at_once):
            self.states.put(out / f"state-{i}")

    def make(self, file: dict[str, Any], turn: int) -> Path | None:
        """One run of a scenario; the record that it left, None where it left none."""
        name = f"{file['name']}-{turn}"
        place = self.out / f"{name}.yaml"
        place.write_text(yaml.safe_dump({**file, "name": name}))
        command = [sys.executable, "-c", "from autoscale.cli import main; main()", "run", str(place)]
        state = self.states.get()
        env = {**os.environ, "XDG_STATE_HOME": str(state)}
        command += ["--context", self.context, "--out", str(self.out), "--no-web"]
        try:
            with (self.out / f"{name}.log").open("w") as log:
                subprocess.run(command, check=False, stdout=log, stderr=log, env=env)
        finally:
            self.states.put(state)
        return self.made(file, turn)

    def made(self, file: dict[str, Any], turn: int) -> Path | None:
        """The record of a run that was made."""
        return next(iter(sorted(self.out.glob(f"*-{file['name']}-{turn}/record.jsonl"))), None)


def main() -> None:
    """Calibrate, predict, run, compare."""
    given = _options()
    out = given.again or given.out or Path(tempfile.mkdtemp(prefix="whatif-validate-"))
    out.mkdir(parents=True, exist_ok=True)
    runs = Runs(out, given.context, given.at_once)
    base = read(given.base)
    turns = [(turn, name) for turn in range(given.repeat) for name in given.only or DEFAULT]
    with ThreadPoolExecutor(given.at_once) as pool:
        models = _calibrated(runs, base, given.calibrate, pool)
        chosen = {
            load: cases(model.recorded, base, given.only or DEFAULT, given.under) for load, model in models.items()
        }
        said = {load: {case.name: predict(models[load], case.setting) for case in chosen[load]} for load in models}
        _tell(out, said, write=not given.again)
        files = {case.name: case.file for case in next(iter(chosen.values()))}
        if not given.again:
            list(pool.map(lambda one: runs.make(files[one[1]], one[0]), turns))
    for load, model in models.items():
        found = list(_compared(model, said[load], [(name, runs.made(files[name], turn)) for turn, name in turns]))
        print(
            "\n".join(["", f"Calibrated on {load}:", "", *table(found), "", *(f"- {line}" for line in summary(found))])
        )


def _calibrated(runs: Runs, base: dict[str, Any], loads: list[str], pool: ThreadPoolExecutor) -> dict[str, Model]:
    def record(load: str) -> Path:
        file = under(base, load) | {"name": f"calibration-{load}"}
        made = runs.made(file, 0) or runs.make(file, 0)
        if made is None:
            sys.exit(f"the calibrating run {load} left no record")
        return made

    return {load: prepare(gather(path)) for load, path in zip(loads, pool.map(record, loads), strict=True)}


def _compared(model: Model, said: dict[str, Outcome | str], made: list[tuple[str, Path | None]]) -> list[Compared]:
    return [
        compare(model, name, outcome, gather(path))
        for name, path in made
        if path is not None and isinstance(outcome := said[name], Outcome)
    ]


def _tell(out: Path, said: dict[str, dict[str, Outcome | str]], *, write: bool) -> None:
    lines = [f"Runs are in {out}"]
    for load, outcomes in said.items():
        lines += ["", f"Calibrated on {load}:", ""]
        lines += [f"- {name}: {told(one) if isinstance(one, Outcome) else one}" for name, one in outcomes.items()]
    text = "\n".join([*lines, ""])
    if write:
        (out / "predictions.md").write_text(text)
    print(text, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--context", default="embedded")
    parser.add_argument("--base", type=Path, default=HERE / "small.yaml", help="the scenario whose service is used")
    parser.add_argument("--calibrate", nargs="+", choices=list(LOADS), default=["staircase", "step"])
    parser.add_argument("--under", choices=list(LOADS), default="step", help="the load under which settings are tried")
    parser.add_argument("--out", type=Path, help="folder for the runs")
    parser.add_argument("--again", type=Path, metavar="FOLDER", help="compare the runs of this folder, make none")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--at-once", type=int, default=1, help="runs side by side (embedded clusters only)")
    parser.add_argument("--only", nargs="+", choices=NAMES, metavar="CASE", help=f"some of: {', '.join(NAMES)}")
    return parser.parse_args()


if __name__ == "__main__":
    main()
