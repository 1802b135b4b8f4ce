"""The Job controller: pods until enough of them have succeeded, or too many have failed.

Done: NonIndexed and Indexed completion, parallelism, backoffLimit, activeDeadlineSeconds, ttlSecondsAfterFinished,
suspend. Each pod carries the finalizer ``batch.kubernetes.io/job-tracking`` until it is counted, so a deleted pod
counts too. Source of the rules: pkg/controller/job/job_controller.go of Kubernetes.
"""

from collections.abc import Iterator
from typing import Any

from autoscale.base.times import format_time, parse_time
from autoscale.kube.conditions import (
    condition,
    controller_of,
    is_active,
    is_finished,
    is_ready,
    is_terminating,
    set_condition,
)
from autoscale.kube.kinds import Object
from autoscale.plane.controllers.common import BURST, by_owner, changed_status, fresh_names, guarded
from autoscale.plane.controllers.job_pods import (
    INDEX,
    TRACKING,
    failed_again,
    format_indexes,
    index_of,
    job_pod,
    parse_indexes,
    retry_delay_s,
)
from autoscale.plane.controllers.making import Maker
from autoscale.plane.store import Create, Delete, Emit, Objects, Update, UpdateStatus, Write

COMPONENT = "job-controller"
_OVER = {
    "BackoffLimitExceeded": "Job has reached the specified backoff limit",
    "DeadlineExceeded": "Job was active longer than specified deadline",
    "CompletionsReached": "Reached expected number of succeeded pods",
}


def step(objects: Objects, now: float) -> list[Write]:
    """One pass over all Jobs."""
    pods = by_owner(objects, "Pod")
    writes: list[Write] = []
    maker = Maker(COMPONENT, objects, now)
    for job in objects.list("Job"):
        owned = pods.get(job["metadata"]["uid"], [])
        if not is_terminating(job):
            with guarded(job):
                writes += _clean(job, now) if finished_as(job) else _sync(job, owned, maker)
    return [*writes, *_release_orphans(objects)]


def next_due(objects: Objects, now: float) -> float | None:
    """When the next Job may retry, has been active or kept for too long."""
    pods = by_owner(objects, "Pod")
    moments = (at for job in objects.list("Job") for at in _moments(job, pods.get(job["metadata"]["uid"], [])))
    return min((at for at in moments if at > now), default=None)


def _moments(job: Object, owned: list[Object]) -> Iterator[float]:
    spec, status = job["spec"], job["status"]
    if finished_as(job):
        if (kept := _kept_until(job)) is not None:
            yield kept
        return
    if spec.get("activeDeadlineSeconds") is not None and "startTime" in status:
        yield parse_time(status["startTime"]) + spec["activeDeadlineSeconds"]
    yield retry_delay_s(owned, status.get("failed", 0))


def finished_as(job: Object) -> str | None:
    """``Complete`` or ``Failed`` once the Job has ended; None before."""
    found = (c["type"] for c in job["status"].get("conditions") or [] if c["status"] == "True")
    return next((kind for kind in found if kind in ("Complete", "Failed")), None)


def _sync(job: Object, owned: list[Object], maker: Maker) -> list[Write]:
    status, now = dict(job["status"]), maker.now
    writes = [*_suspend(job, status, now), *_count(job, owned, status)]
    active = [pod for pod in owned if is_active(pod)]
    ending = [pod for pod in owned if is_terminating(pod) and not is_finished(pod)]
    why = _verdict(job, status, active, now)
    if why:
        writes += _delete_all(job, active) + _end(job, status, why, active or ending, now)
    else:
        writes += _manage(job, owned, active, status, maker)
    going = {write.name for write in writes if isinstance(write, Delete)}
    staying = [pod for pod in active if pod["metadata"]["name"] not in going]
    status["active"] = len(staying) + sum(isinstance(w, Create) for w in writes)
    status["ready"] = sum(map(is_ready, staying))
    status["terminating"] = len(ending) + len(going)
    status["uncountedTerminatedPods"] = {}
    status = {name: value for name, value in status.items() if value != 0 or name in ("ready", "terminating")}
    return writes + ([UpdateStatus({**job, "status": status})] if changed_status(job, status) else [])


def _suspend(job: Object, status: dict[str, Any], now: float) -> list[Write]:
    """Say in the status that the Job is suspended, or goes on: it then starts anew."""
    suspended, at = bool(job["spec"].get("suspend")), format_time(now)
    if not suspended:
        status.setdefault("startTime", at)
    if ((condition(job, "Suspended") or {}).get("status") == "True") == suspended:
        return []
    event, text = ("Suspended", "Job suspended") if suspended else ("Resumed", "Job resumed")
    value = {"type": "Suspended", "status": str(suspended), "reason": f"Job{event}", "message": text}
    conditions = status.get("conditions") or []
    status["conditions"] = set_condition(conditions, value | {"lastProbeTime": at}, now)
    if not suspended:
        status["startTime"] = at
    return [Emit(obj=job, type="Normal", reason=event, message=text, component=COMPONENT)]


def _count(job: Object, owned: list[Object], status: dict[str, Any]) -> list[Write]:
    """Add every finished pod to the status once, and let it go."""
    writes: list[Write] = []
    for pod in owned:
        if not is_finished(pod) or TRACKING not in (pod["metadata"].get("finalizers") or []):
            continue
        writes.append(_untracked(pod))
        if pod["status"]["phase"] == "Failed":
            status["failed"] = status.get("failed", 0) + 1
        elif job["spec"].get("completionMode") == "Indexed":
            done = parse_indexes(status.get("completedIndexes", "")) | {index_of(pod)}
            status["completedIndexes"], status["succeeded"] = format_indexes(done), len(done)
        else:
            status["succeeded"] = status.get("succeeded", 0) + 1
    return writes


def _untracked(pod: Object) -> Update:
    kept = [name for name in pod["metadata"].get("finalizers") or [] if name != TRACKING]
    return Update({**pod, "metadata": {**pod["metadata"], "finalizers": kept}})


def _release_orphans(objects: Objects) -> list[Write]:
    """Pods whose Job is gone, or has ended, need not be counted any more."""
    writes: list[Write] = []
    for pod in objects.list("Pod"):
        owner = controller_of(pod)
        if owner is None or TRACKING not in (pod["metadata"].get("finalizers") or []):
            continue
        job = objects.get("Job", pod["metadata"]["namespace"], owner["name"])
        if job is None or job["metadata"]["uid"] != owner["uid"] or finished_as(job):
            writes.append(_untracked(pod))
    return writes


def _verdict(job: Object, status: dict[str, Any], active: list[Object], now: float) -> str | None:
    """The reason why the Job is over, or None while it goes on."""
    spec = job["spec"]
    for kept in status.get("conditions") or []:
        if kept["type"] in ("FailureTarget", "SuccessCriteriaMet"):
            return str(kept["reason"])
    completions, succeeded = spec.get("completions"), status.get("succeeded", 0)
    if status.get("failed", 0) > spec.get("backoffLimit", 6) or failed_again(job, active):
        return "BackoffLimitExceeded"
    deadline = None if spec.get("suspend") else spec.get("activeDeadlineSeconds")
    if deadline is not None and now >= parse_time(status["startTime"]) + deadline:
        return "DeadlineExceeded"
    enough = succeeded >= completions if completions is not None else succeeded > 0 and not active
    return "CompletionsReached" if enough else None


def _end(job: Object, status: dict[str, Any], why: str, left: list[Object], now: float) -> list[Write]:
    """First the target condition, and when the last pod is gone the final one."""
    good = why == "CompletionsReached"
    target, final = ("SuccessCriteriaMet", "Complete") if good else ("FailureTarget", "Failed")
    conditions = list(status.get("conditions") or [])
    if not any(c["type"] == target for c in conditions):
        conditions.append(_condition(target, why, now))
    status["conditions"] = conditions
    if left:
        return []
    conditions.append(_condition(final, why, now))
    if good:
        status["completionTime"] = format_time(now)
        return [Emit(obj=job, type="Normal", reason="Completed", message="Job completed", component=COMPONENT)]
    return [Emit(obj=job, type="Warning", reason=why, message=_OVER[why], component=COMPONENT)]


def _condition(kind: str, reason: str, now: float) -> Object:
    at = format_time(now)
    return {
        "type": kind,
        "status": "True",
        "lastProbeTime": at,
        "lastTransitionTime": at,
        "reason": reason,
        "message": _OVER[reason],
    }


def _delete_all(job: Object, pods: list[Object]) -> list[Write]:
    writes: list[Write] = []
    for pod in pods:
        if is_active(pod):
            name = pod["metadata"]["name"]
            writes.append(Delete("Pod", pod["metadata"]["namespace"], name))
            writes.append(
                Emit(
                    obj=job,
                    type="Normal",
                    reason="SuccessfulDelete",
                    message=f"Deleted pod: {name}",
                    component=COMPONENT,
                )
            )
    return writes


def _manage(
    job: Object, owned: list[Object], active: list[Object], status: dict[str, Any], maker: Maker
) -> list[Write]:
    """Delete what is too much, create what is missing, but not while a failure's back-off lasts."""
    spec, succeeded = job["spec"], status.get("succeeded", 0)
    wanted = 0 if spec.get("suspend") else spec.get("parallelism", 1)
    if spec.get("completions") is not None:
        wanted = min(wanted, spec["completions"] - succeeded)
    elif succeeded:
        wanted = min(wanted, len(active))
    if len(active) > wanted:
        # Nobody's failure: they are not counted.
        return [*map(_untracked, active[wanted:]), *_delete_all(job, active[wanted:])]
    # What is still ending keeps its place until it has been counted.
    occupied = [p for p in owned if not is_finished(p)]
    missing = min(wanted - len(occupied), BURST)
    if missing <= 0 or maker.now < retry_delay_s(owned, status.get("failed", 0)):
        return []
    if spec.get("completionMode") == "Indexed":
        named: list[tuple[str, int | None]] = _indexed(job, occupied, status, missing, maker.objects)
    else:
        named = [(name, None) for name in fresh_names(job, "Pod", missing, maker.objects)]
    return maker.make(job, [job_pod(job, name, index) for name, index in named])[0]


def _indexed(
    job: Object, occupied: list[Object], status: dict[str, Any], missing: int, objects: Objects
) -> list[tuple[str, int | None]]:
    """Names and indexes of the pods to make."""
    taken = parse_indexes(status.get("completedIndexes", "")) | {index_of(pod) for pod in occupied}
    free = [index for index in range(job["spec"]["completions"]) if index not in taken][:missing]
    name = job["metadata"]["name"]
    return [(fresh_names(job, "Pod", 1, objects, f"{name}-{index}-")[0], index) for index in free]


def _clean(job: Object, now: float) -> list[Write]:
    """Delete a finished Job when its time to live is over."""
    until = _kept_until(job)
    if until is None or now < until:
        return []
    return [Delete("Job", job["metadata"]["namespace"], job["metadata"]["name"])]


def _kept_until(job: Object) -> float | None:
    """When the time to live of a finished Job is over; None where it is kept for good."""
    ttl = job["spec"].get("ttlSecondsAfterFinished")
    ended = next(
        (c["lastTransitionTime"] for c in job["status"]["conditions"] if c["type"] in ("Complete", "Failed")), None
    )
    return None if ttl is None or ended is None else parse_time(ended) + ttl


__all__ = ["INDEX", "finished_as", "step"]
