"""Opening a cluster by name: allowed to receive load for a run, and the embedded one started where it is wanted."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from autoscale.cluster.client import Cluster, connect
from autoscale.cluster.contexts import find, guard
from autoscale.cluster.failures import Refused
from autoscale.cluster.kubeconfig import EMBEDDED
from autoscale.cluster.resources import resource_of
from autoscale.record.rows.header import UNKNOWN_CONFIG
from autoscale.run.open_cluster import OpenCluster, namespace_of
from autoscale.run.options import RunOptions
from loadtest.models import Resolved


@contextmanager
def opened(options: RunOptions, scenario: Resolved, stop: threading.Event | None = None) -> Iterator[OpenCluster]:
    """The cluster of the options' context, allowed to receive load; the embedded one is started where none runs, which
    raises Interrupted once ``stop`` is set."""
    if options.context == EMBEDDED:
        from autoscale.run.own_cluster import own_cluster  # only Linux has one: others never import it

        with own_cluster(options, scenario, stop) as place:
            yield place
        return
    with connect(options.context, options.kubeconfig) as cluster:
        guard(cluster.context, count_nodes(cluster), options.ask)
        namespace = namespace_of(options, scenario, cluster)
        yield OpenCluster(
            cluster=cluster,
            namespace=namespace,
            embedded=False,
            hpa_config=UNKNOWN_CONFIG,
            alive=lambda: None,
            kubeconfig=options.kubeconfig,
        )


def check_context(context: str, kubeconfig: str | None, ask: Callable[[str], str] | None = None) -> None:
    """InputError where it is known before its cluster is asked that a run cannot be there: no such context, or one that
    may not receive load and nobody to ask."""
    if context == EMBEDDED:
        return
    found = find(context, kubeconfig)
    if ask is None:
        guard(found, None, None)


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
