"""The pods of a Job: how they are made, numbered and retried."""

from autoscale.base.times import parse_time
from autoscale.kube.go import parse_int
from autoscale.kube.kinds import Object
from autoscale.plane.controllers.common import new_pod

INDEX = "batch.kubernetes.io/job-completion-index"
TRACKING = "batch.kubernetes.io/job-tracking"
_FIRST_RETRY_S, _LAST_RETRY_S = 10.0, 600.0


def job_pod(job: Object, name: str, index: int | None) -> Object:
    """A pod of the Job; with ``index`` it has the completion index as annotation, label, variable and host name."""
    pod = new_pod(job, name, job["spec"]["template"])
    metadata, spec = pod["metadata"], dict(pod["spec"])
    uid, own = job["metadata"]["uid"], job["metadata"]["name"]
    labels = {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": own,
        "controller-uid": uid,
        "job-name": own,
    }
    metadata["labels"] = {**metadata.get("labels", {}), **labels}
    metadata["finalizers"] = [TRACKING]
    if index is not None:
        metadata["labels"][INDEX] = str(index)
        metadata["annotations"] = {**metadata.get("annotations", {}), INDEX: str(index)}
        spec["hostname"] = f"{own}-{index}"[:63]
        spec["containers"] = [_numbered(container) for container in spec["containers"]]
    return {**pod, "spec": spec}


def _numbered(container: Object) -> Object:
    source = {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.labels['{INDEX}']"}}
    variable = {"name": "JOB_COMPLETION_INDEX", "valueFrom": source}
    given = container.get("env") or []
    if any(entry["name"] == variable["name"] for entry in given):
        return container
    return {**container, "env": [*given, variable]}


def index_of(pod: Object) -> int:
    """The completion index of an Indexed Job's pod; -1 where it has none."""
    found = parse_int((pod["metadata"].get("annotations") or {}).get(INDEX, ""))
    return -1 if found is None else found


def parse_indexes(text: str) -> set[int]:
    """``"0,2-4"`` -> {0, 2, 3, 4}."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def format_indexes(indexes: set[int]) -> str:
    """{0, 2, 3, 4} -> ``"0,2-4"``; a run of two is written ``"2,3"``, as upstream does."""
    parts: list[str] = []
    ordered = sorted(indexes)
    while ordered:
        run = 1
        while run < len(ordered) and ordered[run] == ordered[0] + run:
            run += 1
        first, last = ordered[0], ordered[run - 1]
        parts.append(f"{first}-{last}" if run > 2 else f"{first},{last}" if run == 2 else str(first))
        ordered = ordered[run:]
    return ",".join(parts)


def failed_again(job: Object, active: list[Object]) -> bool:
    """With ``restartPolicy: OnFailure`` the restarts of the running pods count against the backoff limit."""
    if job["spec"]["template"]["spec"].get("restartPolicy") != "OnFailure":
        return False
    statuses = (s for pod in active for s in pod.get("status", {}).get("containerStatuses") or [])
    restarts = sum(s.get("restartCount", 0) for s in statuses)
    limit = job["spec"].get("backoffLimit", 6)
    return bool(restarts > 0 if limit == 0 else restarts >= limit)


def retry_delay_s(pods: list[Object], failed: int) -> float:
    """When the next pod may be made (seconds since the epoch): 10 s after a failure, doubling up to 10 minutes."""
    ended = [_finished_at(pod) for pod in pods if pod.get("status", {}).get("phase") == "Failed"]
    if not ended or not failed:
        return 0.0
    return max(ended) + min(_FIRST_RETRY_S * 2.0 ** (failed - 1), _LAST_RETRY_S)


def _finished_at(pod: Object) -> float:
    states = (s.get("state", {}).get("terminated") for s in pod["status"].get("containerStatuses") or [])
    times = [parse_time(state["finishedAt"]) for state in states if state and state.get("finishedAt")]
    return max(times, default=parse_time(pod["metadata"]["creationTimestamp"]))
