"""The metrics pipeline, as the kubelet's cAdvisor and metrics-server have it.

A scrape every ``metric_resolution_s`` asks for each container's cumulative CPU. Where the container runtime keeps the
statistics (containerd), they are read at that moment: every value is as wide as the period, and all pods share one
timestamp, as seen on a real 1.35. Where cAdvisor keeps them, housekeeping samples each container at once and then every
``housekeeping_s`` times 1..2 (uniform), the scrape takes its newest sample, and a value is 10 to 40 s wide. Of every
container the last two distinct samples are kept, and the usage is their difference; its window says how wide it is.
Source: cAdvisor manager/container.go; metrics-server pkg/storage/pod.go and types.go. Not modelled: cAdvisor looks
half as often at a container whose statistics have not changed at all.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from autoscale.base.times import format_time
from autoscale.kube.kinds import Object

ContainerKey = tuple[str, str]
"""(pod uid, container name)"""


@dataclass(frozen=True)
class Point:
    """Cumulative CPU in seconds and memory in bytes of one run of a container (begun at ``start``), at ``at``."""

    at: float
    start: float
    cpu_s: float
    memory_b: int | None = None


@dataclass
class Housekeeping:
    """When each container is sampled next; a restarted one is sampled at once."""

    base_s: float
    source: random.Random = field(default_factory=random.Random)
    due: dict[ContainerKey, float] = field(default_factory=dict)
    starts: dict[ContainerKey, float] = field(default_factory=dict)
    newest: dict[ContainerKey, Point] = field(default_factory=dict)

    def ready(self, running: Mapping[ContainerKey, float], now: float) -> list[ContainerKey]:
        """The containers to sample now; ``running`` gives each one's start time. Others are forgotten."""
        for key in set(self.due) - set(running):
            del self.due[key], self.starts[key]
            self.newest.pop(key, None)
        for key, start in running.items():
            if self.starts.get(key) != start:
                self.starts[key], self.due[key] = start, now
        return [key for key, at in self.due.items() if at <= now]

    def add(self, key: ContainerKey, point: Point | None, now: float) -> None:
        """Take a sample (None where it could not be made) and set the time of the next."""
        if point:
            self.newest[key] = point
        self.due[key] = now + self.base_s * (1 + self.source.random())

    def next_due(self) -> float | None:
        """When the next sample is due, None where nothing runs."""
        return min(self.due.values(), default=None)


Points = dict[str, dict[str, Point]]
"""{pod uid: {container: point}}"""


@dataclass(frozen=True)
class Scraped:
    """What metrics-server keeps: of every container the last point and the one before."""

    last: Points = field(default_factory=dict)
    previous: Points = field(default_factory=dict)


def scrape(kept: Scraped, newest: Mapping[ContainerKey, Point], resolution_s: float, fresh_s: float) -> Scraped:
    """The next state after one scrape. What no longer runs is forgotten; no new point changes nothing.

    A container that is older than ``fresh_s`` but younger than ``resolution_s`` counts from its start with no CPU.
    """
    last: Points = {}
    previous: Points = {}
    for (uid, container), point in newest.items():
        last.setdefault(uid, {})[container] = point
        before = _before(kept, uid, container, point, resolution_s, fresh_s)
        if before:
            previous.setdefault(uid, {})[container] = before
    return Scraped(last, previous)


def _before(kept: Scraped, uid: str, container: str, point: Point, resolution_s: float, fresh_s: float) -> Point | None:
    if fresh_s <= point.at - point.start < resolution_s:
        return Point(point.start, point.start, 0.0, point.memory_b)
    known = kept.last.get(uid, {}).get(container)
    if known is None or point.start >= known.at:
        return None
    if point.at > known.at:
        return known
    earlier = kept.previous.get(uid, {}).get(container)
    return earlier if earlier and earlier.at < point.at else None


@dataclass(frozen=True)
class Rate:
    """CPU in cores over ``window_s`` before ``at``; memory in bytes."""

    at: float
    window_s: float
    cpu: float
    memory_b: int


def rates(kept: Scraped, uid: str) -> dict[str, Rate] | None:
    """The usage of each container of a pod; None while any of them lacks a second point."""
    last, previous = kept.last.get(uid), kept.previous.get(uid, {})
    if not last or set(last) - set(previous):
        return None
    return {name: _rate(previous[name], point) for name, point in last.items()}


def _rate(first: Point, second: Point) -> Rate:
    window = second.at - first.at
    cpu = max(0.0, second.cpu_s - first.cpu_s) / window
    return Rate(second.at, window, cpu, second.memory_b or 0)


def pod_metrics(kept: Scraped, pods: Iterable[Object]) -> list[Object]:
    """The PodMetrics of the pods that have usage; timestamp and window are those of its oldest container."""
    found = ((pod, rates(kept, pod["metadata"]["uid"])) for pod in pods)
    return [_pod_metrics(pod, usage) for pod, usage in found if usage]


def _pod_metrics(pod: Object, usage: Mapping[str, Rate]) -> Object:
    oldest = min(usage.values(), key=lambda rate: rate.at)
    metadata = pod["metadata"]
    labels = {"labels": metadata["labels"]} if metadata.get("labels") else {}
    return {
        "kind": "PodMetrics",
        "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "creationTimestamp": format_time(oldest.at),
            **labels,
        },
        **_when(oldest),
        "containers": [{"name": name, "usage": _quantities(rate)} for name, rate in usage.items()],
    }


def node_metrics(kept: Scraped, node: str) -> list[Object]:
    """The NodeMetrics of the node, whose points are kept under its name; nothing before the second one."""
    usage = rates(kept, node)
    if not usage:
        return []
    rate = usage[""]
    metadata = {"name": node, "creationTimestamp": format_time(rate.at)}
    kind = {"kind": "NodeMetrics", "apiVersion": "metrics.k8s.io/v1beta1"}
    return [{**kind, "metadata": metadata, **_when(rate), "usage": _quantities(rate)}]


def _when(rate: Rate) -> Object:
    return {"timestamp": format_time(rate.at), "window": f"{round(rate.window_s, 3):g}s"}


def _quantities(rate: Rate) -> Object:
    return {"cpu": f"{round(rate.cpu * 1e9)}n", "memory": f"{rate.memory_b // 1024}Ki"}
