"""Everything of the cluster that is not its API: controllers, scheduler, kubelet, metrics and service proxy.

``plane.loop`` decides, called on change and on time; the kubelet, the metrics sampler and the proxy do the I/O.
"""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from pathlib import Path

from autoscale.base.steady import SteadyClock
from autoscale.embedded.addresses import Block, claim_block
from autoscale.embedded.kubelet import cgroups, orphans, reaper, syscalls, view
from autoscale.embedded.kubelet.attachment import Attachment
from autoscale.embedded.kubelet.execution import Execution
from autoscale.embedded.kubelet.kubelet import Kubelet
from autoscale.embedded.kubelet.limiter import LimiterHandle
from autoscale.embedded.kubelet.logs import Selection
from autoscale.embedded.kubelet.node import Node, node_object
from autoscale.embedded.kubelet.process import adopt_orphans
from autoscale.embedded.kubelet.sampler import Sampler
from autoscale.embedded.prometheus import Prometheus
from autoscale.embedded.proxy.control import ProxyHandle, service_table
from autoscale.embedded.settings import Settings
from autoscale.hpa.config import Config
from autoscale.kube.kinds import Object
from autoscale.kube.quantities import milli
from autoscale.kube.statuses import StatusError
from autoscale.plane import metrics
from autoscale.plane.adapter.answers import Answers
from autoscale.plane.controllers import hpa, nodepool
from autoscale.plane.loop import CONTROLLERS, Controller, Loop
from autoscale.plane.store import Create, Store

_TICK_S = 1.0
_QUIET = {"Event", "Lease", "Node"}
"""Kinds whose changes alone need no pass."""
_SET_SO = "the cluster's settings say so"
_LOG = logging.getLogger(__name__)


class ControlPlane:
    """Drives the cluster held in ``store``; pods' logs and scratch folders lie in ``state_dir``."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        state_dir: Path,
        block: Block | None = None,
        now: Callable[[], float] | None = None,
    ) -> None:
        """``block``: the addresses of this cluster; without one, ``run`` claims one. ``now``: its clock, in seconds
        since the epoch: by default one that nobody sets."""
        self.now = now or SteadyClock()
        self.store = store
        self.settings = settings
        self.state_dir = state_dir
        self.block = block
        self._kubelet: Kubelet | None = None
        self._proxy: ProxyHandle | None = None
        self._sampler: Sampler | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._prometheus = Prometheus(store.objects, settings.metric_resolution_s, self.now)
        self._loop = Loop(
            store=store,
            config=config_of(settings),
            kubelet=self._follow,
            pod_metrics=self.pod_metrics,
            answers=self._prometheus.answers,
        )
        if settings.nodes_max > 1:
            self._loop.controllers = (*CONTROLLERS, self._node_pool())

    async def run(self) -> None:
        """Drive the cluster until cancelled."""
        self.start()
        await asyncio.gather(*self._tasks)

    def start(self) -> None:
        """Start the helpers and the loops. OSError or ClusterError where that cannot be."""
        adopt_orphans()
        self.block = self.block or claim_block()
        orphans.end_orphans(self.block.octet)
        cluster = f"{self.block.octet}-{secrets.token_hex(8)}"
        node = self._node(cluster)
        self._kubelet = Kubelet(node)
        self._proxy = ProxyHandle(cluster, self.settings.endpoint_delay_s)
        self._sampler = Sampler(self._kubelet)
        self.store.apply(Create(node_object(self.settings, self.block, self.now())), self.now())
        runs = (self._reconcile(), self._sampler.run(), self._prometheus.run())
        self._tasks = [asyncio.create_task(run) for run in runs]

    def _node_pool(self) -> Controller:
        """The node autoscaler over nodes like the first."""
        settings = self.settings

        def node(name: str, now: float) -> Object:
            assert self.block is not None
            return node_object(settings, self.block, now, name)

        pool = nodepool.Pool(
            name=settings.node_name,
            most=settings.nodes_max,
            start_s=settings.node_start_s,
            idle_s=settings.node_idle_s,
            node=node,
        )
        return Controller(
            lambda objects, now: nodepool.step(objects, now, pool),
            ("Pod", "Node"),
            lambda objects, now: nodepool.next_due(objects, now, pool),
        )

    def _node(self, cluster: str) -> Node:
        groups = None
        if self.settings.use_cgroups:
            with contextlib.suppress(OSError):
                groups = cgroups.claim(f"{orphans.PREFIX}{cluster}", cpu_cores(self.settings) * self.settings.nodes_max)
        if groups and not cgroups.usable(groups):
            groups.remove()
            groups = None
        limiter = None if groups else LimiterHandle()
        watcher = reaper.start(cluster, groups.folders if groups else ())
        assert self.block is not None
        return Node(
            store=self.store,
            settings=self.settings,
            block=self.block,
            state_dir=self.state_dir,
            cluster=cluster,
            clock=self.now,
            cgroups=groups,
            limiter=limiter,
            reaper=watcher,
            no_files=view.why_refused() if self.settings.own_files else _SET_SO,
            no_addresses=view.tried(syscalls.try_out) if self.settings.own_addresses else _SET_SO,
        )

    async def stop(self) -> None:
        """End every process that the cluster started; returns when none is left."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._kubelet is None:
            return
        node = self._kubelet.node
        await self._kubelet.stop()
        if self._proxy:
            self._proxy.stop()
        node.supervisor.stop()
        if node.limiter:
            node.limiter.stop()
        if node.cgroups:
            node.cgroups.remove()
        if node.reaper.stdin:
            node.reaper.stdin.close()
        while node.reaper.poll() is None:
            await asyncio.sleep(0.02)
        self._kubelet = None

    async def _reconcile(self) -> None:
        """Run the loop on change, when it is due, and every second for what is quiet and for the helpers."""
        assert self._kubelet is not None
        assert self._proxy is not None
        while True:
            begun = time.monotonic()
            self._loop.run(self.now())
            # Where thousands of objects make a pass long, changes come faster than passes: then half of the time is
            # theirs, and one pass sees many of them.
            await asyncio.sleep(min(_TICK_S, time.monotonic() - begun))
            self._proxy.follow(service_table(self.store.objects))
            self._proxy.check()
            self._kubelet.check_limiter()
            self._kubelet.node.check_reaper()
            await self._until_due(time.monotonic() + self._pause())

    async def _until_due(self, deadline: float) -> None:
        """Wait for a change or the deadline; whatever else there is to do gets its turn in any case."""
        seen = self.store.version
        while not self._changed(seen):
            seen, left = self.store.version, deadline - time.monotonic()
            await self.store.wait_change(seen, max(0.0, left))
            if left <= 0:
                return

    def _pause(self) -> float:
        due = self._loop.next_due()
        return _TICK_S if due is None else min(_TICK_S, max(0.0, due - self.now()))

    def _follow(self, now: float) -> None:  # noqa: ARG002
        """The kubelet has a clock of its own."""
        assert self._kubelet is not None
        self._kubelet.sync()

    def _changed(self, since: int) -> bool:
        """Something other than events has changed."""
        try:
            return any(change.key[0] not in _QUIET for change in self.store.changes(since))
        except StatusError:
            return True

    def logs(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        follow: bool = False,
        tail: int | None = None,
        since: float | None = None,
        timestamps: bool = False,
        previous: bool = False,
    ) -> AsyncIterator[bytes]:
        """A container's log in chunks of whole lines. ``since`` is seconds since the epoch.

        Raises StatusError where there is no such pod or container, or none that ran before (``previous``).
        """
        if self._kubelet is None:
            raise StatusError(503, "ServiceUnavailable", "the kubelet does not run")
        selection = Selection(follow, tail, since, timestamps)
        return self._kubelet.logs(namespace, pod, container, selection, previous=previous)

    def execute(
        self, namespace: str, pod: str, container: str, argv: list[str], *, stdin: bool, terminal: bool
    ) -> Execution:
        """Start a command in a running container. Raises StatusError as the API server does."""
        if self._kubelet is None:
            raise StatusError(503, "ServiceUnavailable", "the kubelet does not run")
        return self._kubelet.execute(namespace, pod, container, argv, stdin=stdin, terminal=terminal)

    def attach(self, namespace: str, pod: str, container: str, *, stdin: bool) -> Attachment:
        """Come to a running container. Raises StatusError as the API server does."""
        if self._kubelet is None:
            raise StatusError(503, "ServiceUnavailable", "the kubelet does not run")
        return self._kubelet.attach(namespace, pod, container, stdin=stdin)

    def pod_metrics(self) -> list[Object]:
        """The metrics.k8s.io/v1beta1 PodMetrics of all pods that have two points."""
        return metrics.pod_metrics(self._sampler.scraped, self.store.objects.list("Pod")) if self._sampler else []

    def node_metrics(self) -> list[Object]:
        """The metrics.k8s.io/v1beta1 NodeMetrics of the node, or nothing yet."""
        return metrics.node_metrics(self._sampler.scraped, self.settings.node_name) if self._sampler else []

    def answers(self) -> Answers:
        """What custom.metrics.k8s.io and external.metrics.k8s.io answer now."""
        return self._prometheus.answers(self.now())


def cpu_cores(settings: Settings) -> float:
    """The node's CPU in cores."""
    return milli(settings.cpu()) / 1000


def config_of(settings: Settings) -> Config:
    """The controller's flags from the cluster's settings."""
    return Config(**asdict(settings.hpa_flags()), release=hpa.RELEASE)
