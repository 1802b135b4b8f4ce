"""The observer of a run in a process of its own: its row sources and its writer, entered as ``autoscale run`` does.

``python -m tests.benchmarks.observer CONTEXT KUBECONFIG NAMESPACE LABEL RECORD`` follows deployment/web until its
standard input ends. Then it prints one JSON object: for every row when it was in the record and the CPU time used
until then, and the memory before the first list and at its peak.
"""

import json
import sys
import threading
import time
from array import array
from contextlib import ExitStack
from pathlib import Path

from autoscale.cluster.client import Cluster, connect
from autoscale.observe.fold import Fold
from autoscale.observe.view import View
from autoscale.record.rows.header import UNKNOWN_CONFIG
from autoscale.record.rows.kinds import Row
from autoscale.record.writer import Writer
from autoscale.run.execute import enter_sources, scope_of
from autoscale.run.header import header_row
from autoscale.run.open_cluster import OpenCluster
from autoscale.run.options import Existing, RunOptions
from autoscale.run.prepare import resolve
from autoscale.run.recorder import Recorder
from autoscale.run.site import Site, existing_objects
from autoscale.run.target import of_existing

WORKLOAD = "web"
LONGEST_S = 600.0


def main(context: str, kubeconfig: str, namespace: str, label: str, record: str) -> None:
    """Observe until the standard input ends."""
    written, used = array("d"), array("d")

    def stamp(_: Row) -> None:
        written.append(time.time())
        used.append(time.process_time())

    ended = threading.Event()

    def listen() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    with connect(context, kubeconfig) as cluster, Writer(Path(record)) as writer, ExitStack() as stack:
        site = _site(cluster, kubeconfig, namespace, label)
        scope = scope_of(site, site.target, time.time())
        run = Recorder(cluster, namespace, writer, Fold(scope), View(scope), stack, listeners=[stamp])
        run.same_machine = site.place.embedded
        before = memory()["VmRSS"]
        run.write(_header(site))
        enter_sources(run, site)
        run.pump(lambda: True if ended.is_set() else None, LONGEST_S)
        stack.close()
    found = {"written": list(written), "used": list(used), "before": before, "peak": memory()["VmHWM"]}
    json.dump(found, sys.stdout)


def _site(cluster: Cluster, kubeconfig: str, namespace: str, label: str) -> Site:
    """A workload that is there already, as with ``--target``."""
    place = OpenCluster(
        cluster, namespace, cluster.context.name == "embedded", UNKNOWN_CONFIG, lambda: None, kubeconfig
    )
    target = of_existing(cluster, Existing(f"deployment/{WORKLOAD}", f"http://{WORKLOAD}:8080"), namespace)
    return Site(
        place=place,
        scenario=resolve(RunOptions("smoke")),
        target=target,
        beside=(),
        objects=existing_objects(cluster, target),
        load=[],
        accepted=[],
        unseen=[],
        label=label,
    )


def _header(site: Site) -> Row:
    return header_row(
        "bench",
        site.scenario,
        site.target,
        site.beside,
        site.objects,
        site.place.cluster,
        accepted=[],
        hpa_config=UNKNOWN_CONFIG,
        unseen=[],
    )


def memory() -> dict[str, int]:
    """This process' resident memory now (``VmRSS``) and at its peak (``VmHWM``) in bytes; see proc(5)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return {name: int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM")}


if __name__ == "__main__":
    main(*sys.argv[1:])
