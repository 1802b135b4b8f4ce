"""The recorder against a real API server with 1,000 pods that KWOK keeps changing.

Each change by KWOK counts a pod's restarts one further, so a change that is not in the record shows. Beside it the
benchmark patches some pods itself, with the time of sending as the reason for which a container waits, which a ``pod``
row keeps: so the time from the change to its row in the record is known of each.

``python -m tests.benchmarks.bench_recorder 5000`` takes another number of pods, changed at the same rate.
"""

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoscale.cluster.client import Cluster, connect
from autoscale.cluster.resources import resource_of
from tests.benchmarks import many_pods
from tests.benchmarks.kwok import KWOK, kwok
from tests.benchmarks.observed import Observed, memory_figure, observing, percentile
from tests.conftest import eventually
from tests.local_cluster import gobuild, places, prerequisites

PODS, CHANGE_RATE = 1000, 100.0
PROBES, PROBE_RATE, SPAN_S = 10, 20.0, 40.0
LABEL = "bench"
Object = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """One change made by the benchmark: its mark, and when it was sent and answered (epoch seconds)."""

    mark: str
    sent: float
    answered: float


def run(pods: int = PODS) -> list[tuple[str, str]]:
    """Rows of (what, figure)."""
    if reason := _lacking():
        return [("recorder", f"not measured: {reason}")]
    gobuild.build(KWOK)
    kubeconfig = places.state().kubeconfig
    with tempfile.TemporaryDirectory() as folder, connect("local", kubeconfig) as cluster, many_pods.workload(cluster):
        return _measure(cluster, kubeconfig, Path(folder), pods)


def _lacking() -> str:
    """Why it cannot be measured here; empty where it can."""
    if lacking := prerequisites.lacking():
        return f"the local cluster cannot run here; needed: {'; '.join(lacking)}"
    return "" if places.state().kubeconfig.exists() else "the local cluster is not running (make cluster)"


def _measure(cluster: Cluster, kubeconfig: Path, folder: Path, pods: int) -> list[tuple[str, str]]:
    with kwok(kubeconfig, folder, pods / CHANGE_RATE) as changing:
        eventually(lambda: many_pods.node_ready(cluster), "KWOK's node to be ready")
        many_pods.create_pods(cluster, [f"web-{n:04d}" for n in range(pods)], {"changes": "by-kwok"})
        many_pods.create_pods(cluster, [_probe_name(n) for n in range(PROBES)], {})
        eventually(lambda: _running(cluster) == pods + PROBES, f"{pods + PROBES} pods that run", 90 + pods / 20, 1.0)
        with observing("local", kubeconfig, many_pods.NAMESPACE, LABEL, folder) as seen:
            seen.await_rows(lambda rows: len({row["uid"] for row in _pod_rows(rows)}) == pods + PROBES, "the list")
            since = time.time()
            sent = [_send(cluster, n, since) for n in range(int(SPAN_S * PROBE_RATE))]
            until = time.time()
            changing.terminate()
            changing.wait()
            final = {pod["metadata"]["uid"]: _restarts(pod) for pod in many_pods.pods(cluster)}
            last = _send(cluster, 0, 0.0)
            seen.await_rows(lambda rows: any(_reason(row) == last.mark for row in _pod_rows(rows)), "the last change")
    return [
        *_start(seen, pods + PROBES),
        *_delays(seen, sent),
        *_cost(seen, since, until),
        *_lost(seen, sent, final),
    ]


def _probe_name(number: int) -> str:
    return f"probe-{number}"


def _running(cluster: Cluster) -> int:
    return sum((pod.get("status") or {}).get("phase") == "Running" for pod in many_pods.pods(cluster))


def _restarts(pod: Object) -> int:
    return int(pod["status"]["containerStatuses"][0]["restartCount"])


def _send(cluster: Cluster, number: int, since: float) -> Sent:
    """Wait for the change's turn and make it."""
    time.sleep(max(0.0, since + number / PROBE_RATE - time.time()))
    path = resource_of("Pod").path(many_pods.NAMESPACE, _probe_name(number % PROBES), "status")
    mark = str(time.time_ns())
    status = {"name": "web", "image": "bench:dev", "imageID": "", "ready": True, "restartCount": 0}
    body = {"status": {"containerStatuses": [{**status, "state": {"waiting": {"reason": mark}}}]}}
    sent = time.time()
    cluster.send("PATCH", path, body, content_type="application/merge-patch+json")
    return Sent(mark, sent, time.time())


def _pod_rows(rows: list[Object]) -> list[Object]:
    return [row for row in rows if row["k"] == "pod"]


def _reason(row: Object) -> str | None:
    return row["containers"][0]["reason"] if row["k"] == "pod" else None


def _start(seen: Observed, pods: int) -> list[tuple[str, str]]:
    """From the header, written just before the sources begin, to the first row of the last pod."""
    known: set[str] = set()
    for n, row in enumerate(seen.rows):
        known |= {row["uid"]} if row["k"] == "pod" else set()
        if len(known) == pods:
            took, cpu = seen.written[n] - seen.written[0], seen.used[n] - seen.used[0]
            return [(f"recorder: start with a list of {pods} pods", f"{took:.2f} s ({cpu:.2f} s of CPU)")]
    return [("recorder: start", "unknown: not every pod is in the record")]


def _delays(seen: Observed, sent: list[Sent]) -> list[tuple[str, str]]:
    """From the change to its row: counted from the sending, which is before the server's write."""
    written = {_reason(row): (row["t"], at) for row, at in zip(seen.rows, seen.written, strict=True)}
    found = [(change, *written[change.mark]) for change in sent if change.mark in written]
    whole = [at - change.sent for change, _, at in found]
    answers = [change.answered - change.sent for change in sent]
    inside = [at - received for _, received, at in found]
    return [
        (f"recorder: change sent to row in the record, {len(found)} changes", _times(whole)),
        ("  the API server's answer to the same changes", _times(answers)),
        ("  change received by the recorder to row in the record", _times(inside)),
    ]


def _times(values: list[float]) -> str:
    p50, p99 = (1000 * percentile(values, share) for share in (0.5, 0.99))
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {1000 * max(values):.1f} ms"


def _cost(seen: Observed, since: float, until: float) -> list[tuple[str, str]]:
    rate = seen.count(since, until) / (until - since)
    share = 100 * seen.cpu_share(since, until)
    load = os.getloadavg()[0]
    return [
        (f"recorder: CPU at {rate:.0f} changes/s", f"{share:.1f} % of a core ({1e4 * share / rate:.0f} us per row)"),
        ("recorder: memory", memory_figure(seen)),
        ("  load average of the machine", f"{load:.1f} on {os.cpu_count()} cores"),
    ]


def _lost(seen: Observed, sent: list[Sent], final: dict[str, int]) -> list[tuple[str, str]]:
    """Changes made since a pod's first row, against the rows that tell of them."""
    told: dict[str, set[int]] = {}
    for row in _pod_rows(seen.rows):
        told.setdefault(row["uid"], set()).add(row["containers"][0]["restarts"])
    wanted = {(uid, count) for uid, last in final.items() for count in range(min(told.get(uid, {0})), last + 1)}
    missing = sum(count not in told.get(uid, set()) for uid, count in wanted)
    reasons = {_reason(row) for row in seen.rows}
    missing += sum(change.mark not in reasons for change in sent)
    made = len(wanted) - len(final) + len(sent)
    gaps = sum(row["k"] == "gap" for row in seen.rows)
    return [("recorder: changes lost", f"{missing} of {made:,} ({gaps} gaps told of)")]


if __name__ == "__main__":
    for what, figure in run(*map(int, sys.argv[1:])):
        print(f"{what}: {figure}")
