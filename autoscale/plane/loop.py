"""One loop drives the whole control plane: controllers, scheduler and HPA, until none has anything to write.

No clock and no socket: ``run(now)`` is told the time; what runs (the kubelet) and what is measured are functions that
it is given. The embedded cluster calls it on every change and on time, tests and simulations under a virtual clock.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from autoscale.hpa.config import Config
from autoscale.kube.kinds import Object
from autoscale.kube.statuses import StatusError
from autoscale.plane import scheduler
from autoscale.plane.controllers import deployment, endpointslice, garbage, hpa, job, replicaset
from autoscale.plane.store import Objects, Store, Write

Step = Callable[[Objects, float], list[Write]]

STEPS: tuple[Step, ...] = (
    deployment.step,
    replicaset.step,
    job.step,
    garbage.step,
    scheduler.step,
    endpointslice.step,
)
"""In the order in which a change usually runs through them."""

_ROUNDS = 50
_LOG = logging.getLogger(__name__)


def _nothing(now: float) -> None:
    """No kubelet."""


@dataclass
class Loop:
    """The control plane of a store.

    ``kubelet(now)`` brings what runs in line with the objects, and may write to the store; ``pod_metrics()`` returns
    the PodMetrics of now, asked for only where an HPA's pass is due. ``memories`` is what the HPA controller
    remembers, ``failures`` each failure that was logged (once).
    """

    store: Store
    config: Config
    kubelet: Callable[[float], None] = _nothing
    pod_metrics: Callable[[], list[Object]] = list
    steps: Sequence[Step] = STEPS
    memories: hpa.Memories = field(default_factory=dict)
    failures: set[str] = field(default_factory=set)

    def run(self, now: float) -> bool:
        """Do all that is due at ``now`` (seconds since the epoch); False where it did not come to rest."""
        self._scale(now)
        for _ in range(_ROUNDS):
            before = self.store.version
            for step in self.steps:
                self._guarded(step, now)
            self.kubelet(now)
            if self.store.version == before:
                return True
        return False

    def next_due(self) -> float | None:
        """When the next pass of an HPA is due; None where there is none."""
        return hpa.next_due(self.memories)

    def _scale(self, now: float) -> None:
        if not hpa.is_due(self.store.objects, self.memories, now):
            return
        metrics = self.pod_metrics()
        writes, self.memories = hpa.step(self.store.objects, metrics, self.memories, self.config, now)
        self._apply(writes, now)

    def _guarded(self, step: Step, now: float) -> None:
        """Run one step. One that fails is logged (once) and does not stop the others, as a real controller's panic."""
        try:
            self._apply(step(self.store.objects, now), now)
        except Exception as error:
            self._told(f"{step.__module__}: {error!r}", trace=True)

    def _apply(self, writes: list[Write], now: float) -> None:
        """A refused write is not an end: the next pass sees the objects as they are and decides anew."""
        for write in writes:
            try:
                self.store.apply(write, now)
            except StatusError as error:
                self._told(f"{type(write).__name__}: {error.message}")

    def _told(self, text: str, *, trace: bool = False) -> None:
        if text not in self.failures:
            self.failures.add(text)
            _LOG.warning("%s", text, exc_info=trace)
