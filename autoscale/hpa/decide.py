"""One pass of the HPA controller, from what it sees to what it does."""

from dataclasses import replace

from autoscale.hpa.config import Config
from autoscale.hpa.decision import Decision, Event
from autoscale.hpa.observation import Observation
from autoscale.hpa.rule.draft import Draft, reference
from autoscale.hpa.rule.outcome import finish
from autoscale.hpa.rule.size import size
from autoscale.hpa.spec import Spec
from autoscale.hpa.state import Recommendation, State
from autoscale.hpa.status import set_condition


def decide(spec: Spec, config: Config, state: State, observation: Observation) -> Decision:
    """Decide as the upstream controller does in one pass.

    Replicas, thousandths, seconds since the epoch. Raises nothing: what fails is in status, events and ``error``.
    If the scale cannot be written afterwards, decide again with ``update_error`` set and take that decision instead.
    """
    scale = observation.scale
    problem = _unreadable(spec, observation)
    if scale is None or problem is not None:
        return _without_scale(state, observation, *(problem or ("", "")))
    seen = observation.status.conditions
    message = "the HPA controller was able to get the target's current scale"
    conditions = set_condition(seen, "AbleToScale", "True", "SucceededGetScale", message, observation.now)
    if not state.recommendations:
        first = Recommendation(scale.spec_replicas, observation.now)
        state = replace(state, recommendations=(first,))
    draft = size(spec, config, Draft(scale.spec_replicas, conditions, state), observation, scale)
    return finish(spec, config, draft, observation, scale.spec_replicas)


def _unreadable(spec: Spec, observation: Observation) -> tuple[str, str] | None:
    """Why there is no scale: the cause, and the pass's error."""
    if spec.target.api_version.count("/") > 1:
        cause = f"unexpected GroupVersion string: {spec.target.api_version}"
        return cause, f"invalid API version in scale target reference: {cause}"
    if observation.scale_error or observation.scale is None:
        cause = observation.scale_error or "unrecognized resource"
        return cause, f"failed to query scale subresource for {reference(spec, observation)}: {cause}"
    return None


def _without_scale(state: State, observation: Observation, cause: str, error: str) -> Decision:
    message = f"the HPA controller was unable to get the target's current scale: {cause}"
    old = observation.status
    conditions = set_condition(old.conditions, "AbleToScale", "False", "FailedGetScale", message, observation.now)
    events = (Event("Warning", "FailedGetScale", cause),)
    return Decision(
        desired=None,
        rescale=False,
        status=replace(old, conditions=conditions),
        events=events,
        state=state,
        steps=(),
        error=error,
    )
