"""What is stuck, and why, in the cluster's own words."""

from typing import Any

from autoscale.cluster.failures import refused
from autoscale.cluster.readiness import hopeless, is_ready, is_rolled_out, refused_pods, stuck


def pod(name: str = "web-1-a", phase: str = "Pending", **status: Any) -> dict[str, Any]:
    """A pod with this status."""
    return {"metadata": {"name": name, "uid": name}, "status": {"phase": phase, **status}}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    """A container that waits."""
    return {"name": "web", "image": "shop/web:1", "state": {"waiting": {"reason": reason, "message": message}}}


READY = [{"type": "Ready", "status": "True"}]


def test_pending_carries_the_schedulers_words() -> None:
    """A pod that fits nowhere says so with the scheduler's own message; a ready one says nothing."""
    words = "0/1 nodes are available: 1 Insufficient cpu."
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": words}
    found = stuck([pod(conditions=[condition]), pod("ready", "Running", conditions=READY)])
    assert [str(problem) for problem in found] == [
        f"Pod/web-1-a: found Pending: {words}, wanted a node with room. Free or add capacity, or lower the requests."
    ]


def test_an_image_that_cannot_be_pulled_is_named_and_hopeless() -> None:
    """ImagePullBackOff names the image and ends the wait; the first ErrImagePull may pass and does not."""
    backing_off = pod(containerStatuses=[waiting("ImagePullBackOff", "Back-off pulling image")])
    first = pod(containerStatuses=[waiting("ErrImagePull")])
    assert "ImagePullBackOff for image shop/web:1" in str(hopeless([backing_off])[0])
    assert hopeless([first]) == []
    assert "ErrImagePull for image shop/web:1" in str(stuck([first])[0])


def test_a_crash_says_how_the_container_ended() -> None:
    """CrashLoopBackOff comes with the last exit code; waiting may mend it, so it is not hopeless."""
    status = waiting("CrashLoopBackOff") | {"lastState": {"terminated": {"exitCode": 3, "reason": "Error"}}}
    crashed = pod(phase="Running", containerStatuses=[status])
    assert "ended with 3, Error" in str(stuck([crashed])[0])
    assert hopeless([crashed]) == []


def test_a_configuration_that_is_only_late_may_pass() -> None:
    """A ConfigMap that the kubelet could not read in time is tried again; one that is not there ends the wait."""
    reason, late = "CreateContainerConfigError", "failed to sync configmap cache: timed out waiting for the condition"
    assert hopeless([pod(containerStatuses=[waiting(reason, late)])]) == []
    assert late in str(stuck([pod(containerStatuses=[waiting(reason, late)])])[0])
    absent = pod(containerStatuses=[waiting(reason, 'configmap "plan" not found')])
    assert 'configmap "plan" not found' in str(hopeless([absent])[0])


def test_a_quota_is_told_from_the_event() -> None:
    """Pods that could not even be created have no status: the ReplicaSet's event says why, once."""
    event = {
        "reason": "FailedCreate",
        "type": "Warning",
        "message": "exceeded quota: small",
        "involvedObject": {"kind": "ReplicaSet", "name": "web-1", "uid": "u"},
    }
    (problem,) = stuck([], [event, dict(event)])
    assert "ReplicaSet/web-1: found FailedCreate: exceeded quota: small" in str(problem)


def test_pods_that_may_not_be_made_are_told_from_the_deployment() -> None:
    """ReplicaFailure gives the API server's words while it holds, and nothing any more once it is over."""
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}
    workload = {"metadata": {"name": "web"}, "status": {"conditions": [condition]}}
    (problem,) = refused_pods(workload)
    assert "Deployment/web: found FailedCreate: exceeded quota" in str(problem)
    assert refused_pods({**workload, "status": {"conditions": [condition | {"status": "False"}]}}) == []
    assert refused_pods(None) == []


def test_an_unready_pod_shows_its_last_warning() -> None:
    """A running pod whose probe fails says what the kubelet said about it, not about another pod."""
    events = [
        {"type": "Warning", "reason": "Unhealthy", "message": text, "involvedObject": {"uid": uid}}
        for text, uid in (("mine", "web-1-a"), ("other", "x"))
    ]
    assert "Unhealthy: mine" in str(stuck([pod(phase="Running")], events)[0])


def deployment(**changes: Any) -> dict[str, Any]:
    """A rolled out Deployment with something else in its status."""
    status = {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, **changes}
    return {"metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": status}


def test_rolled_out_means_this_spec_and_every_replica() -> None:
    """An old generation, an old pod still there, or one that is not ready: each is not rolled out yet."""
    assert is_rolled_out(deployment())
    for change in ({"observedGeneration": 1}, {"readyReplicas": 1}, {"updatedReplicas": 1}, {"replicas": 3}):
        assert not is_rolled_out(deployment(**change)), change


def test_ready_means_enough_pods_of_whatever_revision() -> None:
    """A StatefulSet updated on deletion only, or a rollout that is paused, serves: its pods are not all of one
    revision."""
    for change in ({}, {"updatedReplicas": 1}, {"updatedReplicas": 0}, {"replicas": 3}):
        assert is_ready(deployment(**change)), change
    for change in ({"observedGeneration": 1}, {"readyReplicas": 1}):
        assert not is_ready(deployment(**change)), change
    assert not is_ready({"metadata": {"generation": 1}, "spec": {"replicas": 1}})


def test_a_forbidden_request_names_the_rule_that_grants_it() -> None:
    """403 names resource and verb, subresources too; a namespace that is being deleted is told as that instead."""
    logs = refused("GET", "/api/v1/namespaces/shop/pods/web/log", 403, {"message": "pods/log is forbidden"})
    assert 'resources: ["pods/log"], verbs: [get, list, watch]' in logs.fix
    jobs = refused("PATCH", "/apis/batch/v1/namespaces/shop/jobs/x", 403, {"message": "forbidden"})
    assert '{apiGroups: ["batch"], resources: ["jobs"], verbs: [patch]}' in jobs.fix
    ending = refused("POST", "/api/v1/namespaces/shop/pods", 403, {"message": "namespace shop is being terminated"})
    assert "-n" in ending.fix
    assert "Role" not in ending.fix
