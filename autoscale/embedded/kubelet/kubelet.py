"""The kubelet: follows the pods of its node and gives each a worker."""

import asyncio
from collections.abc import AsyncIterator

from autoscale.embedded.kubelet import names, volumes
from autoscale.embedded.kubelet.attachment import Attachment
from autoscale.embedded.kubelet.container import ContainerWorker
from autoscale.embedded.kubelet.execution import Execution
from autoscale.embedded.kubelet.invocation import START_ERRORS
from autoscale.embedded.kubelet.limiter import LimiterHandle
from autoscale.embedded.kubelet.logs import ContainerLog, Selection
from autoscale.embedded.kubelet.node import Node
from autoscale.embedded.kubelet.pod import PodWorker
from autoscale.kube.conditions import is_finished
from autoscale.kube.statuses import StatusError, bad_request, not_found

_FORCED_GRACE_S = 1.0


class Kubelet:
    """All pods of the node."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.pods: dict[str, PodWorker] = {}
        self._named = self._filled = 0
        self._leaving: set[asyncio.Task[None]] = set()

    def sync(self) -> None:
        """Bring the workers in line with the pods that the node has been given."""
        nodes = {node["metadata"]["name"] for node in self.node.objects.list("Node")}  # one kubelet stands in for all
        wanted = {p["metadata"]["uid"]: p for p in self.node.objects.list("Pod") if p["spec"].get("nodeName") in nodes}
        for uid, pod in wanted.items():
            worker = self.pods.get(uid)
            if worker is None:
                if is_finished(pod):
                    continue
                worker = self.pods[uid] = PodWorker(self.node, pod)
            if worker.followed is not pod:
                worker.update(pod)
        for uid in set(self.pods) - set(wanted):
            self._leave(self.pods.pop(uid))
        named = self.node.objects.changed(names.READS)
        if named != self._named:
            self._named = named
            for worker in self.pods.values():
                worker.know_names()
        filled = self.node.objects.changed(volumes.READS)
        if filled != self._filled:
            self._filled = filled
            for worker in self.pods.values():
                if worker.pod["spec"].get("volumes"):
                    worker.know_volumes()

    def _leave(self, worker: PodWorker) -> None:
        """The pod is gone from the API: what still runs ends quickly, and nothing of it stays."""

        async def leave() -> None:
            await worker.end(_FORCED_GRACE_S, remove=False)
            worker.clean()

        task = asyncio.create_task(leave())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def stop(self) -> None:
        """End all pods at once, without their grace."""
        leaving = [worker.end(0.0, remove=False) for worker in self.pods.values()]
        await asyncio.gather(*leaving, *self._leaving, return_exceptions=True)
        for worker in self.pods.values():
            worker.clean()
        self.pods.clear()

    def check_limiter(self) -> None:
        """Should the limiter have died, start it again; what it had stopped goes on."""
        limiter = self.node.limiter
        if limiter is None or limiter.process.poll() is None:
            return
        limiter.stop()
        self.node.limiter = LimiterHandle()
        for _, worker in self.running():
            if worker.process:
                worker.process.resume()
            worker.resize(worker.spec)

    def running(self) -> list[tuple[PodWorker, ContainerWorker]]:
        """Every container that runs now."""
        return [
            (pod, worker)
            for pod in self.pods.values()
            for worker in pod.workers
            if worker.process and not worker.process.ended
        ]

    def execute(
        self, namespace: str, pod: str, container: str, argv: list[str], *, stdin: bool, terminal: bool
    ) -> Execution:
        """Start a command in a running container. Raises StatusError as the API server does."""
        worker = self._running(namespace, pod, container, "exec into")
        try:
            return worker.converse(argv, stdin=stdin, terminal=terminal)
        except START_ERRORS as error:
            raise StatusError(500, "InternalError", f"failed to exec in container: {error}") from None

    def attach(self, namespace: str, pod: str, container: str, *, stdin: bool) -> Attachment:
        """Come to a running container. Raises StatusError as the API server does."""
        return self._running(namespace, pod, container, "attach").attach(stdin=stdin)

    def _running(self, namespace: str, pod: str, container: str, act: str) -> ContainerWorker:
        """A container that runs now; ``StatusError`` says why nothing can be done with it."""
        found = self.node.objects.get("Pod", namespace, pod)
        if found is None:
            raise not_found(("Pod", namespace, pod))
        if is_finished(found):
            phase = found["status"]["phase"]
            raise bad_request(f"cannot {act} a container in a completed pod; current phase is {phase}")
        worker = self.pods.get(found["metadata"]["uid"])
        mine = next((w for w in worker.workers if w.name == container), None) if worker else None
        if mine is None or "running" not in mine.state.state:
            raise StatusError(
                500, "InternalError", f'unable to upgrade connection: container not found ("{container}")'
            )
        return mine

    def find_log(self, namespace: str, pod: str, container: str, *, previous: bool) -> ContainerLog:
        """The log of a container's present (or previous) run. Raises StatusError as the API server does."""
        found = self.node.objects.get("Pod", namespace, pod)
        if found is None:
            raise not_found(("Pod", namespace, pod))
        worker = self.pods.get(found["metadata"]["uid"])
        mine = next((w for w in worker.workers if w.name == container), None) if worker else None
        if mine is None or (mine.log is None and not previous):
            why = (
                mine.state.state.get("waiting", {}).get("reason", "ContainerCreating") if mine else "ContainerCreating"
            )
            raise bad_request(f'container "{container}" in pod "{pod}" is waiting to start: {why}')
        log = mine.previous if previous else mine.log
        if log is None:
            raise bad_request(f'previous terminated container "{container}" in pod "{pod}" not found')
        return log

    def logs(
        self, namespace: str, pod: str, container: str, selection: Selection, *, previous: bool
    ) -> AsyncIterator[bytes]:
        """A container's log in chunks of whole lines."""
        return self.find_log(namespace, pod, container, previous=previous).read(selection)
