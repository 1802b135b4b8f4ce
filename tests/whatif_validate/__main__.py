"""``make whatif-validate``: predict runs before they are made, make them, and print both side by side.

Calibrates on one run, writes every prediction down (``predictions.md``), then makes the runs, all cases once before any
a second time. With ``--again FOLDER`` runs that were made before are compared with what the model says today.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from autoscale.whatif.answer import Outcome, prepare
from autoscale.whatif.evidence import gather
from loadtest import scenario
from tests.whatif_validate.beside import HEAD, Compared, compare, predict, rows, summary, told
from tests.whatif_validate.cases import LOADS, NAMES, Case, cases, under

DEFAULT = ["spike", "target 80", "at most 3", "ramp", "window 120", "target 40", "sine", "request 150m", "again"]


def execute(file: dict[str, Any], context: str, out: Path) -> Path | None:
    """One real run of a scenario; the record that it left, None where it left none."""
    place = out / f"{file['name']}.yaml"
    place.write_text(yaml.safe_dump(file))
    before = set(out.glob("*/record.jsonl"))
    command = [sys.executable, "-c", "from autoscale.cli import main; main()", "run", str(place)]
    subprocess.run([*command, "--context", context, "--out", str(out), "--no-web"], check=False, stdout=sys.stderr)
    return next(iter(set(out.glob("*/record.jsonl")) - before), None)


def records(out: Path, case: Case) -> list[Path]:
    """The runs of a case that were made before."""
    return sorted(out.glob(f"*-{case.file['name']}/record.jsonl"))


def main() -> None:
    """Calibrate, predict, run, compare."""
    given = _options()
    out = given.again or given.out or Path(tempfile.mkdtemp(prefix="whatif-validate-"))
    out.mkdir(parents=True, exist_ok=True)
    calibrated = under(scenario.read(scenario.find(given.base)), given.calibrate)
    run = _calibration(out, calibrated, given)
    model = prepare(gather(run))
    chosen = cases(model.recorded, calibrated, given.only or DEFAULT)
    said = {case.name: predict(model, case.setting) for case in chosen}
    _tell(f"Calibrated on {run.parent.name}.", out, said, write=not given.again)
    found: list[Compared] = []
    for turn in range(given.repeat):
        for case in chosen:
            outcome = said[case.name]
            made = _made(out, case, turn, given)
            if made is None or not isinstance(outcome, Outcome):
                continue
            found.append(compare(model, case.name, outcome, gather(made)))
            print("\n".join(f"| {' | '.join(row)} |" for row in rows(found[-1])), flush=True)
    print("\n".join(["", *(f"- {line}" for line in summary(found))]) if found else "no run was made")


def _made(out: Path, case: Case, turn: int, given: argparse.Namespace) -> Path | None:
    if not given.again:
        return execute(case.file, given.context, out)
    old = records(out, case)
    return old[turn] if turn < len(old) else None


def _calibration(out: Path, file: dict[str, Any], given: argparse.Namespace) -> Path:
    file = {**file, "name": "calibration"}
    old = given.calibration or next(iter(sorted(out.glob("*-calibration/record.jsonl"))), None)
    made = old or execute(file, given.context, out)
    if made is None:
        sys.exit("the calibrating run left no record")
    return Path(made) / "record.jsonl" if Path(made).is_dir() else Path(made)


def _tell(first: str, out: Path, said: dict[str, Outcome | str], *, write: bool) -> None:
    lines = [f"- {name}: {told(one) if isinstance(one, Outcome) else one}" for name, one in said.items()]
    text = "\n".join([first, "", *lines, ""])
    if write:
        (out / "predictions.md").write_text(text)
    print(f"{text}\nRuns are in {out}\n\n| {' | '.join(HEAD)} |\n|{' --- |' * len(HEAD)}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--context", default="embedded")
    parser.add_argument("--base", default="first-look", help="the scenario whose service and requests are used")
    parser.add_argument("--calibrate", choices=list(LOADS), default="staircase", help="the load to calibrate on")
    parser.add_argument("--calibration", type=Path, help="a run to calibrate on, instead")
    parser.add_argument("--out", type=Path, help="folder for the runs")
    parser.add_argument("--again", type=Path, metavar="FOLDER", help="compare the runs of this folder, make none")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("only", nargs="*", help=f"some of: {', '.join(NAMES)}")
    given = parser.parse_args()
    if unknown := [name for name in given.only if name not in NAMES]:
        parser.error(f"no such case: {', '.join(unknown)}")
    return given


if __name__ == "__main__":
    main()
