"""From the metrics' proposal to the size: stabilisation, then limits, with their two conditions."""

from dataclasses import replace

from autoscale.hpa.config import Config
from autoscale.hpa.rule.draft import Draft
from autoscale.hpa.rule.limits import limit_legacy, limit_with_behavior
from autoscale.hpa.rule.stabilize import Stabilized, stabilize, stabilize_with_behavior
from autoscale.hpa.rule.steps import down_window, limit_step, stabilize_step
from autoscale.hpa.rule.zero import minimum_of
from autoscale.hpa.spec import Spec
from autoscale.hpa.status import set_condition

_STABILIZED = {
    "ReadyForNewScale": "recommended size matches current size",
    "ScaleUpStabilized": (
        "recent recommendations were lower than current one, applying the lowest recent recommendation"
    ),
    "ScaleDownStabilized": (
        "recent recommendations were higher than current one, applying the highest recent recommendation"
    ),
}


def normalize(spec: Spec, config: Config, draft: Draft, desired: int, current: int, now: float) -> Draft:
    """Stabilise the proposal and limit it, with both conditions."""
    behavior, minimum = spec.behavior, minimum_of(spec)
    log = draft.state.recommendations
    down_s = down_window(behavior, config)
    if behavior is None:
        steady = stabilize(log, desired, down_s, now)
        limited = limit_legacy(current, steady.replicas, minimum, spec.max_replicas)
    else:
        up_s = behavior.scale_up.stabilization_window_s or 0
        steady = stabilize_with_behavior(log, current, desired, up_s, down_s, now)
        limited = limit_with_behavior(current, steady.replicas, minimum, spec.max_replicas, behavior, draft.state, now)
    able = _able_reason(steady, desired, current, legacy=behavior is None)
    conditions = set_condition(draft.conditions, "AbleToScale", "True", able, _STABILIZED[able], now)
    bound = "False" if limited.replicas == steady.replicas else "True"
    conditions = set_condition(conditions, "ScalingLimited", bound, limited.reason, limited.message, now)
    steps = (
        *draft.steps,
        stabilize_step(current, desired, steady, behavior, config),
        limit_step(current, steady.replicas, limited, spec),
    )
    state = replace(draft.state, recommendations=steady.recommendations)
    return replace(draft, desired=limited.replicas, conditions=conditions, state=state, steps=steps)


def _able_reason(steady: Stabilized, desired: int, current: int, *, legacy: bool) -> str:
    if steady.replicas == desired:
        return "ReadyForNewScale"
    return "ScaleUpStabilized" if desired >= current and not legacy else "ScaleDownStabilized"
