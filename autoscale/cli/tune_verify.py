"""The real run of a setting that was recommended, for ``autoscale tune --verify``."""

import json
from pathlib import Path
from typing import Any

from autoscale.base.errors import InputError, Problem, input_error
from autoscale.cluster.apply import OWNER, OWNER_LABEL
from autoscale.whatif.evidence import Evidence, gather
from autoscale.whatif.service import Setting


def overrides_for(seen: Evidence, setting: Setting, scenario: str) -> tuple[str, ...]:
    """What makes a scenario the recorded load on the given HPA, as ``--set`` options of ``autoscale run``.

    InputError where the scenario is not what was recorded, or the HPA was not this tool's to change.
    """
    from loadtest import scenario as scenarios
    from loadtest.errors import ScenarioError

    name = seen.kept.target["hpa"]
    hpas = [one for one in seen.objects("HorizontalPodAutoscaler") if one["metadata"]["name"] == name]
    if not any((one["metadata"].get("labels") or {}).get(OWNER_LABEL) == OWNER for one in hpas):
        fix = "apply the HPA of `--format yaml` yourself, run the scenario again, and compare the reports"
        raise InputError(f"the HPA {name} was not deployed by the run, so --verify leaves it alone", fix=fix)
    try:
        found = scenarios.load(scenario)
    except ScenarioError as error:
        raise input_error(error) from error
    now, then = scenarios.resolve(found), seen.scenario
    changed = [
        Problem(f"{scenario}: {what}", "not as recorded", "as in the record")
        for what, new, old in (
            ("load", [list(point) for point in now.points], [list(point) for point in then["points"]]),
            ("requests", [one.path for one in now.requests], [one["path"] for one in then["requests"]]),
        )
        if json.dumps(new) != json.dumps(old)
    ]
    if changed:
        fix = "name the scenario's file with --scenario, as it was when the run was made"
        raise InputError("The scenario is not the one that was recorded.", problems=changed, fix=fix)
    spec = {key: value for key, value in setting.hpa.items() if key != "scaleTargetRef"}
    mine = {"kind": "HorizontalPodAutoscaler", "name": name, "patch": {"spec": spec}}
    patches = [patch.model_dump() for patch in now.patches]
    return (f"patches={json.dumps([*patches, mine])}",)


def execute(options: Any) -> tuple[Evidence, int]:
    """Run for real, with the terminal's usual words; the record that it left, and the run's exit code."""
    from dataclasses import replace

    from autoscale.cli.run import conduct, interruptible
    from autoscale.run import progress

    made: list[Path] = []
    with progress.screen() as screen, interruptible(screen.say) as stop:
        screen.outlet.gone = stop.set
        asked = replace(options, say=screen.say, on_result=lambda result: made.append(result.record))
        code = conduct(asked, 1, screen, stop, None)
    if not made:
        raise InputError("the run that was to check the prediction left no record")
    return gather(made[0]), code
