"""The control side of what-if against the control plane it stands in for, second by second under one virtual clock."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pytest

from autoscale.base.times import parse_time
from autoscale.kube.conditions import is_ready
from autoscale.kube.kinds import Object
from autoscale.plane.metrics import Point, Scraped, pod_metrics, scrape
from autoscale.whatif.control import Autoscaler, Pod, doomed
from autoscale.whatif.service import Load, Setting
from tests.plane.test_plane_hpa import CONFIG, hpa
from tests.plane.world import START, World, deployment

SCRAPE_AT, PERIOD, FRESH_S, STARTS_S, ENDS_S = 7, 15, 10.0, 2.0, 1.0
SECONDS = 400
LOADS = {
    "a step": lambda t: 80 if t < 60 or t > 200 else 900,
    "a wave": lambda t: 300 + 250 * math.sin(t / 25),
    "a saw": lambda t: 100 + 8 * (t % 90),
}


class Plane:
    """Store, Deployment, ReplicaSet, scheduler and HPA controller; ``used`` is each pod's CPU so far."""

    def __init__(self, spec: Object) -> None:
        self.world = World(cpu="100", start_s=STARTS_S, end_s=ENDS_S)
        self.used: Counter[str] = Counter()
        self.scraped = Scraped()
        self.world.loop = replace(self.world.loop, config=CONFIG, pod_metrics=self._metrics)
        self.world.create(deployment())
        self.world.create({**hpa(), "spec": spec})

    def _metrics(self) -> list[Object]:
        return pod_metrics(self.scraped, self.world.all("Pod"))

    def second(self, now: int, millicores: float) -> int:
        """Let a second pass; the size asked for."""
        self.world.now = START + now
        if now % PERIOD == SCRAPE_AT:
            points = {
                (pod["metadata"]["uid"], "web"): Point(
                    self.world.now, parse_time(pod["metadata"]["creationTimestamp"]), self.used[pod["metadata"]["uid"]]
                )
                for pod in self.world.all("Pod")
            }
            self.scraped = scrape(self.scraped, points, PERIOD, FRESH_S)
        self.world.settle()
        pods = [p for p in self.world.all("Pod") if is_ready(p) and not p["metadata"].get("deletionTimestamp")]
        for pod in pods:
            self.used[pod["metadata"]["uid"]] += millicores / 1000 / len(pods)
        return int(self.world.get("Deployment", "web")["spec"]["replicas"])


class Modelled:
    """What-if's own: the autoscaler, and pods that are made and ended at once."""

    def __init__(self, spec: Object) -> None:
        load = Load(((0.0, 1.0), (1.0, 1.0)), (), "uniform", 1, 1, 0.0, 1)
        self.hpa = Autoscaler(Setting("x", spec, CONFIG, 100, None, PERIOD, load), FRESH_S, 2, START)
        self.pods = [Pod(f"p{n}", 0.0, n, STARTS_S) for n in range(2)]
        self.used: Counter[str] = Counter()

    def second(self, now: int, millicores: float) -> int:
        """Let a second pass; the size asked for."""
        self.pods = [pod for pod in self.pods if pod.deleted is None or now < pod.deleted + ENDS_S]
        if now % PERIOD == SCRAPE_AT:
            self.hpa.measure([(pod, self.used[pod.name]) for pod in self.pods], now)
        if now and now % PERIOD == 0:
            self.hpa.sync(self.pods, now)
            self._scale(now)
        serving = [pod for pod in self._active() if pod.ready_at is not None and pod.ready_at <= now]
        for pod in serving:
            self.used[pod.name] += millicores / 1000 / len(serving)
        return self.hpa.replicas

    def _active(self) -> list[Pod]:
        return [pod for pod in self.pods if pod.deleted is None]

    def _scale(self, now: int) -> None:
        active = self._active()
        made: Iterable[int] = range(self.hpa.replicas - len(active))
        self.pods += [Pod(f"p{now}-{n}", now, 0, now + STARTS_S) for n in made]
        for pod in doomed(active, len(active) - self.hpa.replicas, now):
            pod.deleted = now


@pytest.mark.parametrize("load", sorted(LOADS))
@pytest.mark.parametrize(
    "behavior", [None, {"scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 30}]}}]
)
def test_the_model_scales_as_the_control_plane(load: str, behavior: Object | None) -> None:
    """Under the same CPU, the size asked for is the same in every second, and it does change."""
    spec = hpa()["spec"] | ({"behavior": behavior} if behavior else {})
    plane, model = Plane(spec), Modelled(spec)
    sizes = [(plane.second(t, LOADS[load](t)), model.second(t, LOADS[load](t))) for t in range(SECONDS)]
    assert [(t, a, b) for t, (a, b) in enumerate(sizes) if a != b] == []
    assert len({a for a, _ in sizes}) > 2
