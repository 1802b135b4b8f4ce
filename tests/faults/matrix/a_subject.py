"""The thing under test is changed or taken away."""

from tests.faults.fault import Fault, Wanted
from tests.faults.imaginary import InProcess
from tests.faults.stage import Stage
from tests.faults.whole import WholeRun

JUDGED = (0, 1, 5, 6)
UNKNOWN = (5, 6)


def hpa_deleted(stage: Stage) -> None:
    stage.until_load()
    stage.delete("HorizontalPodAutoscaler", "web")


def hpa_made_again(stage: Stage) -> None:
    stage.until_load()
    stage.delete_and_make("HorizontalPodAutoscaler", "web")


def hpa_edited(stage: Stage) -> None:
    stage.until_load()
    stage.patch("HorizontalPodAutoscaler", "web", {"spec": {"maxReplicas": 7}})


def target_deleted(stage: Stage) -> None:
    stage.until_load()
    stage.delete("Deployment", "web")


def target_made_again(stage: Stage) -> None:
    stage.until_load()
    stage.delete_and_make("Deployment", "web")


def rescaled(stage: Stage) -> None:
    stage.until_load()
    stage.patch("Deployment", "web", {"spec": {"replicas": 1}})


def rolled_out(stage: Stage) -> None:
    stage.until_load()
    stage.patch("Deployment", "web", {"spec": {"template": {"metadata": {"annotations": {"again": "1"}}}}})


def paused(stage: Stage) -> None:
    stage.until_load()
    stage.patch("Deployment", "web", {"spec": {"paused": True}})
    stage.until(lambda: any(row.get("paused") for row in stage.rows("workload")), "the pause to be recorded")
    stage.patch("Deployment", "web", {"spec": {"paused": None}})


def relabelled(stage: Stage) -> None:
    stage.until_load()
    labels = {"app.kubernetes.io/name": "quarantined"}
    stage.patch("Pod", stage.pods("web-")[0], {"metadata": {"labels": labels}})


def service_edited(stage: Stage) -> None:
    stage.until_load()
    stage.patch("Service", "web", {"spec": {"ports": [{"name": "http", "port": 8080, "targetPort": 9}]}})


def resized(stage: Stage) -> None:
    stage.until_load()
    pod = next(name for name in stage.pods("web-"))
    container = {"name": "web", "resources": {"requests": {"cpu": "150m"}}}
    with stage.cluster() as cluster:
        path = f"/api/v1/namespaces/default/pods/{pod}/resize"
        cluster.send(
            "PATCH", path, {"spec": {"containers": [container]}}, content_type="application/strategic-merge-patch+json"
        )


def evicted(stage: Stage) -> None:
    stage.until_load()
    stage.evict(stage.pods("web-")[0])


def pod_deleted(stage: Stage) -> None:
    stage.until_load()
    stage.delete("Pod", stage.pods("web-")[0])


def service_deleted(stage: Stage) -> None:
    stage.until_load()
    stage.delete("Service", "web")


def replica_set_deleted(stage: Stage) -> None:
    stage.until_load()
    stage.delete("ReplicaSet", stage.pods("web-")[0].rpartition("-")[0])


SMALL = "{spec: {template: {spec: {containers: [{name: web, resources: {requests: {cpu: 50m}}}]}}}}"
FIFTY = (
    "patches=[{kind: HorizontalPodAutoscaler, name: web, patch: {spec: {minReplicas: 50, maxReplicas: 60}}}, "
    f"{{kind: Deployment, name: web, patch: {SMALL}}}]"
)

FAULTS: list[Fault] = [
    InProcess("a minimum of 50 pods where 2 are made", Wanted((0,)), words=[FIFTY], begins_with=50, again=False),
    WholeRun("HPA deleted at the peak", hpa_deleted, Wanted(UNKNOWN, ["the HPA web was deleted"])),
    WholeRun("HPA deleted and made again", hpa_made_again, Wanted(UNKNOWN, ["the HPA web was deleted"])),
    WholeRun("HPA edited", hpa_edited, Wanted(JUDGED, ["the HPA web was edited"])),
    WholeRun("Deployment deleted", target_deleted, Wanted(UNKNOWN, ["Deployment/web was deleted"])),
    WholeRun("Deployment deleted and made again", target_made_again, Wanted(UNKNOWN, ["web was deleted"])),
    WholeRun("Deployment scaled by somebody else", rescaled, Wanted(JUDGED, ["F22"])),
    WholeRun("Deployment rolled out", rolled_out, Wanted(JUDGED, ["rolled out anew"])),
    WholeRun("Deployment paused for a while", paused, Wanted(JUDGED, ["was paused", "s later"])),
    WholeRun("A pod relabelled", relabelled, Wanted(JUDGED, ["was taken out of the selector"])),
    WholeRun("Service led elsewhere", service_edited, Wanted(JUDGED, ["the Service web was edited"])),
    WholeRun("A pod resized in place", resized, Wanted(JUDGED, ["was resized"])),
    WholeRun("A pod evicted", evicted, Wanted(JUDGED, ["was evicted"])),
    WholeRun("A pod deleted", pod_deleted, Wanted(JUDGED)),
    WholeRun("Service deleted", service_deleted, Wanted(UNKNOWN, ["the Service web was deleted"])),
    WholeRun("ReplicaSet deleted", replica_set_deleted, Wanted((1, *UNKNOWN, 0))),
]
