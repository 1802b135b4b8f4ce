"""What is known of one container, and how it is told: shared by what runs it, pulls its image, probes and ends it."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from autoscale.embedded.kubelet.cgroups import Group
from autoscale.embedded.kubelet.invocation import execute
from autoscale.embedded.kubelet.node import Node
from autoscale.embedded.kubelet.probes import Outcome
from autoscale.embedded.kubelet.process import Process
from autoscale.kube.kinds import Object
from autoscale.plane.podstatus import ContainerState


class Cell:
    """One container of a pod. ``pod`` gives the newest version of the pod object; ``told`` is called on every change.

    ``process`` is its present (or last) run, ``group`` its cgroup, None where it has none; ``stopping`` is set once the
    pod is to end. ``folder`` holds its logs, ``home`` in it is its scratch folder.
    """

    def __init__(self, node: Node, pod: Callable[[], Object], spec: Object, told: Callable[[], None]) -> None:
        self.node, self.pod, self.spec = node, pod, spec
        self.name: str = spec["name"]
        self.state = ContainerState(self.name)
        self.stopping = asyncio.Event()
        self.process: Process | None = None
        self.group: Group | None = None
        self.environment: Mapping[str, str] = {}
        self.folder = node.folder(pod()["metadata"]["uid"]) / self.name
        self.home = self.folder / "home"
        self._told = told

    @property
    def join(self) -> tuple[str, ...]:
        """What brings a process into the container's cgroup."""
        return self.group.join if self.group else ()

    def set(self, **changes: object) -> None:
        """Change the state and tell the pod, where anything is new."""
        new = replace(self.state, **changes)  # type: ignore[arg-type]
        if new != self.state:
            self.state = new
            self._told()

    def emit(self, kind: str, reason: str, message: str) -> None:
        """An event about this container."""
        self.node.emit(self.pod(), kind, reason, message, self.name)

    async def pause(self, seconds: float) -> None:
        """Wait, but not beyond the order to stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)

    async def execute(self, argv: list[str], limit_s: float) -> Outcome:
        """Run a command in the container's environment and cgroup (probes and hooks)."""
        return await execute(argv, self.environment, str(self.home), self.join, limit_s)
