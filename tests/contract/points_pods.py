"""The contract of pods and what makes them: names, events, conditions, images, crashes, ends."""

import re
from typing import Any

from autoscale.cluster.resources import resource_of
from tests.contract.looks import hashless, source, with_reason
from tests.contract.world import World, plain


def names_and_owners(world: World) -> list[str]:
    """How pods and ReplicaSets are named and who owns them."""
    pod = world.until(lambda: world.pods("web"), "pods of web")[0]
    owner = pod["metadata"]["ownerReferences"][0]
    replica_set = world.get("ReplicaSet", owner["name"])
    above = replica_set["metadata"]["ownerReferences"][0]
    digest = pod["metadata"]["labels"]["pod-template-hash"]
    return [
        f"pod is owned by a {owner['kind']}, controller {owner['controller']}",
        f"ReplicaSet is named after the hash: {owner['name'] == f'web-{digest}'}",
        f"pod is named after the ReplicaSet: {pod['metadata']['name'].startswith(owner['name'] + '-')}",
        f"ReplicaSet is owned by a {above['kind']} {above['name']}",
        f"revision {replica_set['metadata']['annotations']['deployment.kubernetes.io/revision']}",
    ]


def pod_events(world: World) -> list[str]:
    """The events of a pod that becomes ready."""
    pod = world.until(lambda: world.pods("idle"), "pods of idle")[0]["metadata"]["name"]
    world.until(lambda: "Started" in _reasons(world, "Pod", pod), "a pod of idle is started")
    # Whether an image is said to be pulled depends on whether the node has it.
    events = [event for event in world.events("Pod", pod) if event["reason"] in ("Scheduled", "Created", "Started")]
    return [f"{event['type']} {event['reason']} from {source(event)}" for event in events]


def conditions_of_a_ready_pod(world: World) -> list[str]:
    """Which conditions a ready pod has."""

    def ready() -> list[str] | None:
        for pod in world.pods("web"):
            conditions = {c["type"]: c for c in pod["status"].get("conditions") or []}
            if conditions.get("Ready", {}).get("status") == "True":
                return sorted(f"{name} {c['status']}" for name, c in conditions.items())
        return None

    return world.until(ready, "a ready pod of web")


def deployment_events(world: World) -> list[str]:
    """What the Deployment controller says when it makes its pods."""
    world.until(lambda: world.events("Deployment", "idle"), "events of the Deployment idle")
    event = world.events("Deployment", "idle")[0]
    return [f"{event['type']} {event['reason']} from {source(event)}: {hashless(event['message'])}"]


def deployment_status(world: World) -> list[str]:
    """The conditions of a Deployment that has rolled out."""

    def available() -> list[str] | None:
        status = world.get("Deployment", "idle").get("status") or {}
        if status.get("availableReplicas") != 2:
            return None
        return sorted(
            f"{c['type']} {c['status']} {c['reason']}: {hashless(c['message'])}" for c in status["conditions"]
        )

    return world.until(available, "the Deployment idle is available")


def indexed_job(world: World) -> list[str]:
    """An Indexed Job of three runs to its end, each pod with its own index in its log."""

    def complete() -> dict[str, Any] | None:
        status = world.get("Job", "count").get("status") or {}
        return status if any(c["type"] == "Complete" for c in status.get("conditions") or []) else None

    status = world.until(complete, "the Job count is complete")
    pods = world.cluster.list(resource_of("Pod").path(world.namespace), labelSelector="job-name=count")["items"]
    logs = [
        world.cluster.call(
            "GET", resource_of("Pod").path(world.namespace, pod["metadata"]["name"], "log")
        ).body.decode()
        for pod in pods
    ]
    conditions = sorted(f"{c['type']} {c['status']}" for c in status["conditions"])
    return [
        f"succeeded {status['succeeded']}",
        f"indexes {status['completedIndexes']}",
        *conditions,
        *sorted(map(str.strip, logs)),
    ]


def does_not_fit(world: World) -> list[str]:
    """A pod that asks for more CPU than the node has stays Pending, and the scheduler says why."""

    def refused() -> dict[str, Any] | None:
        for pod in world.pods("huge"):
            for condition in pod["status"].get("conditions") or []:
                if condition["type"] == "PodScheduled" and condition["status"] == "False":
                    return {"phase": pod["status"]["phase"], **condition}
        return None

    condition = world.until(refused, "huge is refused")
    event = world.until(lambda: with_reason(world, "Pod", "huge-", "FailedScheduling"), "FailedScheduling")[0]
    return [
        f"phase {condition['phase']}",
        f"PodScheduled False {condition['reason']}: {condition['message']}",
        f"{event['type']} FailedScheduling from {source(event)}: {event['message']}",
    ]


def unknown_image(world: World) -> list[str]:
    """An image that cannot be had: the reasons a container waits with, and the events."""

    def waits() -> set[str]:
        return {
            status["state"]["waiting"]["reason"]
            for change in world.history("Pod", "unknown-image-")
            for status in change.object["status"].get("containerStatuses") or []
            if "waiting" in status["state"]
        }

    world.until(lambda: "ImagePullBackOff" in waits(), "the pull fails and is not tried again at once")
    world.until(lambda: {"Failed", "BackOff"} <= set(_reasons(world, "Pod", "unknown-image-")), "events of the pull")
    seen = waits()
    events = sorted(set(_reasons(world, "Pod", "unknown-image-")) - {"Scheduled"})
    return [f"waits with {', '.join(sorted(seen))}", f"events {', '.join(events)}"]


def scale_subresource(world: World) -> list[str]:
    """Scaling by hand: up to three, down to one."""
    path = resource_of("Deployment").path(world.namespace, "sized", "scale")

    def scale(replicas: int) -> dict[str, Any]:
        return world.cluster.send(
            "PATCH", path, {"spec": {"replicas": replicas}}, content_type="application/merge-patch+json"
        )[0]

    def running() -> int:
        pods = [pod for pod in world.pods("sized") if "deletionTimestamp" not in pod["metadata"]]
        return sum(pod["status"]["phase"] == "Running" for pod in pods)

    world.until(lambda: running() == 1, "one pod of sized")
    before = world.pods("sized")[0]["metadata"]["uid"]
    answer = scale(3)
    world.until(lambda: running() == 3, "three pods of sized")
    grown = {pod["metadata"]["uid"] for pod in world.pods("sized")}
    scale(1)
    world.until(lambda: len(world.pods("sized")) == 1, "one pod of sized is left")
    return [
        f"answer is a {answer['kind']} of {answer['apiVersion']} with spec.replicas {answer['spec']['replicas']}",
        # Which one stays is no promise: of pods that are about as old the choice is the controller's.
        f"growing keeps the pod that was there: {before in grown}; "
        f"shrinking makes none: {world.pods('sized')[0]['metadata']['uid'] in grown}",
    ]


def graceful_end(world: World) -> list[str]:
    """A deleted pod leaves its Service before it ends, and another takes its place."""
    world.until(lambda: len(_ready_endpoints(world)) == 2, "two ready endpoints of web")
    gone = world.pods("web")[0]["metadata"]
    world.cluster.send("DELETE", resource_of("Pod").path(world.namespace, gone["name"]), {"kind": "DeleteOptions"})

    def removed() -> bool:
        return any(c.type == "DELETED" and c.object["metadata"]["uid"] == gone["uid"] for c in world.changes["Pod"])

    world.until(removed, "the deleted pod is gone")
    ended = next(
        c.t for c in world.changes["Pod"] if c.type == "DELETED" and c.object["metadata"]["uid"] == gone["uid"]
    )
    left = next(
        (c.t for c in world.history("EndpointSlice", "web-") if _endpoint(c.object, gone["uid"], "terminating")), None
    )
    world.until(lambda: len(_ready_endpoints(world)) == 2, "another pod is ready")
    killing = world.until(lambda: with_reason(world, "Pod", gone["name"], "Killing"), "the event of its end")[0]
    return [
        f"endpoint was terminating before the pod was gone: {left is not None and left <= ended}",
        f"{killing['type']} Killing from {source(killing)}: {killing['message']}",
        f"another pod took its place: {len(world.pods('web')) >= 2}",
    ]


def crash_loop(world: World) -> list[str]:
    """A container that ends at once is restarted more and more slowly."""

    def waiting() -> dict[str, Any] | None:
        for pod in world.pods("crash"):
            status: dict[str, Any] = (pod["status"].get("containerStatuses") or [{}])[0]
            if (status.get("state") or {}).get("waiting", {}).get("reason") == "CrashLoopBackOff":
                return status
        return None

    status = world.until(waiting, "crash loops")
    ended = status["lastState"]["terminated"]
    event = world.until(lambda: with_reason(world, "Pod", "crash-", "BackOff"), "BackOff")[0]
    return [
        f"waiting: {_backing_off(status['state']['waiting']['message'])}",
        f"last state: {ended['reason']}, exit code {ended['exitCode']}",
        f"restarted: {status['restartCount'] >= 1}",
        f"{event['type']} BackOff: {plain(event['message'])}",
    ]


def _reasons(world: World, kind: str, prefix: str) -> list[str]:
    """Without FailedMount: chance, a busy kubelet that had not yet read what it mounts and tried again."""
    return [reason for event in world.events(kind, prefix) if (reason := event["reason"]) != "FailedMount"]


def _backing_off(message: str) -> str:
    """The kubelet's words without how long it waits, which grows, and without the pod's name."""
    return re.sub(r"back-off \S+", "back-off <duration>", message.split("container=")[0]).strip()


def _ready_endpoints(world: World) -> list[str]:
    slices = world.cluster.list(
        resource_of("EndpointSlice").path(world.namespace), labelSelector="kubernetes.io/service-name=web"
    )["items"]
    return [
        endpoint["targetRef"]["name"]
        for one in slices
        for endpoint in one.get("endpoints") or []
        if endpoint["conditions"].get("ready")
    ]


def _endpoint(endpoint_slice: dict[str, Any], uid: str, condition: str) -> bool:
    return any(
        endpoint["targetRef"]["uid"] == uid and bool(endpoint["conditions"].get(condition))
        for endpoint in endpoint_slice.get("endpoints") or []
    )
