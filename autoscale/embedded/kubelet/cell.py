"""What is known of one container, and how it is told: shared by what runs it, pulls its image, probes and ends it."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace

from autoscale.embedded.kubelet import execution
from autoscale.embedded.kubelet.addressing import Keeper
from autoscale.embedded.kubelet.attachment import Attachment
from autoscale.embedded.kubelet.cgroups import Group
from autoscale.embedded.kubelet.execution import Execution
from autoscale.embedded.kubelet.invocation import execute
from autoscale.embedded.kubelet.node import Node
from autoscale.embedded.kubelet.probes import Outcome
from autoscale.embedded.kubelet.process import Command, Process
from autoscale.kube.kinds import Object
from autoscale.plane.podstatus import ContainerState


class Cell:
    """One container of a pod. ``pod`` gives the newest version of the pod object; ``told`` is called on every change.

    ``process`` is its present (or last) run, ``group`` its cgroup, None where it has none; ``stopping`` is set once the
    pod is to end. ``folder`` holds its logs, ``home`` in it is its scratch folder. ``command`` is what it runs, and
    ``keeper`` keeps the pod's addresses, None where pods have none of their own.
    """

    def __init__(
        self,
        node: Node,
        pod: Callable[[], Object],
        spec: Object,
        told: Callable[[], None],
        keeper: Keeper | None = None,
    ) -> None:
        self.node, self.pod, self.spec, self.keeper = node, pod, spec, keeper
        self.name: str = spec["name"]
        self.state = ContainerState(self.name)
        self.stopping = asyncio.Event()
        self.process: Process | None = None
        self.group: Group | None = None
        self.command: Command | None = None
        self.executions: set[Execution] = set()
        self.attachments: list[Attachment] = []
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

    def converse(self, argv: list[str], *, stdin: bool, terminal: bool) -> Execution:
        """Start a command beside the container's own that somebody talks to. OSError where it cannot be started."""
        assert self.command is not None
        assert self.process is not None
        view = self.process.pid if self.command.view is not None else None
        made = execution.execute(replace(self.command, view=view, argv=argv), stdin=stdin, terminal=terminal)
        self.executions = {one for one in self.executions if not one.process.ended} | {made}
        return made

    def attach(self, *, stdin: bool) -> Attachment:
        """Somebody comes to the present run, to type (``stdin``) or to listen alone."""
        assert self.process is not None
        made = Attachment(self.process, once=stdin and bool(self.spec.get("stdinOnce")))
        self.attachments = [one for one in self.attachments if not one.deaf] + [made]
        return made

    def say(self, data: bytes) -> None:
        """Tell whoever is attached what the container says; b"" with its end, after which nobody is."""
        for one in self.attachments:
            one.hear(data)
        if not data:
            self.attachments = []

    async def end_executions(self) -> None:
        """End what was started beside the container's own process; each keeps the exit code that it ended with."""
        for one in self.executions:
            one.process.kill()
            await one.process.wait()
        self.executions = set()

    async def execute(self, argv: list[str], limit_s: float) -> Outcome:
        """Run a command as the container runs: its environment, files, addresses and cgroup (probes and hooks)."""
        if self.command is None or self.process is None:
            return Outcome(False, "the container does not run")
        view = self.process.pid if self.command.view is not None else None
        return await execute(replace(self.command, view=view), argv, limit_s)
