"""The end of a pass: the scale written or not, the status, the log of changes."""

from dataclasses import replace

from autoscale.hpa.config import Config
from autoscale.hpa.decision import Decision, Event
from autoscale.hpa.observation import Observation
from autoscale.hpa.rule.draft import Draft, reference
from autoscale.hpa.rule.history import store_scale_event
from autoscale.hpa.rule.zero import remember_zero
from autoscale.hpa.spec import Spec
from autoscale.hpa.status import next_status, set_condition


def finish(spec: Spec, config: Config, draft: Draft, observation: Observation, current: int) -> Decision:
    """Turn the draft into a decision: failed, left alone, not written, or written."""
    if draft.desired is None:
        return _failed(spec, config, draft, observation, current)
    if draft.desired == current:
        return _decision(config, draft, observation, current, current)
    if observation.update_error:
        return _not_written(spec, config, draft, observation, current)
    return _written(spec, config, draft, observation, current, draft.desired)


def _failed(spec: Spec, config: Config, draft: Draft, observation: Observation, current: int) -> Decision:
    cause = draft.error or ""
    events = (*draft.events, Event("Warning", "FailedComputeMetricsReplicas", cause))
    prefix = "failed to compute desired number of replicas based on listed metrics for "
    draft = replace(draft, events=events, error=f"{prefix}{reference(spec, observation)}: {cause}")
    return _decision(config, draft, observation, current, observation.status.desired_replicas)


def _not_written(spec: Spec, config: Config, draft: Draft, observation: Observation, current: int) -> Decision:
    cause, now = observation.update_error, observation.now
    text = f"New size: {draft.desired}; reason: {draft.reason}; error: {cause}"
    message = f"the HPA controller was unable to update the target scale: {cause}"
    conditions = set_condition(draft.conditions, "AbleToScale", "False", "FailedUpdateScale", message, now)
    events = (*draft.events, Event("Warning", "FailedRescale", text))
    error = f"failed to rescale {reference(spec, observation)}: {cause}"
    draft = replace(draft, conditions=conditions, events=events, error=error)
    return _decision(config, draft, observation, current, observation.status.desired_replicas)


def _written(
    spec: Spec, config: Config, draft: Draft, observation: Observation, current: int, desired: int
) -> Decision:
    now = observation.now
    message = f"the HPA controller was able to update the target scale to {desired}"
    conditions = set_condition(draft.conditions, "AbleToScale", "True", "SucceededRescale", message, now)
    if config.since("1.36"):
        conditions = remember_zero(spec, config, conditions, current, desired, now)
    event = Event("Normal", "SuccessfulRescale", f"New size: {desired}; reason: {draft.reason}")
    state = store_scale_event(spec.behavior, draft.state, current, desired, now)
    draft = replace(draft, conditions=conditions, events=(*draft.events, event), state=state)
    return _decision(config, draft, observation, current, desired, rescaled=True)


def _decision(
    config: Config, draft: Draft, observation: Observation, current: int, desired: int, *, rescaled: bool = False
) -> Decision:
    """The decision with its status. ``desired`` is the one of the status: where a pass failed, the one before it."""
    status = next_status(
        observation.status,
        draft.conditions,
        current,
        desired,
        draft.metrics,
        generation=observation.generation if config.gate("HPAGeneration") else None,
        scaled_at=observation.now if rescaled else None,
    )
    size = desired if rescaled else current
    return Decision(
        desired=size,
        rescale=rescaled,
        status=status,
        events=draft.events,
        state=draft.state,
        steps=draft.steps,
        error=draft.error,
    )
