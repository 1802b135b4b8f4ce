"""The ``autoscaling/v2`` rule, decision for decision as the upstream controller's, as pure functions over values.

    decide(spec, config, state, observation) -> Decision      one pass
    parse_spec(hpa) -> Spec                                   an HPA (or its spec) as a dict; InputError, all at once
    observe(now=..., hpa=..., scale=..., pods=..., pod_metrics=...) -> Observation    from API objects
    explain(decision) -> str                                  two or three plain sentences

``Config`` holds the controller's flags, the release and its feature gates; ``State`` what it remembers.
Replica counts are whole pods, metric values thousandths, times seconds since the epoch.
"""

from autoscale.hpa.config import Config
from autoscale.hpa.decide import decide
from autoscale.hpa.decision import Decision, Event, Step
from autoscale.hpa.explain import explain
from autoscale.hpa.observation import Container, Observation, Pod, PodUsage, Sample, Scale
from autoscale.hpa.reading.observe import observe
from autoscale.hpa.reading.parse import complete, parse_spec
from autoscale.hpa.reading.validation import validate
from autoscale.hpa.spec import (
    Behavior,
    MetricSpec,
    MetricTarget,
    ObjectReference,
    ScalingPolicy,
    ScalingRules,
    Spec,
)
from autoscale.hpa.state import Recommendation, ScaleEvent, State
from autoscale.hpa.status import Condition, Status

__all__ = [
    "Behavior",
    "Condition",
    "Config",
    "Container",
    "Decision",
    "Event",
    "MetricSpec",
    "MetricTarget",
    "ObjectReference",
    "Observation",
    "Pod",
    "PodUsage",
    "Recommendation",
    "Sample",
    "Scale",
    "ScaleEvent",
    "ScalingPolicy",
    "ScalingRules",
    "Spec",
    "State",
    "Status",
    "Step",
    "complete",
    "decide",
    "explain",
    "observe",
    "parse_spec",
    "validate",
]
