"""Rules about ``behavior``: directions that are shut, and policies that crawl, jump or flap."""

import math
from collections.abc import Iterator
from typing import Any

from autoscale.hpa.check.faults import Fault, Subject
from autoscale.hpa.spec import ScalingRules

SLOW_WINDOW_S = 300
SMALL_SHARE = 0.1
PERIODS = 3  # 100 % adds one pod in the first, but then two and four


def direction_disabled(subject: Subject) -> Iterator[Fault]:
    """``selectPolicy: Disabled`` shuts a direction."""
    for name, rules in _directions(subject):
        if rules.select_policy == "Disabled":
            verb = "grows" if name == "scaleUp" else "shrinks"
            what = f"behavior.{name}.selectPolicy is Disabled, so the size never {verb} by a metric"
            fix = "Keep it only if something else does it; else choose Max or Min."
            yield subject.fault(
                rule="direction-disabled",
                level="warning",
                what=what,
                fix=fix,
                patch=_behavior(name, selectPolicy="Max"),
            )


def percent_crawls(subject: Subject) -> Iterator[Fault]:
    """A small percentage alone adds one pod at a time, period after period, while the size is small (finding F23)."""
    rules = subject.spec.behavior and subject.spec.behavior.scale_up
    size = max(subject.spec.min_replicas or 1, 1)
    if not rules or any(policy.type != "Percent" for policy in rules.policies):
        return
    most = max((policy.value for policy in rules.policies), default=0)
    sizes = [size]
    for _ in range(PERIODS):
        sizes.append(math.ceil(sizes[-1] * (1 + most / 100)))
    if sizes[-1] - size <= PERIODS and subject.spec.max_replicas >= 4 * size:
        what = f"from {size} the only scaleUp policies ({most} %) add one pod per period"
        what += f" ({', '.join(map(str, sizes))} ...)"
        policies = [{"type": "Percent", "value": max(most, 100), "periodSeconds": 15}, _pods(4)]
        yield subject.fault(
            rule="percent-crawls",
            level="warning",
            what=what,
            fix="Add a Pods policy.",
            patch=_behavior("scaleUp", policies=policies),
        )


def pods_crawl(subject: Subject) -> Iterator[Fault]:
    """A small number of pods alone is slow once the size is large (finding F23)."""
    rules = subject.spec.behavior and subject.spec.behavior.scale_up
    if not rules or any(policy.type != "Pods" for policy in rules.policies):
        return
    most = max((policy.value for policy in rules.policies), default=0)
    if most / subject.spec.max_replicas < SMALL_SHARE:
        what = f"the only scaleUp policies add {most} pod{'' if most == 1 else 's'} per period, less than a tenth of"
        what += " maxReplicas"
        policies = [_pods(most), {"type": "Percent", "value": 100, "periodSeconds": 15}]
        yield subject.fault(
            rule="pods-crawl",
            level="warning",
            what=what,
            fix="Add a Percent policy.",
            patch=_behavior("scaleUp", policies=policies),
        )


def slow_to_grow(subject: Subject) -> Iterator[Fault]:
    """A long window upwards holds growth back for its whole length."""
    rules = subject.spec.behavior and subject.spec.behavior.scale_up
    window = (rules and rules.stabilization_window_s) or 0
    if window >= SLOW_WINDOW_S:
        what = f"behavior.scaleUp waits until every recommendation of {window} s agrees before it grows"
        patch = _behavior("scaleUp", stabilizationWindowSeconds=30)
        yield subject.fault(rule="slow-to-grow", level="warning", what=what, fix="Use 0 to 60 seconds.", patch=patch)


def flaps(subject: Subject) -> Iterator[Fault]:
    """No window downwards and no slow policy: every dip in load takes pods away (finding F10)."""
    rules = subject.spec.behavior and subject.spec.behavior.scale_down
    if not rules or rules.stabilization_window_s is None or rules.stabilization_window_s >= 60:
        return
    free = any(policy.type == "Percent" and policy.value >= 100 for policy in rules.policies)
    if free and rules.select_policy == "Max":
        what = f"scaleDown may take all pods away after {rules.stabilization_window_s} s, so a short dip makes it flap"
        policies = [{"type": "Percent", "value": 10, "periodSeconds": 60}]
        patch = _behavior("scaleDown", stabilizationWindowSeconds=300, policies=policies)
        yield subject.fault(
            rule="flaps", level="warning", what=what, fix="Lengthen the window, or shrink in steps.", patch=patch
        )


def never_shrinks(subject: Subject) -> Iterator[Fault]:
    """A tolerance of 1 downwards contains every ratio there is."""
    rules = subject.spec.behavior and subject.spec.behavior.scale_down
    if rules and rules.tolerance is not None and rules.tolerance >= 1.0:
        what = f"behavior.scaleDown.tolerance is {rules.tolerance:g}, so no ratio is low enough to shrink"
        patch = _behavior("scaleDown", tolerance="0.1")
        yield subject.fault(
            rule="never-shrinks", level="error", what=what, fix="A tolerance is a share of 1, not percent.", patch=patch
        )


def _directions(subject: Subject) -> Iterator[tuple[str, ScalingRules]]:
    if subject.spec.behavior is not None:
        yield "scaleUp", subject.spec.behavior.scale_up
        yield "scaleDown", subject.spec.behavior.scale_down


def _behavior(direction: str, **fields: Any) -> dict[str, Any]:
    return {"spec": {"behavior": {direction: fields}}}


def _pods(value: int) -> dict[str, Any]:
    return {"type": "Pods", "value": value, "periodSeconds": 15}


BEHAVIOR_RULES = (direction_disabled, percent_crawls, pods_crawl, slow_to_grow, flaps, never_shrinks)
