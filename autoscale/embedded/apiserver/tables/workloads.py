"""The columns of workloads beside Deployments: ordered pods, one a node, Jobs by a schedule, and their revisions."""

from typing import Any

from autoscale.embedded.apiserver.tables.pods import age, since
from autoscale.kube.conditions import controller_of
from autoscale.kube.kinds import RESOURCES, Object
from autoscale.kube.selectors import selector_text


def stateful_set(obj: Object, now: float) -> list[Any]:
    """Name, ready, age; containers, images."""
    ready = f"{obj.get('status', {}).get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}"
    return [obj["metadata"]["name"], ready, age(obj, now), *_containers(obj["spec"])]


def daemon_set(obj: Object, now: float) -> list[Any]:
    """Name, how many nodes by state, node selector, age; containers, images, selector."""
    spec, status = obj["spec"], obj.get("status", {})
    names = ("desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled")
    counts = [status.get(name, 0) for name in (*names, "numberAvailable")]
    nodes = spec["template"]["spec"].get("nodeSelector") or {}
    where = ",".join(f"{name}={value}" for name, value in sorted(nodes.items())) or "<none>"
    wide = [*_containers(spec), selector_text(spec.get("selector")) or "<none>"]
    return [obj["metadata"]["name"], *counts, where, age(obj, now), *wide]


def cron_job(obj: Object, now: float) -> list[Any]:
    """Name, schedule, time zone, suspended, active Jobs, last time, age; containers, images, selector."""
    spec, status = obj["spec"], obj.get("status", {})
    last = since(status["lastScheduleTime"], now) if status.get("lastScheduleTime") else "<none>"
    said = [spec["schedule"], spec.get("timeZone") or "<none>", str(bool(spec.get("suspend")))]
    wide = [*_containers(spec["jobTemplate"]["spec"]), "<none>"]
    return [obj["metadata"]["name"], *said, len(status.get("active") or []), last, age(obj, now), *wide]


def controller_revision(obj: Object, now: float) -> list[Any]:
    """Name, controller, revision, age."""
    owner = controller_of(obj)
    resource = RESOURCES.get(owner["kind"]) if owner else None
    group = f".{resource.group}" if resource and resource.group else ""
    who = f"{owner['kind'].lower()}{group}/{owner['name']}" if owner else "<none>"
    return [obj["metadata"]["name"], who, obj.get("revision", 0), age(obj, now)]


def _containers(spec: Object) -> list[str]:
    containers = spec["template"]["spec"]["containers"]
    return [",".join(one["name"] for one in containers), ",".join(one.get("image", "") for one in containers)]
