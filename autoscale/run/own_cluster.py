"""The embedded cluster of a run: the one that is running, else one that lives as long as the run."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from typing import cast

from autoscale.base.errors import ClusterError
from autoscale.cluster.client import Cluster, connect
from autoscale.cluster.kubeconfig import EMBEDDED
from autoscale.embedded.launch import process
from autoscale.embedded.launch.folder import folder_of, is_running
from autoscale.embedded.settings import Settings, from_json, quick
from autoscale.record.rows.header import HpaConfig
from autoscale.run.open_cluster import OpenCluster, namespace_of
from autoscale.run.options import RunOptions
from loadtest.models import Embedded, Resolved


def wanted_settings(embedded: Embedded) -> Settings:
    """The settings that a scenario's ``embedded`` section asks for: a preset, and single settings over it."""
    base = quick() if embedded.preset == "quick" else Settings()
    pool = embedded.nodes
    if pool is not None:
        named = {
            "node_cpu": str(pool.size),
            "nodes_max": pool.max,
            "node_start_s": pool.start,
            "node_idle_s": pool.idle,
        }
        sized = from_json(json.dumps(named), "the scenario: embedded.nodes")
        base = replace(base, **{name: getattr(sized, name) for name in named})
    given = from_json(json.dumps(embedded.settings), "the scenario: embedded.settings")
    return replace(base, **{name: getattr(given, name) for name in embedded.settings})


@contextmanager
def own_cluster(options: RunOptions, scenario: Resolved, stop: threading.Event | None = None) -> Iterator[OpenCluster]:
    """The running embedded cluster where its settings are the wanted ones; else one that ends with the run, and whose
    start ends with Interrupted once ``stop`` is set.

    One that another run has started is not used: it ends with that run.
    With ``keep`` it is started to stay, as `autoscale cluster start` does.
    """
    wanted = wanted_settings(scenario.embedded)
    with ExitStack() as stack:
        folder = process.status(EMBEDDED)
        bound = folder.facts is None or folder.facts.bound
        if folder.running and not bound and settings_of(EMBEDDED) == wanted:
            name = EMBEDDED
            options.say(f"Using the embedded cluster that is running ({folder.kubeconfig})")
        else:
            name = f"run-{os.getpid()}" if folder.running else EMBEDDED
            running = process.start(name, wanted, bound=not options.keep, unwanted=stop)
            if not options.keep:
                stack.callback(running.stop)
            why = _why_another(bound) if folder.running else ""
            options.say(f"Started an embedded cluster{why}. To watch it from another terminal:")
            options.say(f"  export KUBECONFIG={running.kubeconfig}; kubectl get pods,hpa -w")
            if options.keep:
                options.say(f"It stays (--keep), with all that is in it, until: {stop_command(name)}")
        kubeconfig = folder_of(name).kubeconfig
        cluster = stack.enter_context(connect(EMBEDDED, kubeconfig))
        yield OpenCluster(
            cluster=cluster,
            namespace=namespace_of(options, scenario, cluster),
            embedded=True,
            hpa_config=cast("HpaConfig", asdict(wanted.hpa_flags())),
            alive=lambda: require_alive(name),
            kubeconfig=str(kubeconfig),
            metrics_period_s=wanted.metric_resolution_s,
        )


def _why_another(bound: bool) -> str:
    """Why the embedded cluster that is running will not do."""
    if bound:
        return " of its own, as the one that is running ends with another run"
    return " of its own, as the one that is running has other settings than this scenario asks for"


def stop_command(name: str) -> str:
    """The command that ends an embedded cluster, its pods and all that is in it."""
    return "autoscale cluster stop" + ("" if name == EMBEDDED else f" --name {name}")


def settings_of(name: str) -> Settings:
    """The settings that a running cluster was started with."""
    file = folder_of(name).settings
    return from_json(file.read_text(encoding="utf-8"), str(file))


def require_alive(name: str) -> None:
    """ClusterError when the embedded cluster has died."""
    folder = folder_of(name)
    if not is_running(folder):
        raise ClusterError(f"the embedded cluster {name} has died", fix=f"its log is {folder.log}")


def connect_running() -> Cluster:
    """The embedded cluster that is running; ClusterError where none is."""
    if not is_running(folder_of(EMBEDDED)):
        raise ClusterError("no embedded cluster is running", fix="start one: `autoscale cluster start`")
    return connect(EMBEDDED, folder_of(EMBEDDED).kubeconfig)
