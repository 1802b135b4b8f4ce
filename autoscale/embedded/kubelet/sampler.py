"""Feeds the metrics pipeline: samples containers and the node at their times, and scrapes."""

import asyncio
import os
import random
import time
from pathlib import Path

from autoscale.embedded.kubelet.container import ContainerWorker
from autoscale.embedded.kubelet.kubelet import Kubelet
from autoscale.plane.metrics import ContainerKey, Housekeeping, Point, Scraped, scrape

_LOOK_S = 1.0


class Sampler:
    """``scraped`` is what metrics-server would have now."""

    def __init__(self, kubelet: Kubelet) -> None:
        self.scraped = Scraped()
        self._kubelet = kubelet
        self._settings = kubelet.node.settings
        self._housekeeping = Housekeeping(self._settings.housekeeping_s)
        self._node: ContainerKey = (self._settings.node_name, "")
        self._now = kubelet.node.now
        self._booted = self._now() - time.clock_gettime(time.CLOCK_BOOTTIME)

    async def run(self) -> None:
        """Sample and scrape until cancelled."""
        # A metrics-server was there before its pods: the first scrape comes at any moment of its period. Counted from
        # here it would be equally old at an HPA's sync in every run, and a run repeated would hide what that costs.
        next_scrape = self._now() + random.uniform(0, self._settings.metric_resolution_s)
        while True:
            now, settings = self._now(), self._settings
            if settings.housekeeping_s:
                self._sample(now)
            if now >= next_scrape:
                newest = self._housekeeping.newest if settings.housekeeping_s else self._points()
                self.scraped = scrape(self.scraped, newest, settings.metric_resolution_s, settings.metric_fresh_s)
                next_scrape += settings.metric_resolution_s
            due = self._housekeeping.next_due() or next_scrape
            # New containers are found within a second, as the kubelet's watch of cgroups finds them.
            await asyncio.sleep(min(_LOOK_S, max(0.0, min(due, next_scrape) - self._now())))

    def _sample(self, now: float) -> None:
        running = {(pod.uid, worker.name): worker for pod, worker in self._kubelet.running()}
        starts = {key: worker.started_at for key, worker in running.items()} | {self._node: self._booted}
        for key in self._housekeeping.ready(starts, now):
            point = self._node_point() if key == self._node else _container_point(running[key])
            self._housekeeping.add(key, point, now)

    def _points(self) -> dict[ContainerKey, Point]:
        """Every container and the node as they are now."""
        found = {(pod.uid, worker.name): _container_point(worker) for pod, worker in self._kubelet.running()}
        return {key: point for key, point in found.items() if point} | {self._node: self._node_point()}

    def _node_point(self) -> Point:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        user, nice, system, _, _, irq, softirq, steal = map(int, fields[:8])
        busy = (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
        memory = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in _lines("/proc/meminfo")}
        return Point(self._now(), self._booted, busy, memory["MemTotal"] - memory["MemAvailable"])


def _container_point(worker: ContainerWorker) -> Point | None:
    usage = worker.usage()
    return Point(worker.node.now(), worker.started_at, usage.cpu_s, usage.memory_b) if usage else None


def _lines(path: str) -> list[str]:
    return [line for line in Path(path).read_text().splitlines() if line]
