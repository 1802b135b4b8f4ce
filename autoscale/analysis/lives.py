"""The pods of the target, each with the chain of its start and its end, and what was lost as they went."""

from collections.abc import Sequence
from typing import TypedDict

from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.intake.pods import PodHistory
from autoscale.analysis.losses import Losses
from autoscale.analysis.phases import new_pods, pod_end, pod_start
from autoscale.analysis.results.scaling import PodLife, ScaleDown, ScaleEvent
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
        name=pod.name,
        uid=pod.uid,
        node=pod.node,
        created=created.at if created else None,
        ready_at=ready.at if ready else None,
        removed_at=pod.removed,
        start_phases=starts,
        end_phases=ends,
        restarts=pod.restarts,
        restarted=tuple(pod.restarted),
        reason=pod.reason,
        cpu_request_m=pod.request_m,
        cpu_limit_m=pod.limit_m,
        **_answers(kept, pod.name, total),
    )


def _unseen(kept: Collected, name: str, total: int) -> PodLife:
    return PodLife(
        name=name,
        uid="",
        node=None,
        created=None,
        ready_at=None,
        removed_at=None,
        start_phases=(),
        end_phases=(),
        restarts=0,
        restarted=(),
        reason=None,
        cpu_request_m=None,
        cpu_limit_m=None,
        **_answers(kept, name, total),
    )


class _Answers(TypedDict):
    """What a pod's life tells of its answers."""

    answered: int | None
    failed: int | None
    share: float | None
    first_answer: float | None
    last_answer: float | None
    p95: float | None


def _answers(kept: Collected, name: str, total: int) -> _Answers:
    """Unknown where answers do not name their pod."""
    pod = kept.load.pods.get(name)
    if pod is None:
        none, share = (0, 0.0) if kept.load.pods else (None, None)  # others were named: it had nothing to answer
        return _Answers(answered=none, failed=none, share=share, first_answer=None, last_answer=None, p95=None)
    good = pod.n - pod.failed
    return _Answers(
        answered=good,
        failed=pod.failed,
        share=good / total if total else None,
        first_answer=pod.first_at,
        last_answer=None if pod.last_second is None else pod.last_second + (kept.load.phase or 0.0) + 1,
        p95=quantile(pod.response, 0.95),
    )


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
