"""The points of the contract: what a client sees of a cluster, as text that is the same wherever it holds.

Times are published in the records, here only order and words count. Each point waits for its moment and says what it
saw; its docstring is its title.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.contract import points_api, points_custom, points_pods, points_scaling, points_wire
from tests.contract.world import World


@dataclass(frozen=True)
class Point:
    """One thing that both clusters should show alike. ``alone``: it needs none of the contract's workloads."""

    name: str
    title: str
    observe: Callable[[World], list[str]]
    alone: bool = False


def _point(function: Callable[[World], list[str]]) -> Point:
    alone = function.__module__ in (points_custom.__name__, points_wire.__name__)
    return Point(function.__name__.replace("_", "-"), (function.__doc__ or "").strip(), function, alone)


POINTS = tuple(
    _point(function)
    for function in (
        points_api.api_errors,
        # What these two show passes within five minutes: the scale-down window, and the pods' first metrics.
        points_scaling.idle_autoscaler,
        points_scaling.blind,
        points_pods.names_and_owners,
        points_pods.pod_events,
        points_pods.conditions_of_a_ready_pod,
        points_pods.deployment_events,
        points_pods.deployment_status,
        points_pods.indexed_job,
        points_pods.does_not_fit,
        points_pods.unknown_image,
        points_pods.scale_subresource,
        points_pods.graceful_end,
        points_pods.crash_loop,
        points_scaling.no_metrics,
        points_scaling.no_request,
        points_scaling.two_autoscalers,
        points_scaling.scale_up,
        points_custom.definitions,
        points_custom.custom_objects,
        points_custom.custom_subresources,
        points_custom.counted_custom_objects,
        points_custom.custom_scale_applied,
        points_custom.custom_rules,
        points_wire.protobuf,
        points_wire.pages,
        points_wire.switches,
        points_wire.applied_parts,
    )
)
