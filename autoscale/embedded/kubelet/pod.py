"""One pod: its containers in order, its status, its end."""

import asyncio
import contextlib
import logging
import shutil

from autoscale.embedded.kubelet.addressing import Keeper
from autoscale.embedded.kubelet.container import ContainerWorker
from autoscale.embedded.kubelet.environment import ConfigError
from autoscale.embedded.kubelet.names import hosts_file
from autoscale.embedded.kubelet.node import Node
from autoscale.embedded.kubelet.volumes import write_volumes
from autoscale.kube.kinds import Object
from autoscale.plane.podstatus import ContainerState, Placement, pod_status
from autoscale.plane.store import Remove

OVERDUE = "Pod was active on the node longer than the specified deadline"
_RETRY_S = 2.0
_LOG = logging.getLogger(__name__)


class PodWorker:
    """Runs one pod; ``finished`` when no container will run again."""

    def __init__(self, node: Node, pod: Object) -> None:
        self.node = node
        self.pod = pod
        self.followed: Object | None = None
        """The version last given to ``update``. (``pod`` may be newer: ``tell`` reads it, and nothing follows.)"""
        self.uid: str = pod["metadata"]["uid"]
        self.place = Placement(node.take_address(self.uid), node.block.node_ip, node.now())
        self.keeper = None if node.no_addresses else Keeper(self.place.pod_ip, node.supervisor)
        node.folder(self.uid).mkdir(parents=True, exist_ok=True)
        self._hosts = ""
        self.know_names()
        policy = pod["spec"].get("restartPolicy", "Always")
        self.inits = [
            self._worker(c, "OnFailure" if policy == "Always" else policy)
            for c in pod["spec"].get("initContainers") or []
        ]
        self.containers = [self._worker(c, policy) for c in pod["spec"]["containers"]]
        self.ephemeral: list[ContainerWorker] = []
        self._debugging: set[asyncio.Task[None]] = set()
        self.finished = self._overdue = False
        self._ending: asyncio.Task[None] | None = None
        self._kill_after = 0.0
        if self.inits:
            for worker in self.containers:
                worker.state = ContainerState(worker.name, {"waiting": {"reason": "PodInitializing"}})
        self._running = asyncio.create_task(self._guarded())

    def _worker(self, spec: Object, policy: str) -> ContainerWorker:
        return ContainerWorker(
            node=self.node, pod=lambda: self.pod, spec=spec, policy=policy, told=self.tell, keeper=self.keeper
        )

    @property
    def workers(self) -> list[ContainerWorker]:
        """All containers, init containers first, those of ``kubectl debug`` last."""
        return [*self.inits, *self.containers, *self.ephemeral]

    def know_names(self) -> None:
        """Write down the names of Services and pods, where anything is new: in place, as it is shown in containers."""
        wanted = hosts_file(self.pod, self.place.pod_ip, self.node.objects, self.node.machine_hosts)
        if wanted != self._hosts:
            self._hosts = wanted
            (self.node.folder(self.uid) / "hosts").write_text(wanted)

    async def _guarded(self) -> None:
        """A pod that cannot be run at all says so, and does not end the node."""
        try:
            await self._run()
        except Exception as error:
            _LOG.exception("pod %s", self.pod["metadata"]["name"])
            self.node.emit(self.pod, "Warning", "FailedSync", f"error determining status: {error}")

    async def _run(self) -> None:
        self.tell()
        limit = self.pod["spec"].get("activeDeadlineSeconds")
        deadline = asyncio.create_task(self._deadline(limit)) if limit else None
        await self._mount()
        await self._run_containers()
        if deadline:
            deadline.cancel()
        await self._end_debugging()
        self.finished = True
        self.tell()
        self.node.free_address(self.uid)

    async def _mount(self) -> None:
        """Have all volumes; wait while a source of one is missing."""
        while not self.know_volumes() and not any(worker.stopping.is_set() for worker in self.workers):
            await self.workers[0].pause(_RETRY_S)

    def know_volumes(self) -> bool:
        """Bring the volumes up to date; False where they cannot be, which an event says."""
        try:
            write_volumes(self.pod, self.node.volumes(self.uid), self.node.objects, self.node.allocatable)
        except (ConfigError, OSError) as error:
            self.node.emit(self.pod, "Warning", "FailedMount", str(error))
            return False
        return True

    async def _run_containers(self) -> None:
        """The init containers one after the other, then the others side by side."""
        for init in self.inits:
            await init.run()
            ended = init.state.state.get("terminated")
            if init.stopping.is_set() or ended is None or ended["exitCode"] != 0:
                return
        await asyncio.gather(*(worker.run() for worker in self.containers))

    def _debug(self) -> None:
        """Begin the ephemeral containers that are new (``kubectl debug``): each runs once, and decides nothing."""
        wanted = self.pod["spec"].get("ephemeralContainers") or []
        for spec in wanted[len(self.ephemeral) :] if not self.finished else ():
            worker = self._worker(spec, "Never")
            self.ephemeral.append(worker)
            task = asyncio.create_task(worker.run())
            self._debugging.add(task)
            task.add_done_callback(self._debugging.discard)
            self.tell()

    async def _end_debugging(self) -> None:
        """They end with the pod."""
        await asyncio.gather(*(worker.stop(0.0) for worker in self.ephemeral))
        await asyncio.gather(*self._debugging, return_exceptions=True)

    async def _deadline(self, seconds: float) -> None:
        """End the pod when it has been active for so long since its start time, init containers included."""
        await asyncio.sleep(self.place.since + seconds - self.node.now())
        self._overdue = True
        self.node.emit(self.pod, "Normal", "DeadlineExceeded", OVERDUE)
        await asyncio.gather(*(worker.stop(self._grace()) for worker in self.workers))

    def update(self, pod: Object) -> None:
        """Take the newest version of the pod: new limits, or the order to end."""
        before, self.followed, self.pod = self.followed or pod, pod, pod
        specs = {c["name"]: c for c in [*(pod["spec"].get("initContainers") or []), *pod["spec"]["containers"]]}
        self._debug()
        for worker in (*self.inits, *self.containers):
            if worker.spec.get("resources") != specs[worker.name].get("resources"):
                worker.resize(specs[worker.name])
                self.tell()
        if pod["metadata"].get("deletionTimestamp"):
            asked = pod["metadata"].get("deletionGracePeriodSeconds")
            if self._ending is None:
                self._ending = asyncio.create_task(self.end(self._grace(), remove=True))
            elif asked is not None and asked < before["metadata"].get("deletionGracePeriodSeconds", asked):
                self._kill_after = asked
                asyncio.get_running_loop().call_later(asked, self._kill)

    def _kill(self) -> None:
        for worker in self.workers:
            if worker.process:
                worker.process.kill()

    def _grace(self) -> float:
        asked = self.pod["metadata"].get("deletionGracePeriodSeconds")
        return float(self.pod["spec"].get("terminationGracePeriodSeconds", 30) if asked is None else asked)

    async def end(self, grace_s: float, *, remove: bool) -> None:
        """End all containers within the grace; then say that the pod is gone, if asked to."""
        await asyncio.gather(*(worker.stop(grace_s) for worker in self.workers))
        with contextlib.suppress(asyncio.CancelledError):
            await self._running
        if remove:
            self._remove()

    def _remove(self) -> None:
        metadata = self.pod["metadata"]
        current = self.node.objects.get("Pod", metadata["namespace"], metadata["name"])
        if current and current["metadata"]["uid"] == self.uid and not current["metadata"].get("finalizers"):
            self.node.store.apply(Remove("Pod", metadata["namespace"], metadata["name"], self.uid), self.node.now())

    def tell(self) -> None:
        """Write the status as it now is."""
        metadata = self.pod["metadata"]
        current = self.node.objects.get("Pod", metadata["namespace"], metadata["name"])
        if current is None or current["metadata"]["uid"] != self.uid:
            return
        self.pod = current
        inits, containers = [w.state for w in self.inits], [w.state for w in self.containers]
        # As upstream, no pod is Failed while something of it may still run.
        failed = ("DeadlineExceeded", OVERDUE) if self._overdue and self.finished else None
        debugging = [w.state for w in self.ephemeral]
        status = pod_status(current, inits, containers, self.place, self.node.now(), failed, debugging)
        if status != current["status"]:
            self.node.write_status(current, status)
            self.pod = self.node.objects.get("Pod", metadata["namespace"], metadata["name"]) or self.pod

    def clean(self) -> None:
        """Remove what the pod left on the node: its logs and scratch folders, its address."""
        self.node.free_address(self.uid)
        shutil.rmtree(self.node.folder(self.uid), ignore_errors=True)
