"""The pods of the target, each with the chain of its start and its end, and what was lost as they went."""

from collections.abc import Sequence

from autoscale.analysis.intake.collect import Collected
from autoscale.analysis.intake.pods import PodHistory
from autoscale.analysis.losses import Losses
from autoscale.analysis.phases import new_pods, pod_end, pod_start
from autoscale.analysis.results.analysis import PodLife, ScaleDown, ScaleEvent
from loadtest.histogram import quantile

_SLACK_S = 1.0


def pod_lives(kept: Collected, events: Sequence[ScaleEvent]) -> tuple[PodLife, ...]:
    """Every pod that was seen, in order of creation; a pod that answered and was never seen comes last."""
    decided: dict[str, float] = {}
    for i, event in enumerate(events):
        if event.up:
            until = events[i + 1].at if i + 1 < len(events) else float("inf")
            decided.update((pod.uid, event.at) for pod in new_pods(kept, event, until))
    answered = sum(pod.n - pod.failed for pod in kept.load.pods.values())
    pods = sorted(kept.pods.values(), key=lambda pod: (pod.created[0] or 0.0, pod.name))
    lives = [_life(kept, pod, decided.get(pod.uid), answered) for pod in pods]
    return (*lives, *(_unseen(kept, name, answered) for name in kept.load.pods if name not in kept.by_name))


def _life(kept: Collected, pod: PodHistory, decided: float | None, total: int) -> PodLife:
    created = kept.clocks.moment(*pod.created)
    ready = kept.clocks.moment(*pod.conditions["Ready"]) if "Ready" in pod.conditions else None
    starts, ends = pod_start(kept, pod, decided), pod_end(kept, pod)
    return PodLife(
        pod.name,
        pod.uid,
        pod.node,
        created.at if created else None,
        ready.at if ready else None,
        pod.removed,
        starts,
        ends,
        *_answers(kept, pod.name, total),
        pod.restarts,
        pod.reason,
        pod.request_m,
        pod.limit_m,
    )


def _unseen(kept: Collected, name: str, total: int) -> PodLife:
    answers = _answers(kept, name, total)
    return PodLife(name, "", None, None, None, None, (), (), *answers, 0, None, None, None)


def _answers(
    kept: Collected, name: str, total: int
) -> tuple[int | None, int | None, float | None, float | None, float | None, float | None]:
    """answered, failed, share, first answer, last answer, p95; unknown where answers do not name their pod."""
    pod = kept.load.pods.get(name)
    if pod is None:
        silent = bool(kept.load.pods)  # others were named, so this one had nothing to answer
        return (0, 0, 0.0, None, None, None) if silent else (None,) * 6
    good = pod.n - pod.failed
    last = None if pod.last_second is None else pod.last_second + (kept.load.phase or 0.0) + 1
    return good, pod.failed, good / total if total else None, pod.first_at, last, quantile(pod.response, 0.95)


def scale_downs(kept: Collected, events: Sequence[ScaleEvent]) -> tuple[ScaleDown, ...]:
    """Every shrinking with its pods and the requests lost from its decision until the last of them had gone.

    A second belongs to the first shrinking that it lies in, so no request is lost twice.
    """
    found: list[ScaleDown] = []
    spans: list[tuple[float, float | None, ScaleEvent, list[PodHistory]]] = []
    for i, event in enumerate(events):
        if event.up:
            continue
        until = events[i + 1].at if i + 1 < len(events) else float("inf")
        pods = [
            pod
            for pod in kept.pods.values()
            if pod.deletion is not None and event.at - _SLACK_S <= pod.deletion[1] < until - _SLACK_S
        ]
        ends = [pod.removed if pod.removed is not None else pod.ended for pod in pods]
        spans.append((event.at, max((end for end in ends if end is not None), default=None), event, pods))
    losses = Losses(kept.load, [(start, end) for start, end, _, _ in spans if end is not None])
    for start, last, event, pods in spans:
        causes = losses.take(start, last) if last is not None else {}
        gone = all(pod.removed is not None or pod.ended is not None for pod in pods)
        found.append(
            ScaleDown(
                event=event,
                pods=tuple(pod.name for pod in pods),
                total_s=last - event.at if last is not None and gone else None,
                lost=sum(causes.values()) if last is not None and kept.load.seconds else None,
                lost_causes=causes,
            )
        )
    return tuple(found)
