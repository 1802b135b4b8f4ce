"""The ``load`` and ``pod_load`` rows of the record, as a load worker writes them.

``response`` and ``service`` hold the answered requests, by age; ``lag`` the sent ones: how long each could have been
sent and was not.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from loadtest.counts import Ages, Ended, Kind, Second
from loadtest.histogram import merge, to_json
from loadtest.lines import Load, NameShare, PodLoad

POD_SPAN_S = 10  # a pod_load row covers this many seconds


@dataclass(frozen=True)
class Worker:
    """Who writes: shard, pod (and clock) name, and the load's start on the worker's clock, seconds since the epoch."""

    shard: int
    pod: str
    start: float


def load_row(
    worker: Worker, index: int, second: Second, *, seq: int, in_flight: int, cpu_s: float, by_name: bool
) -> Load:
    """The row of the second ``index`` of the load; ``in_flight`` at its end, ``cpu_s`` spent within it.

    ``by_name``: the row says what became of the requests of each name, too.
    """
    row: Load = {
        "k": "load",
        "seq": seq,
        "shard": worker.shard,
        "clk": worker.pod,
        "at": round(worker.start + index, 6),
        "pod": worker.pod,
        "planned": second.sent + second.dropped,
        "sent": second.sent,
        "answered": second.answered,
        "failed": dict(second.failed),
        "dropped": second.dropped,
        "in_flight": in_flight,
        "cpu_s": round(cpu_s, 4),
        "lag": to_json(second.lag),
        "response": _by_age([ended.response for ended in second.ended.values()]),
        "service": _by_age([second.service]),
        "by_pod": {
            pod: {"n": share.n, "failed": share.failed, "first_at": round(worker.start + share.first, 6)}
            for pod, share in second.by_pod.items()
        },
    }
    if by_name:
        row["by_name"] = _by_name(second.ended)
    if second.journeys:
        row["journeys"] = _by_name(second.journeys)
    if second.unseen:
        row["unseen"] = dict(second.unseen)
    return row


def pod_row(worker: Worker, span: int, pod: str, counts: Mapping[int, int], *, seq: int) -> PodLoad:
    """The row of one pod's answers in the ten seconds ``span``."""
    return {
        "k": "pod_load",
        "seq": seq,
        "shard": worker.shard,
        "clk": worker.pod,
        "at": round(worker.start + span * POD_SPAN_S, 6),
        "pod": pod,
        "response": to_json(counts),
    }


def _by_age(parts: list[Ages]) -> dict[str, dict[str, int]]:
    """The sum of some histograms by age, in the form it has in a row."""
    ages = sorted({age for part in parts for age in part})
    return {str(age): to_json(merge(part[age] for part in parts if age in part)) for age in ages}


def _by_name(second: dict[Kind, Ended]) -> dict[str, NameShare]:
    """What became of the requests of each name."""
    names: defaultdict[str, list[Ended]] = defaultdict(list)
    for kind, ended in second.items():
        names[kind.name].append(ended)
    return {
        name: {
            "answered": sum(ended.answered for ended in parts),
            "failed": dict(sum((ended.failed for ended in parts), Counter())),
            "response": _by_age([ended.response for ended in parts]),
            "dropped": sum(ended.dropped for ended in parts),
        }
        for name, parts in sorted(names.items())
    }
