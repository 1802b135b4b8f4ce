"""The control side of the model: samples in, replicas out, by the very rule and the very metrics pipeline.

``autoscale.hpa.decide`` decides, ``autoscale.plane.metrics`` makes the samples. Replaced are the Deployment, ReplicaSet
and scheduler (pods are made and ended in the same moment, the same pods are chosen to end) and the API between them.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from autoscale.hpa import Container, Decision, Observation, PodUsage, Scale, State, Status, decide, parse_spec
from autoscale.hpa import Pod as SeenPod
from autoscale.plane.metrics import Point, Scraped, rates, scrape
from autoscale.whatif.service import Setting

_CONTAINER = "app"
_SELECTOR = "modelled=true"


@dataclass
class Pod:
    """One modelled pod: its moments in seconds from the load's start (None: not yet), and its place in the traffic."""

    name: str
    created: float
    place: int
    ready_at: float | None = None
    deleted: float | None = None
    removed: float | None = None


@dataclass
class Autoscaler:
    """One HPA and what its controller remembers. Narrow on purpose: ``measure`` and ``sync`` are all there is.

    ``zero``: the load's start in seconds since the epoch, which is what the API dates by, in whole seconds, cut off.
    """

    setting: Setting
    fresh_s: float
    replicas: int
    zero: float = 0.0
    state: State = field(default_factory=State)
    status: Status = field(default_factory=Status)
    scraped: Scraped = field(default_factory=Scraped)

    def __post_init__(self) -> None:
        self.spec = parse_spec({"spec": dict(self.setting.hpa)}, self.setting.config)
        named = next((metric.container for metric in self.spec.metrics if metric.container), _CONTAINER)
        self.container = Container(named, {"cpu": self.setting.request_m})

    def measure(self, cpu_s: Iterable[tuple[Pod, float]], now: float) -> list[tuple[Pod, float, float]]:
        """A scrape of each pod's CPU in all so far; (pod, millicores, window) of those that have a rate."""
        pods = list(cpu_s)
        newest = {(pod.name, self.container.name): Point(now, pod.created, cpu) for pod, cpu in pods}
        self.scraped = scrape(self.scraped, newest, self.setting.metric_period_s, self.fresh_s)
        found = ((pod, rates(self.scraped, pod.name)) for pod, _ in pods)
        return [(pod, 1000 * rate.cpu, rate.window_s) for pod, usage in found if usage for rate in usage.values()]

    def sync(self, pods: Iterable[Pod], now: float) -> Decision:
        """One pass of the HPA controller over the pods that are there; sets ``replicas``."""
        present = list(pods)
        seen = tuple(self._seen(pod, now) for pod in present)
        usage = tuple(sample for pod in present if (sample := self._usage(pod)) is not None)
        scale = Scale(self.replicas, len(present), _SELECTOR)
        decision = decide(
            self.spec,
            self.setting.config,
            self.state,
            Observation(self.zero + now, scale, seen, usage, name="hpa", status=self.status),
        )
        self.state, self.status = decision.state, decision.status
        if decision.rescale and decision.desired is not None:
            self.replicas = decision.desired
        return decision

    def _seen(self, pod: Pod, now: float) -> SeenPod:
        ready = pod.ready_at is not None and pod.ready_at <= now
        changed = pod.ready_at if ready and pod.ready_at is not None else pod.created
        return SeenPod(
            name=pod.name,
            phase="Running",
            deleting=pod.deleted is not None,
            ready="True" if ready else "False",
            ready_changed=self._dated(changed),
            started=self._dated(pod.created),
            containers=(self.container,),
        )

    def _usage(self, pod: Pod) -> PodUsage | None:
        usage = rates(self.scraped, pod.name)
        if usage is None:
            return None
        rate = usage[self.container.name]
        milli = math.ceil(round(1000 * rate.cpu, 6))
        return PodUsage(pod.name, self._dated(rate.at), round(rate.window_s, 3), {self.container.name: {"cpu": milli}})

    def _dated(self, at: float) -> float:
        return float(math.floor(self.zero + at))


def doomed(pods: Iterable[Pod], surplus: int, now: float) -> list[Pod]:
    """Which pods a ReplicaSet ends (none without surplus): unready ones first, then those ready for the shortest time.

    As ``autoscale.plane.controllers.replicaset.deletion_rank``, whose ages count in powers of two of nanoseconds;
    ties, which upstream breaks by uid, are broken by name.
    """

    def rank(pod: Pod) -> tuple[bool, int, int, str]:
        ready = pod.ready_at is not None and pod.ready_at <= now
        return ready, _magnitude(pod.ready_at, now) if ready else 0, _magnitude(pod.created, now), pod.name

    return sorted((pod for pod in pods if pod.deleted is None), key=rank)[: max(0, surplus)]


def _magnitude(at: float | None, now: float) -> int:
    age_ns = (now - at) * 1e9 if at is not None else 0.0
    return int(math.log2(age_ns)) if age_ns >= 1 else -1
