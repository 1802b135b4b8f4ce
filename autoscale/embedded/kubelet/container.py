"""One container of a pod: pulled, started, watched, restarted after a back-off, ended in good order."""

import asyncio
import contextlib
import hashlib
import os
import signal
from collections.abc import Callable
from dataclasses import replace

from autoscale.embedded.images.known import find_image
from autoscale.embedded.kubelet import prober
from autoscale.embedded.kubelet.addressing import Keeper
from autoscale.embedded.kubelet.cell import Cell
from autoscale.embedded.kubelet.cgroups import Usage
from autoscale.embedded.kubelet.environment import ConfigError
from autoscale.embedded.kubelet.hooks import pre_stop
from autoscale.embedded.kubelet.invocation import (
    START_ERRORS,
    Surroundings,
    command_of,
    go_duration,
    limits_of,
    why_not_started,
)
from autoscale.embedded.kubelet.logs import ContainerLog, drain
from autoscale.embedded.kubelet.node import Node
from autoscale.embedded.kubelet.process import Command, Process, spawn
from autoscale.embedded.kubelet.procfs import session_cpu_s, session_memory_b
from autoscale.embedded.kubelet.pulling import Backoff, pull
from autoscale.embedded.settings import Image
from autoscale.kube.kinds import Object
from autoscale.kube.quantities import milli
from autoscale.plane.podstatus import running, terminated, waiting

START_ERROR = 128
_IN_USE = (b"address already in use", b"eaddrinuse")
"""What programs say of an address that another has, in small letters."""
_SHARED = (
    "Container {name} found its address in use: pods share this machine's addresses here ({why}), so two cannot bind "
    "the same port of 0.0.0.0 or localhost. Let it bind $(POD_IP), a variable from fieldRef status.podIP."
)
_RETRY_S = 2.0
_LEAST_GRACE_S = 2.0
_LONG_RUN_S = 600.0


class ContainerWorker(Cell):
    """Runs one container until it ends for good; ``policy`` is the restart policy."""

    def __init__(
        self,
        node: Node,
        pod: Callable[[], Object],
        spec: Object,
        policy: str,
        told: Callable[[], None],
        keeper: Keeper | None = None,
    ) -> None:
        super().__init__(node, pod, spec, told, keeper)
        self.policy = policy
        self.log: ContainerLog | None = None
        self.previous: ContainerLog | None = None
        self.started_at = 0.0
        self._ending: asyncio.Task[None] | None = None
        self._ooms = 0
        self._cpu_s = self._cpu_base_s = 0.0
        self._group_name = f"{pod()['metadata']['uid']}-{self.name}"

    async def run(self) -> None:
        """Start and restart until the restart policy says no more, or the pod is to end."""
        settings = self.node.settings
        backoff = Backoff(settings.restart_backoff_s, settings.restart_backoff_max_s)
        try:
            while (image := await pull(self)) is not None:
                code = await self._once(image)
                if self.stopping.is_set() or self.policy == "Never" or (self.policy == "OnFailure" and code == 0):
                    break
                if self.node.now() - self.started_at > _LONG_RUN_S:
                    backoff.reset()
                if not await self._wait_to_restart(backoff):
                    break
        finally:
            if self.group:
                await self.group.end()
            self.set(final=True, ready=False)

    async def _once(self, image: Image) -> int | None:
        """One run of the container; its exit code, or None where it was told to stop before it began."""
        command = await self._configured(image)
        if command is None:
            return None
        self.started_at = self.node.now()
        identity = f"processes://{hashlib.sha256(os.urandom(16)).hexdigest()}"
        before = self.group.usage() if self.group else None
        self._cpu_base_s, self._cpu_s = before.cpu_s if before else 0.0, 0.0
        self._ooms = self.group.oom_kills() if self.group else 0
        try:
            self.previous, self.log = self.log, self._new_log()
            self.process = spawn(command, stdin=bool(self.spec.get("stdin")), terminal=bool(self.spec.get("tty")))
        except START_ERRORS as error:
            return self._not_started(command, error, identity)
        self._begin(identity)
        code = await self._watched(self.process)
        self._end(code, identity)
        return code

    def _new_log(self) -> ContainerLog:
        settings = self.node.settings
        return ContainerLog(self.folder / f"{self.state.restarts}.log", settings.log_max_bytes, settings.log_max_files)

    async def _configured(self, image: Image) -> Command | None:
        """The command with its environment; waits while a source of it is missing."""
        while not self.stopping.is_set():
            try:
                return self._command(image)
            except (ConfigError, OSError) as error:
                self.set(state=waiting("CreateContainerConfigError", str(error)))
                self.emit("Warning", "Failed", f"Error: {error}")
                await self.pause(_RETRY_S)
        return None

    def _command(self, image: Image) -> Command:
        self.home.mkdir(parents=True, exist_ok=True)
        if self.node.cgroups and self.group is None:
            with contextlib.suppress(OSError):
                self.group = self.node.cgroups.group(self._group_name, limits_of(self.spec, image))
        around = Surroundings(
            home=self.home,
            files=self.folder / "files",
            stage=self.folder / "stage",
            hosts=self.folder.parent / "hosts",
            volumes=self.node.volumes(self.pod()["metadata"]["uid"]),
            join=self.join,
        )
        made = command_of(self.node, self.pod(), self.spec, image, around)
        # What measures connects all the time, and binds where it is told to: it is left alone.
        if self.keeper and not image.priority:
            made = replace(made, keep=self.keeper.keep)
        self.command = made
        return made

    def resize(self, spec: Object) -> None:
        """Take new limits while running (in-place resize)."""
        self.spec = spec
        image = find_image(spec["image"], self.node.settings)
        if image and self.group:
            self.group.limit(limits_of(spec, image))
        self._limit_without_cgroup()

    def _limit_without_cgroup(self) -> None:
        limit = ((self.spec.get("resources") or {}).get("limits") or {}).get("cpu")
        if self.node.limiter and self.process and not self.process.ended and self.group is None:
            self.node.limiter.limit(self.process.pid, milli(limit) if limit else 0)

    def _begin(self, identity: str) -> None:
        assert self.process is not None
        self.node.tell_reaper("+", self.process.pid)
        self._limit_without_cgroup()
        self.emit("Normal", "Created", "Container created")
        self.emit("Normal", "Started", "Container started")
        started = "startupProbe" not in self.spec
        ready = started and "readinessProbe" not in self.spec
        self.set(state=running(self.started_at), container_id=identity, started=started, ready=ready)

    async def _watched(self, process: Process) -> int:
        """Carry its output to the log and probe it until it has ended."""
        loop, log = asyncio.get_running_loop(), self.log
        assert log is not None

        def carry() -> None:
            data, over = drain(process.output)
            if data:
                log.write(data, self.node.now())
                self.say(data)
                if log.lost == 1:
                    self.emit("Warning", "FailedLog", f"Lines of container {self.name}'s log are lost: cannot write")
            if over:
                loop.remove_reader(process.output)

        loop.add_reader(process.output, carry)
        probing = asyncio.create_task(prober.watch(self, self._end_soon))
        try:
            code = await process.wait()
            await self.end_executions()
            if self.group:
                await self.group.empty()
            return code
        finally:
            probing.cancel()
            loop.remove_reader(process.output)
            while (left := drain(process.output))[0]:
                log.write(left[0], self.node.now())
                self.say(left[0])
            log.close(self.node.now())
            self.say(b"")
            os.close(process.output)
            process.input.close()
            await asyncio.gather(probing, return_exceptions=True)

    def _end(self, code: int, identity: str) -> None:
        assert self.process is not None
        self.node.tell_reaper("-", self.process.pid)
        if self.node.limiter and self.group is None:
            self.node.limiter.limit(self.process.pid, 0)
        ooms = self.group.oom_kills() if self.group else 0
        reason = "OOMKilled" if code == 128 + signal.SIGKILL and ooms > self._ooms else "Error" if code else "Completed"
        ended = terminated(code, reason, self.started_at, self.node.now(), identity)
        self.set(state=ended, ready=False, started=False)
        if code and self.node.no_addresses and self.log and self.log.says_last(_IN_USE):
            self.emit("Warning", "AddressInUse", _SHARED.format(name=self.name, why=self.node.no_addresses))

    def _not_started(self, command: Command, error: Exception, identity: str) -> int:
        why, now = why_not_started(command, error), self.node.now()
        self.emit("Warning", "Failed", f"Error: failed to start container {self.name!r}: {why}")
        if self.log:
            self.log.close(now)
        self.set(state=terminated(START_ERROR, "StartError", now, now, identity, why), container_id=identity)
        return START_ERROR

    async def _wait_to_restart(self, backoff: Backoff) -> bool:
        """Wait as long as the back-off says; False where the pod is to end instead."""
        delay = backoff.next()
        last = self.state.state
        if delay:
            where = f"container={self.name} pod={self._pod_name()}"
            text = f"back-off {go_duration(delay)} restarting failed {where}"
            self.set(state=waiting("CrashLoopBackOff", text), last=last, started=False)
            self.emit(
                "Warning", "BackOff", f"Back-off restarting failed container {self.name} in pod {self._pod_name()}"
            )
            await self.pause(delay)
        if self.stopping.is_set():
            return False
        self.set(last=last, restarts=self.state.restarts + 1)
        self._prune_logs()
        return True

    def _pod_name(self) -> str:
        metadata = self.pod()["metadata"]
        return f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"

    def _prune_logs(self) -> None:
        """Only the logs of this run and the one before are kept."""
        for path in self.folder.glob("*.log*"):
            if int(path.name.split(".")[0]) < self.state.restarts - 1:
                path.unlink()

    async def stop(self, grace_s: float) -> None:
        """The pod is to end: preStop, SIGTERM, and SIGKILL when the grace is over. Returns when it has been told."""
        self.stopping.set()
        if self.process and not self.process.ended:
            self.emit("Normal", "Killing", f"Stopping container {self.name}")
            await self._end_process(grace_s)

    def _end_soon(self, grace_s: float) -> None:
        """End the present run in a task of its own: who asks for it (a probe) ends with the run."""
        self._ending = asyncio.create_task(self._end_process(grace_s))

    async def _end_process(self, grace_s: float) -> None:
        """End the present run within its grace; the preStop hook's time counts, but 2 s are left for SIGTERM."""
        process = self.process
        if process is None:
            return
        clock = asyncio.get_running_loop().time
        deadline = clock() + grace_s
        hook = (self.spec.get("lifecycle") or {}).get("preStop")
        if hook and grace_s > 0:
            await pre_stop(self, hook, grace_s)
        process.signal(signal.SIGTERM)
        left = max(deadline - clock(), min(_LEAST_GRACE_S, grace_s))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), left)
        process.kill()
        await process.wait()

    def usage(self) -> Usage | None:
        """CPU and memory used by the present run; None while none runs."""
        if self.process is None or self.process.ended:
            return None
        if self.group:
            found = self.group.usage()
            return replace(found, cpu_s=found.cpu_s - self._cpu_base_s) if found else None
        self._cpu_s = max(self._cpu_s, session_cpu_s(self.process.pid))
        return Usage(self._cpu_s, session_memory_b(self.process.pid))
