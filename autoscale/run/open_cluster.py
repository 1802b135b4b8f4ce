"""The cluster of a run as it is once open: where load goes, and what is known of that cluster."""

from collections.abc import Callable
from dataclasses import dataclass

from autoscale.cluster.client import Cluster
from autoscale.record.rows.header import HpaConfig
from autoscale.run.options import RunOptions
from loadtest.models import Resolved


@dataclass(frozen=True)
class OpenCluster:
    """An open cluster. ``alive`` raises ClusterError when it has died (an embedded one; others are only unreachable).

    ``hpa_config``: the HPA controller's settings, None where they are hidden. ``kubeconfig``: to watch it with kubectl.
    ``metrics_period_s``: how often new samples of metrics.k8s.io appear at most.
    """

    cluster: Cluster
    namespace: str
    embedded: bool
    hpa_config: HpaConfig
    alive: Callable[[], None]
    kubeconfig: str | None
    metrics_period_s: float = 10.0


def namespace_of(options: RunOptions, scenario: Resolved, cluster: Cluster) -> str:
    """Where a run takes place: as the command line says, else the scenario, else the context."""
    return options.namespace or scenario.target.namespace or cluster.context.namespace
