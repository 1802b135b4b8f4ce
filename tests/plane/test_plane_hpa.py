"""The HPA controller under a virtual clock: when it runs, what it sees, what it writes."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from autoscale.base.times import format_time
from autoscale.embedded.controlplane import config_of
from autoscale.embedded.settings import Settings
from autoscale.kube.kinds import Object
from autoscale.plane.store import Delete, Update
from tests.plane.test_plane_workloads import names, stateful_set
from tests.plane.world import World, deployment

CONFIG = config_of(Settings(hpa_downscale_stabilization_s=30.0))


def hpa(name: str = "web", target: str = "web", **spec: Any) -> Object:
    """An HPA on CPU at 50 %, two to ten pods."""
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
    }
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}
    made = {"scaleTargetRef": reference, "minReplicas": 2, "maxReplicas": 10, "metrics": [metric], **spec}
    kind = {"kind": "HorizontalPodAutoscaler", "apiVersion": "autoscaling/v2"}
    return {**kind, "metadata": {"name": name, "namespace": "default"}, "spec": made}


@dataclass
class Scaled:
    """A world whose pods are measured; ``cpu_m`` is the usage of each pod, None: no metrics."""

    world: World = field(default_factory=lambda: World(cpu="100"))
    cpu_m: int | None = 50
    passes: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        loop = self.world.loop
        self.world.loop = replace(loop, config=CONFIG, pod_metrics=self.metrics)

    def metrics(self) -> list[Object]:
        """PodMetrics of all pods that are ready."""
        if self.cpu_m is None:
            return []
        usage = [{"name": "web", "usage": {"cpu": f"{self.cpu_m}m", "memory": "1Mi"}}]
        return [
            {
                "metadata": {"name": p["metadata"]["name"], "namespace": "default"},
                "containers": usage,
                "timestamp": format_time(self.world.now),
                "window": "10s",
            }
            for p in self.world.all("Pod")
            if p["status"]["phase"] == "Running"
        ]

    def run(self, seconds: float) -> None:
        """Let virtual time pass."""
        before = self.world.loop.memories

        def note() -> None:
            nonlocal before
            memories = self.world.loop.memories
            if any(key in before and before[key].due != memory.due for key, memory in memories.items()):
                self.passes.append(self.world.now)
            before = memories

        self.world.run(seconds, note)


def scaled(**spec: Any) -> Scaled:
    """A Deployment of two settled pods and its HPA."""
    made = Scaled()
    made.world.create(deployment())
    made.world.run(5)
    made.world.create(hpa(**spec))
    return made


def test_a_pass_runs_every_period_from_the_first() -> None:
    """A new HPA waits one period (as before 1.37); then one pass every 15 s, none in between."""
    made = scaled()
    start = made.world.now
    made.run(62)
    assert [at - start for at in made.passes] == [15, 30, 45, 60]


def test_load_above_target_scales_up_and_says_so() -> None:
    """Twice the target doubles the pods: scale, event, status, and the Deployment follows."""
    made = scaled()
    made.cpu_m = 100
    made.run(40)
    found = made.world.get("HorizontalPodAutoscaler", "web")
    assert made.world.get("Deployment", "web")["spec"]["replicas"] >= 4
    reason = "cpu resource utilization (percentage of request) above target"
    assert made.world.events("SuccessfulRescale")[0] == f"New size: 4; reason: {reason}"
    assert found["status"]["currentMetrics"][0]["resource"]["current"]["averageUtilization"] == 100
    assert made.world.get("Deployment", "web")["status"]["readyReplicas"] >= 4


def test_load_at_the_target_changes_nothing() -> None:
    """54 % of the request against a target of 50 % is within the tolerance."""
    made = scaled()
    made.cpu_m = 54
    made.run(60)
    assert made.world.get("Deployment", "web")["spec"]["replicas"] == 2
    assert made.world.events("SuccessfulRescale") == []


def test_scaling_down_waits_for_the_stabilisation_window() -> None:
    """The highest recommendation of the last 30 s holds; then it shrinks to the minimum."""
    made = scaled()
    made.cpu_m = 100
    made.run(16)
    made.cpu_m = 5
    grown = made.world.get("Deployment", "web")["spec"]["replicas"]
    made.run(28)
    assert made.world.get("Deployment", "web")["spec"]["replicas"] == grown
    made.run(40)
    assert made.world.get("Deployment", "web")["spec"]["replicas"] == 2


def test_without_metrics_nothing_scales_and_events_say_why() -> None:
    """Both events of a failing CPU metric, and the condition names the cause."""
    made = scaled()
    made.cpu_m = None
    made.run(20)
    cause = "no metrics returned from resource metrics API"
    text = f"failed to get cpu utilization: unable to get metrics for resource cpu: {cause}"
    assert made.world.events("FailedGetResourceMetric") == [text]
    assert made.world.events("FailedComputeMetricsReplicas")[0].endswith(text)
    conditions = made.world.get("HorizontalPodAutoscaler", "web")["status"]["conditions"]
    assert {c["type"]: c["status"] for c in conditions}["ScalingActive"] == "False"
    assert made.world.get("Deployment", "web")["spec"]["replicas"] == 2


def test_a_missing_target_is_told() -> None:
    """The HPA of a Deployment that does not exist cannot get a scale."""
    made = Scaled()
    made.world.create(hpa(target="gone"))
    made.run(16)
    assert made.world.events("FailedGetScale") == ['deployments.apps "gone" not found']


@pytest.mark.parametrize("group", ["extensions", "example.org"])
def test_a_target_of_another_group_is_no_target(group: str) -> None:
    """A Deployment is known in apps alone: nothing scales, and it is nobody's rival for the pods."""
    made = scaled()
    reference = {"apiVersion": f"{group}/v1", "kind": "Deployment", "name": "web"}
    made.world.create(hpa("other", scaleTargetRef=reference))
    made.cpu_m = 100
    made.run(20)
    assert made.world.events("FailedGetScale") == [f'no matches for kind "Deployment" in group "{group}"']
    assert made.world.events("AmbiguousSelector") == []
    assert made.world.events("SuccessfulRescale") != []


def test_any_version_of_the_group_will_do() -> None:
    """As upstream, which asks for the group and kind: apps/v1beta1 is scaled."""
    reference = {"apiVersion": "apps/v1beta1", "kind": "Deployment", "name": "web"}
    made = scaled(scaleTargetRef=reference)
    made.cpu_m = 100
    made.run(20)
    assert made.world.events("SuccessfulRescale") != []


def test_two_hpas_on_the_same_pods_are_refused() -> None:
    """Neither scales; both say that they are ambiguous."""
    made = scaled()
    made.world.create(hpa("second"))
    made.cpu_m = 100
    made.run(20)
    assert made.world.get("Deployment", "web")["spec"]["replicas"] == 2
    assert len(made.world.events("AmbiguousSelector")) == 2


@pytest.mark.parametrize(("away_s", "inherits"), [(2.0, True), (20.0, False)])
def test_an_hpa_made_again_within_a_period_inherits_its_namesakes_memory(away_s: float, inherits: bool) -> None:
    """As upstream's, which remembers by name and looks at its next pass whether the HPA is there (1.35 to 1.37)."""
    made = scaled()
    made.run(20)
    made.world.store.apply(Delete("HorizontalPodAutoscaler", "default", "web"), made.world.now)
    made.run(away_s)
    made.world.create(hpa())
    made.run(1)
    (memory,) = made.world.loop.memories.values()
    assert (memory.state.recommendations != ()) is inherits


def test_a_settled_hpa_writes_nothing() -> None:
    """At the target, passes change no object."""
    made = scaled()
    made.run(40)
    before = made.world.store.version
    made.run(60)
    assert made.world.store.version == before


def test_above_the_maximum_is_corrected_without_metrics() -> None:
    """A Deployment that someone set above maxReplicas is brought back at the next pass."""
    made = scaled()
    made.cpu_m = None
    found = made.world.get("Deployment", "web")
    made.world.store.apply(Update({**found, "spec": {**found["spec"], "replicas": 20}}), made.world.now)
    made.run(16)
    assert made.world.get("Deployment", "web")["spec"]["replicas"] == 10


def test_an_hpa_that_cannot_be_read_does_not_stop_the_others() -> None:
    """It is tried again at its next pass; the one beside it scales."""
    made = scaled()
    broken = hpa("broken")
    made.world.create({**broken, "spec": {**broken["spec"], "scaleTargetRef": 3}})
    made.cpu_m = 100
    made.run(20)
    assert made.world.events("SuccessfulRescale") != []
    assert {memory.due > made.world.now for memory in made.world.loop.memories.values()} == {True}


def test_a_stateful_set_is_scaled_too() -> None:
    """Above the target it grows by the next names, to the HPA's limit; without load it shrinks from the last."""
    made = Scaled()
    made.world.create(stateful_set(replicas=2))
    made.world.run(10)
    reference = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db"}
    made.world.create(hpa(scaleTargetRef=reference, maxReplicas=3))
    made.cpu_m = 100
    made.run(60)
    assert names(made.world, app="db") == ["db-0", "db-1", "db-2"]
    assert made.world.get("HorizontalPodAutoscaler", "web")["status"]["desiredReplicas"] == 3
    made.cpu_m = 1
    made.run(120)
    assert names(made.world, app="db") == ["db-0", "db-1"]
