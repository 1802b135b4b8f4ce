"""What is predicted and then run: other settings and other loads on the service of one scenario."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autoscale.whatif import variants
from autoscale.whatif.service import Load, Setting
from loadtest import scenario

TARGET = "spec.metrics.0.resource.target.averageUtilization"
SPECS = {
    "target 40": f"{TARGET}=40",
    "target 80": f"{TARGET}=80",
    "at most 3": "spec.maxReplicas=3",
    "window 120": "spec.behavior.scaleDown.stabilizationWindowSeconds=120",
}
LOADS: dict[str, dict[str, Any]] = {
    "step": {"kind": "step", "base": 3, "peak": 25, "before": "30s", "hold": "75s", "after": "60s"},
    "staircase": {"kind": "staircase", "base": 3, "peak": 27, "steps": 3, "each": "45s"},
    "spike": {"kind": "spike", "base": 3, "peak": 27, "before": "30s", "hold": "40s", "after": "75s"},
    "ramp": {"kind": "ramp", "base": 3, "peak": 27, "before": "20s", "rise": "90s", "hold": "30s", "after": "60s"},
    "sine": {"kind": "sine", "base": 3, "peak": 27, "period": "150s"},
    "surge": {"kind": "spike", "base": 12, "peak": 42, "before": "60s", "hold": "60s", "after": "30s"},
}
REQUEST, SLOW = "request 70m", "pods start in 21 s"
NAMES = (*SPECS, REQUEST, SLOW, *LOADS)
# What a patch of the Deployment makes real, and the setting that says the same to the model.
_SIZE = {"resources": {"requests": {"cpu": "70m"}}}
_SLOW = {"startupProbe": {"initialDelaySeconds": 20}}  # a second more until it has been asked
PODS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    REQUEST: (_SIZE, {"request_m": 70}),
    SLOW: (_SLOW, {"starts_in": 21.0}),
}


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


def cases(recorded: Setting, base: dict[str, Any], names: list[str], load: str = "step") -> list[Case]:
    """The chosen cases. ``base``: the scenario whose service ``recorded`` ran; settings are tried under ``load``."""
    return [_case(recorded, base, name, load) for name in names]


def _case(recorded: Setting, base: dict[str, Any], name: str, load: str) -> Case:
    file = under(base, name if name in LOADS else load)
    setting = variants.with_load(recorded, planned(file), name)
    if name in LOADS:
        return Case(name, setting, file)
    if name in PODS:
        container, fields = PODS[name]
        patch = {"spec": {"template": {"spec": {"containers": [{"name": "web", **container}]}}}}
        return Case(name, replace(setting, **fields), _patched(file, name, "Deployment", patch))
    changed = variants.with_set(setting, [SPECS[name]], name)
    spec = {key: value for key, value in changed.hpa.items() if key != "scaleTargetRef"}
    return Case(name, changed, _patched(file, name, "HorizontalPodAutoscaler", {"spec": spec}))


def _patched(base: dict[str, Any], name: str, kind: str, patch: dict[str, Any]) -> dict[str, Any]:
    one = {"kind": kind, "name": "web", "patch": patch}
    return {**base, "name": name.replace(" ", "-"), "patches": [*(base.get("patches") or []), one]}


def planned(file: dict[str, Any]) -> Load:
    """The load of a scenario."""
    found = scenario.parse(file, "scenario", Path())
    stages = tuple((stage.name, stage.start_s, stage.end_s) for stage in found.plan.stages)
    settings = found.file.load
    return Load(found.plan.points, stages, settings.arrivals, settings.seed or 1, 10, 0.1, 1000)
