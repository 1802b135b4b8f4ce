"""Whether a workload is ready and, where it is not, what is stuck and why. Pure: objects in, findings out."""

from collections.abc import Iterable, Sequence

from autoscale.base.errors import Problem
from autoscale.kube.conditions import holds
from autoscale.kube.kinds import Object

_IMAGE = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"}
# Waiting on does not mend these.
_HOPELESS = {"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError"}
# A busy kubelet that has not read a ConfigMap or Secret in time says so in a configuration error, and tries again.
_PASSES = "failed to sync"


def ready_replicas(workload: Object) -> int:
    """Ready pods of a Deployment or StatefulSet."""
    return int((workload.get("status") or {}).get("readyReplicas") or 0)


def is_ready(workload: Object) -> bool:
    """Whether a Deployment or StatefulSet has as many ready pods as this very spec wants, of whatever revision."""
    seen = (workload.get("status") or {}).get("observedGeneration", 0) >= workload["metadata"].get("generation", 0)
    return bool(seen and ready_replicas(workload) >= workload["spec"].get("replicas", 1))


def is_rolled_out(workload: Object) -> bool:
    """Whether it is ready with every replica of this very spec, and no pod of an older one is left."""
    status, wanted = workload.get("status") or {}, workload["spec"].get("replicas", 1)
    return bool(
        is_ready(workload)
        and (status.get("updatedReplicas") or 0) >= wanted
        and (status.get("replicas") or 0) <= max(wanted, ready_replicas(workload))
    )


def stuck(pods: Iterable[Object], events: Sequence[Object] = ()) -> list[Problem]:
    """What keeps pods from being ready, in the cluster's own words: scheduler, image, crash, probe, quota."""
    problems = [problem for pod in pods if (problem := _stuck_pod(pod, events)) is not None]
    return problems + not_created(events)


def refused_pods(workload: Object | None) -> list[Problem]:
    """Why pods of a Deployment may not be made at this moment, in the API server's words: quota, admission."""
    return [
        Problem(
            f"Deployment/{workload['metadata']['name']}",
            f"{condition.get('reason')}: {condition.get('message')}",
            "pods that may be created",
            "See `kubectl describe quota` of the namespace.",
        )
        for workload in filter(None, [workload])
        for condition in (workload.get("status") or {}).get("conditions") or []
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True"
    ]


def hopeless(pods: Iterable[Object]) -> list[Problem]:
    """What will not become ready by waiting: an image that cannot be pulled, a configuration that is missing."""
    return [
        problem
        for pod in pods
        if any(reason in _HOPELESS and not message.startswith(_PASSES) for reason, message, _ in _waiting(pod))
        and (problem := _stuck_pod(pod, ())) is not None
    ]


def _stuck_pod(pod: Object, events: Sequence[Object]) -> Problem | None:
    """Why one pod is not ready; None when it is, or has ended well."""
    status = pod.get("status") or {}
    where = f"Pod/{pod['metadata']['name']}"
    if holds(pod, "Ready") or status.get("phase") == "Succeeded":
        return None
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            message = condition.get("message") or condition.get("reason") or "no reason given"
            return Problem(
                where, f"Pending: {message}", "a node with room", "Free or add capacity, or lower the requests."
            )
    for reason, message, image in _waiting(pod):
        if reason in _IMAGE:
            text = f"{reason} for image {image}" + (f" ({message})" if message else "")
            return Problem(
                where, text, "an image that the node can pull", "See docs/real-cluster.md on loading images."
            )
        if reason not in ("ContainerCreating", "PodInitializing"):
            return Problem(
                where, f"{reason}{f': {message}' if message else ''}{_last_exit(pod)}", "a running container"
            )
    if status.get("phase") == "Failed":
        return Problem(
            where, f"Failed{_last_exit(pod)}: {status.get('message') or status.get('reason') or ''}".rstrip(": ")
        )
    return Problem(where, _last_warning(pod, events) or f"{status.get('phase', 'Pending')} and not ready", "ready")


def unplaced(pods: Iterable[Object], events: Sequence[Object]) -> list[Problem]:
    """Pods that have not ended and had to wait for a node, in the scheduler's last words of each."""
    told = {
        (event.get("involvedObject") or {}).get("uid"): event.get("message")
        for event in events
        if event.get("reason") == "FailedScheduling"
    }
    return [
        Problem(
            f"Pod/{pod['metadata']['name']}",
            f"waited for a node: {told[pod['metadata']['uid']]}",
            "a node with room",
            "Free or add capacity, or lower the requests.",
        )
        for pod in pods
        if pod["metadata"].get("uid") in told and (pod.get("status") or {}).get("phase") not in ("Failed", "Succeeded")
    ]


def _waiting(pod: Object) -> list[tuple[str, str, str]]:
    """(reason, message, image) of every container that waits."""
    status = pod.get("status") or {}
    containers = (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or [])
    return [
        (waiting.get("reason") or "", waiting.get("message") or "", item.get("image") or "")
        for item in containers
        if (waiting := (item.get("state") or {}).get("waiting"))
    ]


def _last_exit(pod: Object) -> str:
    """How the last container that ended did so."""
    for item in (pod.get("status") or {}).get("containerStatuses") or []:
        for state in (item.get("state") or {}, item.get("lastState") or {}):
            if ended := state.get("terminated"):
                return f" (container {item['name']} ended with {ended.get('exitCode')}, {ended.get('reason')})"
    return ""


def _last_warning(pod: Object, events: Sequence[Object]) -> str:
    """The newest warning about a pod."""
    uid = pod["metadata"].get("uid")
    about = [e for e in events if e.get("type") == "Warning" and (e.get("involvedObject") or {}).get("uid") == uid]
    return f"{about[-1].get('reason')}: {about[-1].get('message')}" if about else ""


def not_created(events: Sequence[Object]) -> list[Problem]:
    """Pods that could not even be created: quota, admission."""
    return [
        Problem(
            f"{event['involvedObject'].get('kind')}/{event['involvedObject'].get('name')}",
            f"FailedCreate: {event.get('message')}",
            "pods that may be created",
            "See `kubectl describe quota` of the namespace.",
        )
        for event in {
            event["involvedObject"].get("name"): event for event in events if event.get("reason") == "FailedCreate"
        }.values()
    ]
