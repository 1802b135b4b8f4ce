"""What one pod of the target requests, over time: a resize or a new template changes it in mid-run."""

from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.intake.pods import PodHistory, Requests
from autoscale.analysis.steps import StepSeries


def request_of(requests: Requests, container: str | None) -> int | None:
    """CPU in millicores of all containers, or of one; None where one has no request."""
    counted = requests.values() if container is None else [requests.get(container, {})]
    return None if not counted or any("cpu" not in one for one in counted) else sum(one["cpu"] for one in counted)


def requests_of(pod: PodHistory, container: str | None) -> StepSeries:
    """What a pod asked for from when it was first seen until it had gone."""
    points: list[tuple[float, float | None]] = [(at, request_of(asked, container)) for at, asked in pod.asked]
    return StepSeries.of(points if pod.removed is None else [*points, (pod.removed, None)])


def common_request(kept: Collected, container: str | None = None) -> StepSeries:
    """The CPU request of one pod: at each time the most common one of the pods that are there (of equals the largest).

    While there is no pod, or none with a request, the last one known holds.
    """
    changes: list[tuple[float, float | None, float | None]] = []
    for pod in kept.pods.values():
        before = None
        series = requests_of(pod, container)
        for time, value in zip(series.times, series.values, strict=True):
            changes.append((time, before, value))
            before = value
    counts: dict[float, int] = {}
    points: list[tuple[float, float | None]] = []
    for time, before, now in sorted(changes, key=lambda change: change[0]):
        for value, step in ((before, -1), (now, 1)):
            if value is not None:
                counts[value] = counts.get(value, 0) + step
        most = max(counts, key=lambda value: (counts[value], value), default=None)
        if most is not None and counts[most] > 0:
            points.append((time, most))
    return StepSeries.of(points)
