"""All metrics of a pass together: the largest proposal wins, and a failing metric forbids scaling down."""

from collections.abc import Sequence
from dataclasses import dataclass

from autoscale.hpa.decision import Event
from autoscale.hpa.rule.metrics import EMPTY_STATUS, Computed, Failed, MetricStatus


@dataclass(frozen=True, slots=True)
class Combined:
    """``replicas`` is the winning proposal and ``position`` its metric's; None where the pass ends without one.

    ``statuses`` are the entries of ``currentMetrics``, ``failure`` is the metric whose reason is shown, ``error``
    the text about all failures, which may stand beside a proposal.
    """

    replicas: int | None
    position: int | None
    name: str
    statuses: tuple[MetricStatus, ...]
    events: tuple[Event, ...]
    failure: Failed | None = None
    error: str | None = None


def combine(results: Sequence[Computed | Failed], current: int) -> Combined:
    """Pick the largest proposal; none where every metric failed, or where one failed and the rest would shrink."""
    replicas, position, name = 0, None, ""
    for index, result in enumerate(results):
        if isinstance(result, Computed) and (replicas == 0 or result.proposal.replicas > replicas):
            replicas, position, name = result.proposal.replicas, index, result.name
    failures = [result for result in results if isinstance(result, Failed)]
    statuses = tuple(result.status if isinstance(result, Computed) else EMPTY_STATUS for result in results)
    if not failures:
        return Combined(replicas=replicas, position=position, name=name, statuses=statuses, events=())
    events = tuple(Event("Warning", failed.reason, failed.cause) for failed in failures)
    error = f"invalid metrics ({len(failures)} invalid out of {len(results)}), first error is: {failures[0].error}"
    if len(failures) == len(results) or replicas < current:
        return Combined(
            replicas=None, position=None, name="", statuses=statuses, events=events, failure=failures[0], error=error
        )
    return Combined(
        replicas=replicas, position=position, name=name, statuses=statuses, events=events, failure=None, error=error
    )
