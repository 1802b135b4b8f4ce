"""The pods over time: how many were wanted, there and ready, and what memory they asked for."""

from collections.abc import Iterable

from autoscale.analysis.hpa_status import while_there
from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.intake.pods import PodHistory
from autoscale.analysis.results.series import Replicas
from autoscale.analysis.steps import StepSeries, total
from autoscale.record.decided import decided_size


def replicas(kept: Collected) -> Replicas:
    """Desired, running and ready over time; ready from the workload's status, else from the pods' conditions."""
    rows = kept.workloads
    running = StepSeries.of((row["t"], row["status_replicas"]) for row in rows)
    ready = StepSeries.of((row["t"], row["ready"]) for row in rows)
    if not rows:
        ready = _counted((change for pod in kept.pods.values() for change in pod.ready), kept.first_t)
        running = _counted(_lives(kept), kept.first_t)
    return Replicas(
        desired=StepSeries.of((row["t"], row["spec_replicas"]) for row in rows),
        hpa_desired=while_there(kept, decided_size),
        running=running,
        ready=ready,
    )


def _lives(kept: Collected) -> Iterable[tuple[float, bool]]:
    for pod in kept.pods.values():
        yield pod.first_seen, True
        if pod.removed is not None:
            yield pod.removed, False


def _counted(changes: Iterable[tuple[float, bool]], first: float) -> StepSeries:
    """How many are true over time, from changes of each."""
    points: list[tuple[float, float | None]] = []
    count = 0
    for time, now in sorted(changes):
        count += 1 if now else -1
        points.append((max(time, first), count))
    return StepSeries.of(points)


def memory_requested(kept: Collected) -> StepSeries:
    """Bytes that the running pods asked for; a pod of which one container asks for none counts as unknown."""
    return total(_memory(pod) for pod in kept.pods.values() if pod.started)


def _memory(pod: PodHistory) -> StepSeries:
    points: list[tuple[float, float | None]] = []
    for at, asked in pod.asked:
        known = [one.get("memory") for one in asked.values()]
        points.append((at, None if None in known else sum(value for value in known if value is not None) / 1000))
    return StepSeries.of(points if pod.removed is None else [*points, (pod.removed, None)])
