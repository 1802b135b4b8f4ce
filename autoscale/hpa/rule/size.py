"""Which size a pass wants: none because it is switched off, the range's edge, or what the metrics ask for."""

from dataclasses import replace

from autoscale.hpa.config import Config
from autoscale.hpa.decision import Event, Step
from autoscale.hpa.observation import Observation, Scale
from autoscale.hpa.rule.combine import Combined, combine
from autoscale.hpa.rule.draft import Draft
from autoscale.hpa.rule.metrics import Pass, compute_metric
from autoscale.hpa.rule.normalize import normalize
from autoscale.hpa.rule.replicas import tolerances
from autoscale.hpa.rule.steps import metric_step, select_step
from autoscale.hpa.rule.zero import computes_at_zero, minimum_of
from autoscale.hpa.spec import Spec
from autoscale.hpa.status import remove_condition, set_condition
from autoscale.kube.label_query import label_query_error

ABOVE_MAX = "Current number of replicas above Spec.MaxReplicas"
BELOW_MIN = "Current number of replicas below Spec.MinReplicas"


def size(spec: Spec, config: Config, draft: Draft, observation: Observation, scale: Scale) -> Draft:
    """Which size is wanted: switched off, put back into its range, or computed from metrics."""
    current = scale.spec_replicas
    minimum = minimum_of(spec)
    if current == 0 and not computes_at_zero(spec, config, draft.conditions):
        return _disabled(draft, config, observation.now)
    if current > spec.max_replicas:
        step = Step("range", current, spec.max_replicas, "spec.maxReplicas")
        return replace(draft, desired=spec.max_replicas, reason=ABOVE_MAX, steps=(step,))
    if 0 < current < minimum:
        step = Step("range", current, minimum, "spec.minReplicas")
        return replace(draft, desired=minimum, reason=BELOW_MIN, steps=(step,))
    problem = _selector_problem(config, observation, scale)
    if problem is not None:
        return _no_selector(draft, *problem, observation)
    return _from_metrics(spec, config, draft, observation, scale)


def _disabled(draft: Draft, config: Config, now: float) -> Draft:
    message = "scaling is disabled since the replica count of the target is zero"
    conditions = set_condition(draft.conditions, "ScalingActive", "False", "ScalingDisabled", message, now)
    if config.since("1.36") and not config.gate("HPAScaleToZero"):
        conditions = remove_condition(conditions, "ScaledToZero")
    step = Step("disabled", 0, 0, "the target's replicas are 0")
    return replace(draft, desired=0, conditions=conditions, steps=(step,))


def _selector_problem(config: Config, observation: Observation, scale: Scale) -> tuple[str, str, str, str] | None:
    """Event reason, event message, condition reason and condition message, where the selector cannot be used."""
    if not scale.selector:
        return (
            "SelectorRequired",
            "selector is required",
            "InvalidSelector",
            ("the HPA target's scale is missing a selector"),
        )
    error = label_query_error(scale.selector)
    if error is not None:
        message = f"couldn't convert selector into a corresponding internal selector object: {error}"
        return "InvalidSelector", message, "InvalidSelector", message
    if observation.rivals:
        message = _ambiguous(config, observation, scale.selector)
        return "AmbiguousSelector", message, "AmbiguousSelector", message
    return None


def _ambiguous(config: Config, observation: Observation, selector: str) -> str:
    names = (observation.name, *observation.rivals)
    keys = [f"{{{name} {observation.namespace}}}" for name in names]
    if config.since("1.37"):
        return f"pods by selector {selector} are controlled by more than one HPA (e.g. [{' '.join(keys[:2])}])"
    return f"pods by selector {selector} are controlled by multiple HPAs: [{' '.join(keys)}]"


def _no_selector(draft: Draft, event: str, text: str, reason: str, message: str, observation: Observation) -> Draft:
    conditions = set_condition(draft.conditions, "ScalingActive", "False", reason, message, observation.now)
    return replace(draft, desired=None, conditions=conditions, events=(Event("Warning", event, text),), error=text)


def _from_metrics(spec: Spec, config: Config, draft: Draft, observation: Observation, scale: Scale) -> Draft:
    current, now = scale.spec_replicas, observation.now
    at = Pass(observation, scale, tolerances(spec, config), config)
    results = [compute_metric(position, metric, at) for position, metric in enumerate(spec.metrics)]
    steps = tuple(
        metric_step(position, metric, result, current, at.within, spec)
        for position, (metric, result) in enumerate(zip(spec.metrics, results, strict=True))
    )
    draft = _select(draft, combine(results, current), steps, current, now)
    if draft.desired is None:
        return draft
    return _leave_zero(spec, config, normalize(spec, config, draft, draft.desired, current, now), current)


def _select(draft: Draft, found: Combined, steps: tuple[Step, ...], current: int, now: float) -> Draft:
    """Take the winning proposal, with the ScalingActive condition; the reason is fixed before any limit."""
    draft = replace(draft, metrics=found.statuses, events=found.events, error=found.error, steps=steps)
    if found.replicas is None:
        reason, cause = (found.failure.reason, found.failure.cause) if found.failure else ("", "")
        message = f"the HPA was unable to compute the replica count: {cause}" if found.failure else ""
        conditions = set_condition(draft.conditions, "ScalingActive", "False", reason, message, now)
        return replace(draft, desired=None, conditions=conditions)
    message = f"the HPA was able to successfully calculate a replica count from {found.name}"
    conditions = set_condition(draft.conditions, "ScalingActive", "True", "ValidMetricFound", message, now)
    desired = max(found.replicas, 0)
    reason = ""
    if desired > current:
        reason = f"{found.name} above target"
    elif desired < current:
        reason = "All metrics below target"
    steps = (*steps, select_step(current, desired, found.position, len(found.statuses)))
    return replace(draft, desired=desired, conditions=conditions, reason=reason, steps=steps)


def _leave_zero(spec: Spec, config: Config, draft: Draft, current: int) -> Draft:
    """From zero the size goes at least to a minimum that has been raised since."""
    minimum = minimum_of(spec)
    if current or not config.since("1.36") or minimum == 0 or draft.desired is None or draft.desired >= minimum:
        return draft
    step = Step("range", draft.desired, minimum, "spec.minReplicas")
    return replace(draft, desired=minimum, reason=draft.reason or BELOW_MIN, steps=(*draft.steps, step))
