"""Everything of the cluster that is not its API: controllers, scheduler, kubelet, metrics and service proxy."""

from collections.abc import AsyncIterator
from pathlib import Path

from autoscale.embedded.addresses import Block
from autoscale.embedded.objects import Object
from autoscale.embedded.settings import Settings
from autoscale.embedded.store import Store


class ControlPlane:
    """Drives the cluster held in ``store``; pods' logs and scratch folders lie in ``state_dir``."""

    def __init__(self, store: Store, settings: Settings, state_dir: Path, block: Block | None = None) -> None:
        """``block``: the addresses of this cluster; without one, ``run`` claims one."""
        self.store = store
        self.settings = settings
        self.state_dir = state_dir
        self.block = block

    async def run(self) -> None:
        """Drive the cluster until cancelled."""
        raise NotImplementedError

    async def stop(self) -> None:
        """End every process that the cluster started; returns when none is left."""
        raise NotImplementedError

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
        raise NotImplementedError

    def pod_metrics(self) -> list[Object]:
        """The metrics.k8s.io/v1beta1 PodMetrics of all pods that have two points."""
        raise NotImplementedError

    def node_metrics(self) -> list[Object]:
        """The metrics.k8s.io/v1beta1 NodeMetrics of the node, or nothing yet."""
        raise NotImplementedError
