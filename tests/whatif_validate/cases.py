"""What is predicted and then run: other settings and other loads on the service of one scenario."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autoscale.whatif import variants
from autoscale.whatif.service import Load, Setting
from loadtest import scenario

TARGET = "spec.metrics.0.resource.target.averageUtilization"
SPECS = {
    "again": "",
    "target 40": f"{TARGET}=40",
    "target 80": f"{TARGET}=80",
    "at most 3": "spec.maxReplicas=3",
    "window 120": "spec.behavior.scaleDown.stabilizationWindowSeconds=120",
}
LOADS: dict[str, dict[str, Any]] = {
    "step": {"kind": "step", "base": 6, "peak": 50, "before": "45s", "hold": "90s", "after": "75s"},
    "staircase": {"kind": "staircase", "base": 6, "peak": 54, "steps": 4, "each": "60s"},
    "spike": {"kind": "spike", "base": 6, "peak": 54, "before": "45s", "hold": "40s", "after": "90s"},
    "ramp": {"kind": "ramp", "base": 6, "peak": 54},
    "sine": {"kind": "sine", "base": 6, "peak": 54, "period": "180s"},
}
REQUEST = "request 150m"
NAMES = (*SPECS, REQUEST, *LOADS)


@dataclass(frozen=True)
class Case:
    """One prediction: its setting for the model, and the scenario that makes it real."""

    name: str
    setting: Setting
    file: dict[str, Any]


def under(base: dict[str, Any], load: str) -> dict[str, Any]:
    """A scenario with another load, judged by what every load can be."""
    file = {**base, "name": f"{load}", "load": {"shape": LOADS[load]}}
    return {**file, "objectives": ["p95 < 500ms", "errors < 1%", "back to min within 4m of end"]}


def cases(recorded: Setting, calibrated: dict[str, Any], names: list[str]) -> list[Case]:
    """The chosen cases. ``calibrated``: the scenario that ``recorded`` was run with."""
    return [_case(recorded, calibrated, name) for name in names]


def _case(recorded: Setting, base: dict[str, Any], name: str) -> Case:
    if name in LOADS:
        file = under(base, name)
        return Case(name, variants.with_load(recorded, planned(file), name), file)
    if name == REQUEST:
        size = {"name": "web", "resources": {"requests": {"cpu": "150m"}}}
        patch = {"spec": {"template": {"spec": {"containers": [size]}}}}
        changed = replace(recorded, name=name, request_m=150)
        return Case(name, changed, _patched(base, name, "Deployment", patch))
    texts = [SPECS[name]] if SPECS[name] else []
    setting = variants.with_set(recorded, texts, name)
    spec = {key: value for key, value in setting.hpa.items() if key != "scaleTargetRef"}
    return Case(name, setting, _patched(base, name, "HorizontalPodAutoscaler", {"spec": spec}))


def _patched(base: dict[str, Any], name: str, kind: str, patch: dict[str, Any]) -> dict[str, Any]:
    one = {"kind": kind, "name": "web", "patch": patch}
    return {**base, "name": name.replace(" ", "-"), "patches": [*(base.get("patches") or []), one]}


def planned(file: dict[str, Any]) -> Load:
    """The load of a scenario."""
    found = scenario.parse(file, "scenario", Path())
    stages = tuple((stage.name, stage.start_s, stage.end_s) for stage in found.plan.stages)
    settings = found.file.load
    return Load(found.plan.points, stages, settings.arrivals, settings.seed or 1, 10, 0.1, 1000)
