"""The steps of a decision as data: what each stage was given, what it made of it, and which setting bound it."""

from autoscale.hpa.config import Config
from autoscale.hpa.decision import Number, Step
from autoscale.hpa.rule.limits import Limited
from autoscale.hpa.rule.metrics import Computed, Failed
from autoscale.hpa.rule.replicas import Proposal, Tolerances
from autoscale.hpa.rule.stabilize import Stabilized
from autoscale.hpa.spec import Behavior, MetricSpec, Spec

WINDOW_FLAG = "--horizontal-pod-autoscaler-downscale-stabilization"
TOLERANCE_FLAG = "--horizontal-pod-autoscaler-tolerance"
LEGACY_LIMIT = "max(2 * current, 4), the limit without spec.behavior"

_SOURCES = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}


def metric_step(
    position: int, metric: MetricSpec, result: Computed | Failed, current: int, within: Tolerances, spec: Spec
) -> Step:
    """From the current size to one metric's proposal."""
    path = f"spec.metrics[{position}].{_SOURCES.get(metric.type, metric.type)}.target"
    if isinstance(result, Failed):
        return Step(
            name="metric",
            before=current,
            after=None,
            bound_by=path,
            numbers={"reason": result.reason, "error": result.cause},
        )
    proposal = result.proposal
    held_by_tolerance = proposal.held == "tolerance"
    bound_by = tolerance_path(spec, proposal.final_ratio) if held_by_tolerance else path
    numbers: dict[str, Number] = {"metric": result.name, **_target(metric), **_measured(proposal)}
    if held_by_tolerance:
        numbers |= {"tolerance_down": within.down, "tolerance_up": within.up}
    return Step(name="metric", before=current, after=proposal.replicas, bound_by=bound_by, numbers=numbers)


def tolerance_path(spec: Spec, ratio: float) -> str:
    """Where the tolerance of the ratio's direction is set."""
    if spec.behavior is not None:
        if ratio > 1.0 and spec.behavior.scale_up.tolerance is not None:
            return "spec.behavior.scaleUp.tolerance"
        if ratio < 1.0 and spec.behavior.scale_down.tolerance is not None:
            return "spec.behavior.scaleDown.tolerance"
    return TOLERANCE_FLAG


def _target(metric: MetricSpec) -> dict[str, Number]:
    target = metric.target
    if target.average_value is not None:
        return {"target_average_m": target.average_value}
    if target.value is not None:
        return {"target_value_m": target.value}
    return {"target_percent": target.average_utilization}


def _measured(proposal: Proposal) -> dict[str, Number]:
    numbers: dict[str, Number] = {"value_m": proposal.value, "ratio": proposal.ratio}
    if proposal.percent is not None:
        numbers["percent"] = proposal.percent
    if proposal.final_ratio != proposal.ratio:
        numbers["final_ratio"] = proposal.final_ratio
    if proposal.counted is not None:
        numbers["counted_pods"] = proposal.counted
    if proposal.held is not None:
        numbers["held"] = proposal.held
    if proposal.groups is not None:
        groups = proposal.groups
        counts = {
            "ready_pods": groups.ready,
            "unready_pods": len(groups.unready),
            "missing_pods": len(groups.missing),
            "ignored_pods": len(groups.ignored),
        }
        numbers |= {name: count for name, count in counts.items() if count or name == "ready_pods"}
    return numbers


def select_step(current: int, replicas: int, position: int | None, metrics: int) -> Step:
    """The largest of the proposals."""
    bound_by = None if position is None else f"spec.metrics[{position}]"
    return Step(name="select", before=current, after=replicas, bound_by=bound_by, numbers={"metrics": metrics})


def stabilize_step(current: int, desired: int, result: Stabilized, behavior: Behavior | None, config: Config) -> Step:
    """What the windows made of the proposal."""
    up = None if behavior is None else behavior.scale_up.stabilization_window_s
    down = down_window(behavior, config)
    bound_by = None
    if result.replicas < desired:
        bound_by = "spec.behavior.scaleUp.stabilizationWindowSeconds"
    elif result.replicas > desired:
        own = behavior is not None and behavior.scale_down.stabilization_window_s is not None
        bound_by = "spec.behavior.scaleDown.stabilizationWindowSeconds" if own else WINDOW_FLAG
    numbers: dict[str, Number] = {"current": current, "highest": result.highest, "down_window_s": down}
    if behavior is not None:
        numbers |= {"lowest": result.lowest, "up_window_s": up or 0}
    return Step(name="stabilise", before=desired, after=result.replicas, bound_by=bound_by, numbers=numbers)


def down_window(behavior: Behavior | None, config: Config) -> float:
    """The scale-down window in seconds: the field, or whole seconds of the flag (all of it without ``behavior``)."""
    if behavior is None:
        return config.downscale_stabilization_s
    own = behavior.scale_down.stabilization_window_s
    return int(config.downscale_stabilization_s) if own is None else own


def limit_step(current: int, stabilized: int, result: Limited, spec: Spec) -> Step:
    """What rate limit, minimum and maximum left of it."""
    bounds = {
        "ScaleUpLimit": LEGACY_LIMIT if spec.behavior is None else "spec.behavior.scaleUp.policies",
        "ScaleDownLimit": "spec.behavior.scaleDown.policies",
        "TooManyReplicas": "spec.maxReplicas",
        "TooFewReplicas": "spec.minReplicas",
    }
    bound_by = bounds.get(result.reason) if result.replicas != stabilized else None
    numbers: dict[str, Number] = {"current": current, "reason": result.reason, "rate_limit": result.limit}
    if result.reason in ("ScaleUpLimit", "ScaleDownLimit") and spec.behavior is not None:
        up = result.reason == "ScaleUpLimit"
        numbers["select_policy"] = (spec.behavior.scale_up if up else spec.behavior.scale_down).select_policy
    return Step(name="limit", before=stabilized, after=result.replicas, bound_by=bound_by, numbers=numbers)
