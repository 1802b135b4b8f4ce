"""The cluster of a run: opened by name, allowed to receive load, and the embedded one started where it is wanted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from autoscale.cluster.client import Cluster, connect
from autoscale.cluster.contexts import guard
from autoscale.cluster.failures import Refused
from autoscale.cluster.kubeconfig import EMBEDDED
from autoscale.cluster.resources import resource_of
from autoscale.run.header import UNKNOWN_CONFIG
from autoscale.run.options import Options
from autoscale.run.prepare import Scenario


@dataclass(frozen=True)
class Place:
    """An open cluster. ``alive`` raises ClusterError when it has died (an embedded one; others are only unreachable).

    ``hpa_config``: the HPA controller's settings, None where they are hidden. ``kubeconfig``: to watch it with kubectl.
    ``metrics_period_s``: how often new samples of metrics.k8s.io appear at most.
    """

    cluster: Cluster
    namespace: str
    embedded: bool
    hpa_config: dict[str, float | None]
    alive: Callable[[], None]
    kubeconfig: str | None
    metrics_period_s: float = 10.0


@contextmanager
def opened(options: Options, scenario: Scenario) -> Iterator[Place]:
    """The cluster of the options' context, allowed to receive load; the embedded one is started where none runs."""
    if options.context == EMBEDDED:
        from autoscale.run.own_cluster import own_cluster  # only Linux has one: others never import it

        with own_cluster(options, scenario) as place:
            yield place
        return
    with connect(options.context, options.kubeconfig) as cluster:
        guard(cluster.context, count_nodes(cluster), options.ask)
        namespace = namespace_of(options, scenario, cluster)
        yield Place(cluster, namespace, False, UNKNOWN_CONFIG, lambda: None, options.kubeconfig)


def namespace_of(options: Options, scenario: Scenario, cluster: Cluster) -> str:
    """Where a run takes place: as the command line says, else the scenario, else the context."""
    return options.namespace or scenario["target"]["namespace"] or cluster.context.namespace


def count_nodes(cluster: Cluster) -> int | None:
    """How many nodes there are; None where that may not be seen."""
    try:
        return len(cluster.list(resource_of("Node").path())["items"])
    except Refused as error:
        if error.code == 403:
            return None
        raise


def connect_to(context: str, kubeconfig: str | None = None) -> Cluster:
    """A context by name, for commands that send no load; ``embedded`` is the one that runs."""
    if context != EMBEDDED:
        return connect(context, kubeconfig)
    from autoscale.run.own_cluster import connect_running

    return connect_running()
