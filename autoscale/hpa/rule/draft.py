"""A decision in the making, handed from stage to stage."""

from dataclasses import dataclass

from autoscale.hpa.decision import Event, Step
from autoscale.hpa.observation import Observation
from autoscale.hpa.rule.metrics import MetricStatus
from autoscale.hpa.spec import Spec
from autoscale.hpa.state import State
from autoscale.hpa.status import Condition


@dataclass(frozen=True, slots=True)
class Draft:
    """A decision in the making: what the stages so far have added. ``desired`` is None where the pass must end."""

    desired: int | None
    conditions: tuple[Condition, ...]
    state: State
    reason: str = ""
    events: tuple[Event, ...] = ()
    steps: tuple[Step, ...] = ()
    metrics: tuple[MetricStatus, ...] | None = None
    error: str | None = None


def reference(spec: Spec, observation: Observation) -> str:
    """The scale target as upstream's errors name it."""
    return f"{spec.target.kind}/{observation.namespace}/{spec.target.name}"
