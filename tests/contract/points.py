"""The points of the contract: what a client sees of a cluster, as text that is the same wherever it holds.

Times are published in the records, here only order and words count. ``POINTS`` maps a name to a title and a function
that waits for its moment and says what it saw.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autoscale.cluster.client import Answer
from autoscale.cluster.resources import resource_of
from tests.contract.workloads import autoscaler, deployment
from tests.contract.world import World, plain


@dataclass(frozen=True)
class Point:
    """One thing that both clusters should show alike."""

    name: str
    title: str
    observe: Callable[[World], list[str]]


def pod_events(world: World) -> list[str]:
    """The events of a pod that becomes ready."""
    pod = world.until(lambda: world.pods("idle"), "pods of idle")[0]["metadata"]["name"]
    world.until(lambda: "Started" in _reasons(world, "Pod", pod), "a pod of idle is started")
    # Whether an image is said to be pulled depends on whether the node has it.
    events = [event for event in world.events("Pod", pod) if event["reason"] in ("Scheduled", "Created", "Started")]
    return [f"{event['type']} {event['reason']} from {_source(event)}" for event in events]


def conditions_of_a_ready_pod(world: World) -> list[str]:
    """Which conditions a ready pod has."""

    def ready() -> list[str] | None:
        for pod in world.pods("web"):
            conditions = {c["type"]: c for c in pod["status"].get("conditions") or []}
            if conditions.get("Ready", {}).get("status") == "True":
                return sorted(f"{name} {c['status']}" for name, c in conditions.items())
        return None

    return world.until(ready, "a ready pod of web")


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


def deployment_events(world: World) -> list[str]:
    """What the Deployment controller says when it makes its pods."""
    world.until(lambda: world.events("Deployment", "idle"), "events of the Deployment idle")
    event = world.events("Deployment", "idle")[0]
    return [f"{event['type']} {event['reason']} from {_source(event)}: {_hashless(event['message'])}"]


def deployment_status(world: World) -> list[str]:
    """The conditions of a Deployment that has rolled out."""

    def available() -> list[str] | None:
        status = world.get("Deployment", "idle").get("status") or {}
        if status.get("availableReplicas") != 2:
            return None
        return sorted(
            f"{c['type']} {c['status']} {c['reason']}: {_hashless(c['message'])}" for c in status["conditions"]
        )

    return world.until(available, "the Deployment idle is available")


def idle_autoscaler(world: World) -> list[str]:
    """The conditions of an HPA whose pods do nothing: it would shrink, and waits."""

    def held() -> bool:
        condition = world.condition("idle", "AbleToScale")
        return condition is not None and condition["reason"] == "ScaleDownStabilized"

    world.until(held, "the HPA idle would shrink")
    return [_condition(world.condition("idle", kind)) for kind in ("AbleToScale", "ScalingActive")]


def first_metrics_are_missing(world: World) -> list[str]:
    """What an HPA says before the first metrics of its pods are there."""

    def told() -> list[dict[str, Any]] | None:
        events = [e for e in world.events("HorizontalPodAutoscaler", "burn") if e["reason"].startswith("Failed")]
        return events if len({event["reason"] for event in events}) == 2 else None

    first: dict[str, str] = {}
    for event in world.until(told, "the HPA burn complains"):
        # Whether no pod has a sample yet or only unready ones do is a matter of a second: the end says which.
        words = plain(event["message"]).partition("failed to get cpu utilization: ")[:2]
        first.setdefault(event["reason"], f"{event['type']} {event['reason']}: {''.join(words)}...")
    return sorted(first.values())


def scale_up(world: World) -> list[str]:
    """A busy pod is scaled to the maximum: events of the HPA and the Deployment, conditions of the HPA."""

    def grown() -> bool:
        return int(world.get("Deployment", "burn")["spec"]["replicas"]) == 3

    world.until(grown, "burn is scaled to 3")
    world.until(lambda: _with_reason(world, "HorizontalPodAutoscaler", "burn", "SuccessfulRescale"), "the HPA's event")
    limited = world.until(lambda: _limited(world), "the HPA burn is limited")
    (rescale, *_) = _with_reason(world, "HorizontalPodAutoscaler", "burn", "SuccessfulRescale")
    world.until(
        lambda: len(_with_reason(world, "Deployment", "burn", "ScalingReplicaSet")) >= 2, "the Deployment's event"
    )
    scaled = _with_reason(world, "Deployment", "burn", "ScalingReplicaSet")[1]
    return [
        f"{rescale['type']} {rescale['reason']} from {_source(rescale)}: {_sizeless(rescale['message'])}",
        f"{scaled['type']} {scaled['reason']}: {_sizeless(_hashless(scaled['message']))}",
        limited,
    ]


def blind(world: World) -> list[str]:
    """Overloaded pods with probes on the busy port turn unready, and the HPA has nothing to go by."""

    def lost() -> bool:
        condition = world.condition("blind", "ScalingActive")
        # Before the first samples it says that there are none: here they are there, and of no use.
        told = condition is not None and "pods might be unready" in condition["message"]
        return told and _unready(world, "blind")

    world.until(lost, "the HPA blind has lost its metrics")
    unhealthy = world.until(lambda: _with_reason(world, "Pod", "blind-", "Unhealthy"), "probes fail")
    return [
        _condition(world.condition("blind", "ScalingActive")),
        f"{unhealthy[0]['type']} Unhealthy from {_source(unhealthy[0])}: {unhealthy[0]['message'].split(':')[0]}",
        f"replicas stay {world.get('Deployment', 'blind')['spec']['replicas']}",
    ]


def crash_loop(world: World) -> list[str]:
    """A container that ends at once is restarted more and more slowly."""

    def waiting() -> dict[str, Any] | None:
        for pod in world.pods("crash"):
            status = (pod["status"].get("containerStatuses") or [{}])[0]
            if (status.get("state") or {}).get("waiting", {}).get("reason") == "CrashLoopBackOff":
                return status
        return None

    status = world.until(waiting, "crash loops")
    ended = status["lastState"]["terminated"]
    event = world.until(lambda: _with_reason(world, "Pod", "crash-", "BackOff"), "BackOff")[0]
    return [
        f"waiting: {_backing_off(status['state']['waiting']['message'])}",
        f"last state: {ended['reason']}, exit code {ended['exitCode']}",
        f"restarted: {status['restartCount'] >= 1}",
        f"{event['type']} BackOff: {plain(event['message'])}",
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
    event = world.until(lambda: _with_reason(world, "Pod", "huge-", "FailedScheduling"), "FailedScheduling")[0]
    return [
        f"phase {condition['phase']}",
        f"PodScheduled False {condition['reason']}: {condition['message']}",
        f"{event['type']} FailedScheduling from {_source(event)}: {event['message']}",
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


def no_request(world: World) -> list[str]:
    """An HPA on utilisation whose pods request no CPU."""

    def told() -> bool:
        condition = world.condition("no-request", "ScalingActive")
        return condition is not None and "missing request" in condition["message"]

    world.until(told, "the HPA no-request misses a request")
    return [plain(_condition(world.condition("no-request", "ScalingActive")))]


def two_autoscalers(world: World) -> list[str]:
    """Two HPAs on one Deployment: neither scales."""

    def ambiguous() -> bool:
        condition = world.condition("idle-again", "ScalingActive")
        return condition is not None and condition["reason"] == "AmbiguousSelector"

    world.until(ambiguous, "the HPA idle-again is ambiguous")
    condition = world.condition("idle-again", "ScalingActive")
    assert condition is not None
    return [f"ScalingActive {condition['status']} {condition['reason']}"]


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
    killing = _with_reason(world, "Pod", gone["name"], "Killing")[0]
    return [
        f"endpoint was terminating before the pod was gone: {left is not None and left <= ended}",
        f"{killing['type']} Killing from {_source(killing)}: {killing['message']}",
        f"another pod took its place: {len(world.pods('web')) >= 2}",
    ]


def scale_subresource(world: World) -> list[str]:
    """Scaling by hand: up to three, down to one; the oldest pod stays."""
    path = resource_of("Deployment").path(world.namespace, "sized", "scale")

    def scale(replicas: int) -> dict[str, Any]:
        return world.cluster.send(
            "PATCH", path, {"spec": {"replicas": replicas}}, content_type="application/merge-patch+json"
        )[0]

    def running() -> int:
        pods = [pod for pod in world.pods("sized") if "deletionTimestamp" not in pod["metadata"]]
        return sum(pod["status"]["phase"] == "Running" for pod in pods)

    world.until(lambda: running() == 1, "one pod of sized")
    oldest = world.pods("sized")[0]["metadata"]["uid"]
    answer = scale(3)
    world.until(lambda: running() == 3, "three pods of sized")
    scale(1)
    world.until(lambda: len(world.pods("sized")) == 1, "one pod of sized is left")
    return [
        f"answer is a {answer['kind']} of {answer['apiVersion']} with spec.replicas {answer['spec']['replicas']}",
        f"the oldest stays: {world.pods('sized')[0]['metadata']['uid'] == oldest}",
    ]


def api_errors(world: World) -> list[str]:
    """What the API server answers to what it does not take."""
    pods, deployments = resource_of("Pod"), resource_of("Deployment")
    wrong = autoscaler("wrong") | {}
    wrong["spec"] = {**wrong["spec"], "minReplicas": 5, "maxReplicas": 2}
    misspelt = deployment("misspelt", {"command": ["true"]})
    misspelt["spec"]["replica"] = 2
    hpas = resource_of("HorizontalPodAutoscaler").path(world.namespace)
    again = deployment("web", {"command": ["true"]})
    return [
        _status(world.cluster.call("GET", pods.path(world.namespace, "nobody"))),
        _status(_post(world, deployments.path(world.namespace), again)),
        _status(_post(world, hpas, wrong)),
        _status(_post(world, deployments.path(world.namespace) + "?fieldValidation=Strict", misspelt)),
        _status(world.cluster.call("GET", "/apis/no.such.group/v1/things")),
        _status(world.cluster.call("GET", pods.path(world.namespace), query={"labelSelector": "a=(b"})),
    ]


POINTS = tuple(
    Point(function.__name__.replace("_", "-"), (function.__doc__ or "").strip(), function)
    for function in (
        api_errors, names_and_owners, pod_events, conditions_of_a_ready_pod, deployment_events, deployment_status,
        indexed_job, does_not_fit, unknown_image, scale_subresource, graceful_end, crash_loop,
        first_metrics_are_missing, no_request, two_autoscalers, idle_autoscaler, scale_up, blind,
    )
)  # fmt: skip


def _reasons(world: World, kind: str, prefix: str) -> list[str]:
    return [event["reason"] for event in world.events(kind, prefix)]


def _with_reason(world: World, kind: str, prefix: str, reason: str) -> list[dict[str, Any]]:
    return [event for event in world.events(kind, prefix) if event["reason"] == reason]


def _source(event: dict[str, Any]) -> str:
    return event.get("reportingComponent") or (event.get("source") or {}).get("component") or "nobody"


def _hashless(text: str) -> str:
    """A text without the hash in a ReplicaSet's name."""
    return re.sub(r'((?:replica set|ReplicaSet) "?)[a-z0-9-]+', r"\1<name>", text)


def _backing_off(message: str) -> str:
    """The kubelet's words without how long it waits, which grows, and without the pod's name."""
    return re.sub(r"back-off \S+", "back-off <duration>", message.split("container=")[0]).strip()


def _log(world: World, pod: str) -> str:
    return world.cluster.call("GET", resource_of("Pod").path(world.namespace, pod, "log")).body.decode().strip()


def _sizeless(text: str) -> str:
    """A text without the size that was chosen: it depends on how much of the first busy seconds a sample holds."""
    return re.sub(r"(New size: |from 1 to )\d+", r"\1<n>", text)


def _condition(condition: dict[str, Any] | None) -> str:
    if condition is None:
        return "no condition"
    return f"{condition['type']} {condition['status']} {condition['reason']}: {plain(condition['message'])}"


def _limited(world: World) -> str | None:
    condition = world.condition("burn", "ScalingLimited")
    return _condition(condition) if condition and condition["reason"] == "TooManyReplicas" else None


def _unready(world: World, app: str) -> bool:
    conditions = [c for pod in world.pods(app) for c in pod["status"].get("conditions") or [] if c["type"] == "Ready"]
    return bool(conditions) and all(condition["status"] == "False" for condition in conditions)


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


def _post(world: World, path: str, obj: dict[str, Any]) -> Answer:
    headers = {"content-type": "application/json"}
    return world.cluster.call("POST", path, body=json.dumps(obj).encode(), headers=headers)


def _status(answer: Answer) -> str:
    try:
        value = json.loads(answer.body)
    except ValueError:
        return f"{answer.status} {answer.body.decode().strip()}"
    return f"{answer.status} {value.get('reason')}: {value.get('message')}"
