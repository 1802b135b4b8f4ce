"""``make whatif-validate``: predict runs before they are made, make them, and print both side by side (an hour).

Calibrates on a staircase, or on a run that is given, then for each other setting and load: predicts, runs, compares.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from autoscale.whatif import variants
from autoscale.whatif.answer import Model, band, modelled, prepare, span_for
from autoscale.whatif.evidence import gather
from autoscale.whatif.replay import distance
from autoscale.whatif.service import Load, Setting
from loadtest import scenario

TARGET = "spec.metrics.0.resource.target.averageUtilization"
SPECS = {"target 40": f"{TARGET}=40", "target 80": f"{TARGET}=80", "at most 3": "spec.maxReplicas=3",
         "window 120": "spec.behavior.scaleDown.stabilizationWindowSeconds=120"}  # fmt: skip
LOADS: dict[str, dict[str, Any]] = {
    "spike": {"kind": "spike", "base": 6, "peak": 54, "hold": "40s", "after": "90s"},
    "ramp": {"kind": "ramp", "base": 6, "peak": 54},
    "sine": {"kind": "sine", "base": 6, "peak": 54, "period": "180s"},
}
HEAD = "| run | pod-minutes predicted | measured | in the band | pods off on average | p95 predicted | measured |"


def execute(file: dict[str, Any], context: str, out: Path) -> Path:
    """One real run of a scenario; the folder that it left."""
    place = out / f"{file['name']}.yaml"
    place.write_text(yaml.safe_dump(file))
    before = set(out.glob("*/record.jsonl"))
    command = [sys.executable, "-c", "from autoscale.cli import main; main()", "run", str(place)]
    subprocess.run([*command, "--context", context, "--out", str(out), "--no-web"], check=False, stdout=sys.stderr)
    (made,) = set(out.glob("*/record.jsonl")) - before
    return made


def cases(model: Model, base: dict[str, Any], only: list[str]) -> list[tuple[str, Setting, dict[str, Any]]]:
    """(name, the setting to predict, the scenario to run)."""
    found = []
    for name, text in SPECS.items():
        setting = variants.with_set(model.recorded, [text], name)
        patch = {"kind": "HorizontalPodAutoscaler", "name": "web", "patch": {"spec": dict(setting.hpa)}}
        found.append((name, setting, {**base, "patches": [*(base.get("patches") or []), patch]}))
    for name, shape in LOADS.items():
        found.append((name, model.recorded, {**base, "load": {"shape": shape}, "objectives": []}))
    return [
        (name, variants.with_load(setting, planned(file), name), {**file, "name": name.replace(" ", "-")})
        for name, setting, file in found
        if not only or name in only
    ]


def planned(file: dict[str, Any]) -> Load:
    """The load of a scenario."""
    plan = scenario.parse(file, "scenario", Path()).plan
    stages = tuple((stage.name, stage.start_s, stage.end_s) for stage in plan.stages)
    return Load(plan.points, stages, "uniform", 1, 10, 0.1, 1000)


def compare(model: Model, name: str, setting: Setting, record: Path) -> str:
    """One line of the table."""
    runs = modelled(model.service, setting, span_for(model, setting), range(20))
    seen = gather(record).run
    span = span_for(model, setting)
    assert seen.load_start is not None
    ends = min(span.end, seen.end - seen.load_start)
    known = seen.replicas.desired.known(seen.load_start, seen.load_start + ends)
    measured = sum(length * value for length, value in known) / 60
    minutes = band([sum(d * v for d, v in run.desired.known(0.0, ends)) / 60 for run in runs])
    off = band([distance(seen.replicas.desired, run, type(span)(seen.load_start, 0.0, ends)) for run in runs])
    p95, real = band([run.quantile(0.95) for run in runs]), seen.latency[0].p95
    inside = minutes.low is not None and minutes.high is not None and minutes.low <= measured <= minutes.high
    return (
        f"| {name} | {minutes.middle:.1f} ({minutes.low:.1f} to {minutes.high:.1f}) | {measured:.1f} | "
        f"{'yes' if inside else 'no'} | {off.middle:.2f} | {p95.middle} | {real} |"
    )


def main() -> None:
    """Calibrate, predict, run, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--context", default="embedded")
    parser.add_argument("--base", default="first-look", help="the scenario whose service and requests are used")
    parser.add_argument("--calibration", type=Path, help="a run to calibrate on (else a staircase is run)")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("only", nargs="*", help=f"some of: {', '.join([*SPECS, *LOADS])}")
    given = parser.parse_args()
    base = scenario.read(scenario.find(given.base))
    out = Path(tempfile.mkdtemp(prefix="whatif-validate-"))
    calibration = given.calibration or execute(scenario.read(scenario.find("staircase")), given.context, out)
    model = prepare(gather(calibration))
    print(f"calibrated on {calibration}; runs in {out}\n{HEAD}\n|{' --- |' * 7}", flush=True)
    for name, setting, file in cases(model, base, given.only):
        for _ in range(given.repeat):
            print(compare(model, name, setting, execute(file, given.context, out)), flush=True)


if __name__ == "__main__":
    main()
