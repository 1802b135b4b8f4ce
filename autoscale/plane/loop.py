"""One loop drives the whole control plane: controllers, scheduler and HPA, until none has anything to write.

No clock and no socket: ``run(now)`` is told the time; what runs (the kubelet) and what is measured are functions that
it is given. The embedded cluster calls it on every change and on time, tests and simulations under a virtual clock,
which may jump to ``next_due()``. A controller at rest sleeps until what it reads has changed, or its time comes.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from autoscale.hpa.config import Config
from autoscale.kube.kinds import Object
from autoscale.kube.statuses import StatusError
from autoscale.plane import scheduler
from autoscale.plane.adapter.answers import NOTHING, Answers
from autoscale.plane.admission import admit
from autoscale.plane.controllers import (
    cronjob,
    daemonset,
    definitions,
    deployment,
    endpoints,
    endpointslice,
    garbage,
    hpa,
    job,
    replicaset,
    resourcequota,
    serviceaccount,
    statefulset,
)
from autoscale.plane.store import Objects, Store, Write
from autoscale.plane.view import CUSTOM


def _never(_objects: Objects, _now: float) -> float | None:
    """Time alone changes nothing."""
    return None


@dataclass(frozen=True)
class Controller:
    """``step(objects, now)`` returns the writes that follow from the objects of the kinds ``reads``, and from the time.

    ``next_due(objects, now)``: the next moment at which it may write though none of them has changed; None for never.
    """

    step: Callable[[Objects, float], list[Write]]
    reads: tuple[str, ...]
    next_due: Callable[[Objects, float], float | None] = _never


CONTROLLERS = (
    Controller(deployment.step, ("Deployment", "ReplicaSet", "Pod"), deployment.next_due),
    Controller(replicaset.step, ("ReplicaSet", "Pod", *admit.READS), replicaset.next_due),
    Controller(job.step, ("Job", "Pod", *admit.READS), job.next_due),
    Controller(statefulset.step, ("StatefulSet", "Pod", "ControllerRevision", *admit.READS), statefulset.next_due),
    Controller(daemonset.step, ("DaemonSet", "Pod", "Node", "ControllerRevision", *admit.READS), daemonset.next_due),
    Controller(cronjob.step, ("CronJob", "Job", *admit.READS), cronjob.next_due),
    Controller(definitions.step, ("CustomResourceDefinition", CUSTOM)),
    Controller(garbage.step, ("Namespace", *garbage.OWNED, CUSTOM)),
    Controller(scheduler.step, ("Pod", "Node")),
    Controller(endpointslice.step, ("Service", "Pod", "EndpointSlice")),
    Controller(endpoints.step, ("Service", "Pod", "Endpoints")),
    Controller(serviceaccount.step, ("Namespace", "ServiceAccount")),
    Controller(resourcequota.step, resourcequota.READS),
)
"""In the order in which a change usually runs through them."""

RETRY_S = 1.0
"""After how long a controller is tried again that failed, was refused a write or does not come to rest."""
_ROUNDS = 50
_LOG = logging.getLogger(__name__)


def _nothing(now: float) -> None:
    """No kubelet."""


def _no_answers(_now: float) -> Answers:
    """No adapter."""
    return NOTHING


@dataclass(frozen=True)
class Rest:
    """A controller has seen the objects of ``version``, and runs again at ``due`` though nothing has changed."""

    version: int
    due: float | None


@dataclass
class Loop:
    """The control plane of a store.

    ``kubelet(now)`` brings what runs in line with the objects, and may write to the store; ``pod_metrics()`` returns
    the PodMetrics of now, ``answers(now)`` those of the APIs of other metrics, both asked for only where an HPA's pass
    is due. ``memories`` is what the HPA controller remembers, ``rests`` how far each controller is, ``failures`` each
    failure that was logged (once).
    """

    store: Store
    config: Config
    kubelet: Callable[[float], None] = _nothing
    pod_metrics: Callable[[], list[Object]] = list
    answers: Callable[[float], Answers] = _no_answers
    controllers: Sequence[Controller] = CONTROLLERS
    memories: hpa.Memories = field(default_factory=dict)
    rests: dict[Controller, Rest] = field(default_factory=dict)
    failures: set[str] = field(default_factory=set)

    def run(self, now: float) -> bool:
        """Do all that is due at ``now`` (seconds since the epoch); False where it did not come to rest."""
        self._scale(now)
        for _ in range(_ROUNDS):
            before = self.store.version
            for controller in self.controllers:
                if self._is_due(controller, now):
                    self._run(controller, now)
            self.kubelet(now)
            if self.store.version == before:
                return True
        self.rests = {one: Rest(self.store.version, now + RETRY_S) for one in self.controllers}
        return False

    def next_due(self) -> float | None:
        """When to run again at the latest, even where nothing has changed; None for never.

        What the kubelet does by itself is not in it: whoever models one knows when that is.
        """
        dues = [rest.due for rest in self.rests.values() if rest.due is not None]
        passes = hpa.next_due(self.memories)
        return min(dues if passes is None else [*dues, passes], default=None)

    def _is_due(self, controller: Controller, now: float) -> bool:
        rest = self.rests.get(controller)
        if rest is None or self.store.objects.changed(controller.reads) > rest.version:
            return True
        return rest.due is not None and rest.due <= now

    def _run(self, controller: Controller, now: float) -> None:
        """One step of one controller. One that fails is logged (once) and does not stop the others, as a real
        controller's panic; having written, it looks again at once."""
        version = self.store.version
        try:
            writes = controller.step(self.store.objects, now)
            good = self._apply(writes, now)
            due = controller.next_due(self.store.objects, now) if not writes else now if good else now + RETRY_S
        except Exception as error:
            self._told(f"{controller.step.__module__}: {error!r}", trace=True)
            due = now + RETRY_S
        self.rests[controller] = Rest(version, due)

    def _scale(self, now: float) -> None:
        """The HPA controller, where a pass is due."""
        if not hpa.is_due(self.store.objects, self.memories, now):
            return
        try:
            metrics, answers = self.pod_metrics(), self.answers(now)
            writes, self.memories = hpa.step(self.store.objects, metrics, self.memories, self.config, now, answers)
        except Exception as error:
            self._told(f"{hpa.__name__}: {error!r}", trace=True)
            self.memories = hpa.put_off(self.memories, now + RETRY_S)
        else:
            self._apply(writes, now)

    def _apply(self, writes: list[Write], now: float) -> bool:
        """Whether all were taken. A refused write is not an end: the next pass sees the objects as they are and decides
        anew."""
        refused = False
        for write in writes:
            try:
                self.store.apply(write, now)
            except StatusError as error:
                refused = True
                self._told(f"{type(write).__name__}: {error.message}")
        return not refused

    def _told(self, text: str, *, trace: bool = False) -> None:
        if text not in self.failures:
            self.failures.add(text)
            _LOG.warning("%s", text, exc_info=trace)
